#include "exchange.h"

namespace scep_ra::bench {

Exchange make_exchange(const Target& target, Bytes message, Connections connections) {
  Exchange exchange;
  std::string& request = exchange.request;
  request = "POST " + target.path +
            "?operation=PKIOperation HTTP/1.1\r\nHost: " + target.authority +
            "\r\nContent-Type: application/x-pki-message\r\nContent-Length: " +
            std::to_string(message.size()) + "\r\n";
  if (connections == Connections::closed) request += "Connection: close\r\n";
  request += "\r\n";
  request += as_text(message);
  return exchange;
}

Exchange make_get(const Target& target, const std::string& query) {
  Exchange exchange;
  exchange.request = "GET " + target.path + (query.empty() ? "" : "?" + query) +
                     " HTTP/1.1\r\nHost: " + target.authority + "\r\n\r\n";
  return exchange;
}

}  // namespace scep_ra::bench
