#pragma once

#include <optional>
#include <string>

#include "conf.h"

namespace scep_ra::nginx {

// The content handler of a location that shows a face.
ngx_int_t on_request(ngx_http_request_t*);

// The request without body and user, as the core wants it.
HttpRequest read_head(ngx_http_request_t*, const LocationConf&);

// The body that nginx has read, from memory and temporary file; empty when it exceeds `maximum`.
// Throws when the file cannot be read.
std::optional<std::string> read_body(const ngx_http_request_t*, std::size_t maximum);

}  // namespace scep_ra::nginx
