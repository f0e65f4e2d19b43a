#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "scep-ra/config.h"
#include "scep-ra/error.h"
#include "scep-ra/event.h"
#include "scep-ra/http.h"

namespace scep_ra {

// One registration authority: a blocking, thread-safe function from an HTTP request value to an
// HTTP reply value. What a server does at its four moments; everything else is hidden.
class [[gnu::visibility("default")]] Ra {
 public:
  // When the server reads its configuration, before any fork, usually as root: reads and checks the
  // TOML file, keys and certificates it names. Opens no thread, socket, database or token; as root
  // it makes the folder `[ra] run` when that is gone. The
  // error's detail is `file:line: reason`. Only wrong files fail; an expired certificate does not.
  static Result<std::unique_ptr<Ra>> load(const Path& file);

  // After the fork, once in each process, as the worker user: opens store and event sinks. A
  // failure does not spoil the object: `handle` answers 503 and tries again by itself. From then on
  // the process leaves no core dump when it crashes, unless `[ra] core_dumps` allows one.
  Status start();

  // Answers from memory what tells no event; never blocks, opens no file; any thread. Needs no
  // body: call it before the body is read. Empty: read the body and call `handle`.
  std::optional<HttpReply> handle_at_once(Endpoint, const HttpRequest&) noexcept;

  // Answers anything; any thread; may block for as long as the store or the CA takes.
  HttpReply handle(Endpoint, const HttpRequest&) noexcept;

  // Housekeeping; from a timer of the server about once a minute, in any process; may block.
  void maintain() noexcept;

  // Largest request body that `handle` accepts, in bytes; of a larger one a module passes the mark
  // `body_too_large` only, and `handle` refuses it.
  [[nodiscard]] std::size_t maximum_message() const noexcept;

  // How many requests of a process may be in flight. A module with a queue of its own turns more
  // away before they wait there: 503 and Retry-After. `handle` counts what has reached it.
  [[nodiscard]] std::size_t maximum_in_flight() const noexcept;

  // Events of `start`, `maintain` and of a failed retry that no reply carried; empties the list.
  std::vector<Event> take_events() noexcept;

  // In a thread that has called an RA and calls none again: gives back what OpenSSL keeps for it,
  // whose parts belong to the library contexts of the RAs. It goes with the thread by itself, but
  // some servers take a thread for ended that has that still to do.
  static void end_thread() noexcept;

  // After the end, or `end_thread`, of every thread that has called `handle` or `maintain`.
  ~Ra();
  Ra(const Ra&) = delete;
  Ra& operator=(const Ra&) = delete;

 private:
  class Inside;
  explicit Ra(std::unique_ptr<Inside>);
  std::unique_ptr<Inside> inside_;
};

}  // namespace scep_ra
