#pragma once

#include <string>
#include <thread>
#include <vector>

namespace scep_ra::test {

// An HTTP server on loopback that gives one connection after the other the next of its answers, as
// they are, and keeps what it was sent. An empty answer: it stays silent until the client leaves.
class LoopbackServer {
 public:
  explicit LoopbackServer(std::vector<std::string> answers);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url(const std::string& path) const;
  // What the clients sent, one text a connection; ends the server first.
  std::vector<std::string> requests();

 private:
  void serve();
  int listener_ = -1;
  unsigned port_ = 0;
  std::vector<std::string> answers_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace scep_ra::test
