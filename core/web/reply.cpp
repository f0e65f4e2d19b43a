#include "web/reply.h"

#include "base/secret.h"
#include "base/text.h"

namespace scep_ra::web {

HttpReply text_reply(int status, std::string_view text) {
  HttpReply reply;
  reply.status = status;
  reply.content_type = "text/plain";
  reply.body = text;
  reply.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  return reply;
}

HttpReply method_not_allowed(std::string_view allowed) {
  HttpReply reply = text_reply(405, "method not allowed");
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

HttpReply unavailable(Seconds retry_after) {
  HttpReply reply = text_reply(503, "temporarily unavailable");
  reply.headers.emplace_back("Retry-After", std::to_string(retry_after.count()));
  return reply;
}

HttpReply too_many_attempts(Seconds retry_after) {
  HttpReply reply = text_reply(429, "too many attempts");
  reply.headers.emplace_back("Retry-After", std::to_string(retry_after.count()));
  return reply;
}

HttpReply page_reply(std::string page) {
  HttpReply reply;
  reply.status = 200;
  reply.content_type = "text/html";
  reply.body = utf16le_with_bom(page);
  wipe({reinterpret_cast<std::uint8_t*>(page.data()), page.size()});
  reply.headers = {
      {"Cache-Control", "no-store"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Content-Security-Policy",
       "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"Referrer-Policy", "no-referrer"},
  };
  return reply;
}

}  // namespace scep_ra::web
