#pragma once

// httpd's headers for C++. C++ headers come before them, since they define many macros.
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// Else the macros for directives and hooks rest on C's conversions between function types.
#define AP_HAVE_DESIGNATED_INITIALIZER

#include <httpd.h>

#include <ap_mpm.h>
#include <apr_fnmatch.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>
#include <mod_watchdog.h>
#include <util_filter.h>

extern "C" {
extern __attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA scep_ra_module;
}
APLOG_USE_MODULE(scep_ra);

namespace scep_ra::httpd {

// httpd's null is an absent text.
inline std::string_view view(const char* text) {
  return text != nullptr ? std::string_view(text) : std::string_view();
}

// An object that lives as long as the pool, which calls its destructor.
template <class T>
T& make(apr_pool_t* pool) {
  T* object = new (apr_palloc(pool, sizeof(T))) T();
  if constexpr (!std::is_trivially_destructible_v<T>) {
    const auto destroy = [](void* data) -> apr_status_t {
      static_cast<T*>(data)->~T();
      return APR_SUCCESS;
    };
    apr_pool_cleanup_register(pool, object, destroy, apr_pool_cleanup_null);
  }
  return *object;
}

// Runs the body of a function that httpd calls: an exception must not unwind through C code.
template <class Value, class Body>
Value guarded(Value on_exception, Body body) noexcept {
  try {
    return body();
  } catch (...) {
    return on_exception;
  }
}

}  // namespace scep_ra::httpd
