#pragma once

// nginx's headers for C++. C++ headers come before them: they define macros such as CR and LF.
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

extern "C" {
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_thread_pool.h>

extern ngx_module_t ngx_http_scep_ra_module;
}

namespace scep_ra::nginx {

inline std::string_view view(const ngx_str_t& s) {
  return {reinterpret_cast<const char*>(s.data), s.len};
}

inline std::string_view view(const ngx_table_elt_t* header) {
  return header != nullptr ? view(header->value) : std::string_view();
}

// The pool's copy of the text.
inline ngx_str_t copy(ngx_pool_t* pool, std::string_view text) {
  auto* data = static_cast<u_char*>(ngx_pnalloc(pool, text.size() + 1));
  if (data == nullptr) throw std::bad_alloc();
  *ngx_cpymem(data, text.data(), text.size()) = '\0';
  return {text.size(), data};
}

// The variable's value; empty when there is no such variable, or no value.
inline std::string text(const ngx_http_variable_value_t* value) {
  if (value == nullptr || value->not_found != 0) return {};
  return {reinterpret_cast<const char*>(value->data), value->len};
}

inline std::string variable(ngx_http_request_t* r, std::string_view lower_case_name) {
  ngx_str_t name = copy(r->pool, lower_case_name);
  return text(ngx_http_get_variable(r, &name, ngx_hash_key(name.data, name.len)));
}

// An object that lives as long as the pool, which calls its destructor.
template <class T>
T& make(ngx_pool_t* pool) {
  ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
  if (cleanup == nullptr) throw std::bad_alloc();
  T* object = new (cleanup->data) T();
  if constexpr (!std::is_trivially_destructible_v<T>)
    cleanup->handler = [](void* data) { static_cast<T*>(data)->~T(); };
  return *object;
}

// Runs the body of a function that nginx calls: an exception must not unwind through C code.
template <class Value, class Body>
Value guarded(Value on_exception, Body body) noexcept {
  try {
    return body();
  } catch (...) {
    return on_exception;
  }
}

}  // namespace scep_ra::nginx
