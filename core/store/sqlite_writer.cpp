#include "store/sqlite_writer.h"

#include <condition_variable>
#include <utility>

#include "store/sqlite_schema.h"
#include "store/store_error.h"

namespace scep_ra::store {

// An operation in the queue, on the stack of the thread that waits for it.
struct SqliteWriter::Job {
  enum class Turn : std::uint8_t { waits, leads, done };
  const Operation& operation;
  Status status{};
  Turn turn = Turn::waits;
  std::condition_variable changed{};
};

Status SqliteWriter::write(const Operation& operation) {
  Job job{operation};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&job);
  if (led_) job.changed.wait(lock, [&] { return job.turn != Job::Turn::waits; });
  if (job.turn == Job::Turn::done) return std::move(job.status);

  led_ = true;
  const std::vector<Job*> group = std::exchange(waiting_, {});
  lock.unlock();
  commit(group);
  lock.lock();

  // Under the lock: a job is gone as soon as its thread has seen that it is done.
  const auto wake = [](Job& other, Job::Turn turn) {
    other.turn = turn;
    other.changed.notify_one();
  };
  for (Job* member : group) wake(*member, Job::Turn::done);
  led_ = !waiting_.empty();
  if (led_) wake(*waiting_.front(), Job::Turn::leads);
  return std::move(job.status);
}

void SqliteWriter::commit(std::span<Job* const> group) noexcept {
  const auto nobody = [&](const Error& why) {
    roll_back();
    for (Job* job : group) job->status = std::unexpected(why);
  };
  try {
    if (Status committed = run(group); !committed) nobody(committed.error());
  } catch (...) {  // out of memory, so without a word
    nobody(Error{Errc::unavailable, Reason::store_unavailable, {}});
  }
}

// The connection stays: it knows that what a failed commit may have left in the log is void, and
// writes over it. One that opened the log anew would take it for committed.
void SqliteWriter::roll_back() noexcept {
  if (connection_ && !connection_->roll_back()) connection_.reset();
}

Status SqliteWriter::run(std::span<Job* const> group) {
  if (Status connected = connect(); !connected) return connected;
  // IMMEDIATE: a read that turns into a write would fail at once with SQLITE_BUSY.
  if (Status begun = connection_->execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (Job* job : group) {
    if (Status marked = connection_->execute("SAVEPOINT job"); !marked) return marked;
    job->status = job->operation(*connection_);
    // SQLite ends the whole transaction by itself when the disk is full or broken; what ran on then
    // would commit alone.
    if (!connection_->in_transaction()) return unavailable("the transaction was ended: disk full?");
    const char* end = job->status ? "RELEASE job" : "ROLLBACK TO job; RELEASE job";
    if (Status ended = connection_->execute(end); !ended) return ended;
  }
  return connection_->execute("COMMIT");
}

Status SqliteWriter::connect() {
  if (connection_ && !connection_->lost_its_file()) return {};
  connection_.reset();
  if (Status prepared = prepare_state_file(file_, absent_); !prepared) return prepared;
  Result<std::unique_ptr<SqliteConnection>> made =
      SqliteConnection::open(file_, SqliteConnection::Access::writing);
  if (!made) return std::unexpected(std::move(made).error());
  if (Status migrated = migrate(**made); !migrated) return migrated;
  connection_ = std::move(*made);
  absent_ = Absent::refuse;
  return {};
}

}  // namespace scep_ra::store
