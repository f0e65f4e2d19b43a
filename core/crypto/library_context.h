#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/algorithms.h"
#include "scep-ra/error.h"

struct ossl_lib_ctx_st;

namespace scep_ra::crypto {

// The core's private OSSL_LIB_CTX: what is loaded here never reaches the web server's own TLS.
// Made before the fork, used by any thread after it. Everything of this room takes one.
class LibraryContext {
 public:
  enum class Legacy : bool { no, yes };  // yes: the legacy provider too, for single DES
  static Result<std::shared_ptr<const LibraryContext>> open(Legacy);
  ~LibraryContext();
  LibraryContext(const LibraryContext&) = delete;
  LibraryContext& operator=(const LibraryContext&) = delete;

  [[nodiscard]] ossl_lib_ctx_st* get() const;
  [[nodiscard]] Buffer digest(Digest, Bytes) const;
  // HMAC-SHA-256 (RFC 2104).
  [[nodiscard]] Buffer mac(Bytes key, Bytes message) const;
  // 16-octet pieces of randomness and more; ends the process rather than return anything else.
  [[nodiscard]] Random& random() const;

  struct Handles;
  [[nodiscard]] const Handles& handles() const { return *handles_; }  // for this room only

 private:
  explicit LibraryContext(std::unique_ptr<Handles>);
  std::unique_ptr<Handles> handles_;
};

using Library = std::shared_ptr<const LibraryContext>;

// Gives back what OpenSSL keeps for the calling thread, in every library context.
void end_thread() noexcept;

}  // namespace scep_ra::crypto
