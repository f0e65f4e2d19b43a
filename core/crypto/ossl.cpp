#include "crypto/ossl.h"

#include <openssl/err.h>

namespace scep_ra::crypto {

std::string drained_errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) text += "; ";
    text += reason ? reason : "error " + std::to_string(code);
  }
  return text.empty() ? "no reason given" : text;
}

void clear_errors() noexcept {
  ERR_clear_error();
}

}  // namespace scep_ra::crypto
