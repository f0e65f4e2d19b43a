#include "scep-ra/ra.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/hex.h"
#include "crypto/library_context.h"
#include "enrol/pki_operation.h"
#include "parts.h"
#include "scep/ca_caps.h"
#include "scep/certs_only.h"
#include "web/router.h"

namespace scep_ra {
namespace {

constexpr auto open_again_after = std::chrono::seconds(1);
constexpr auto expiry_warning = std::chrono::days(30);
constexpr auto warn_again_after = std::chrono::days(1);

bool renews(const Parts& parts) {
  return std::ranges::any_of(parts.templates.templates, [](const auto& entry) {
    return entry.second.renewal_period > Seconds{0} && entry.second.renewals > 0;
  });
}

web::StaticAnswers static_answers(const Parts& parts) {
  // RA signing, RA encryption, then the CA chain (scep-requirements C17).
  std::vector<Bytes> bundle{parts.keys->signer().certificate.der()};
  bundle.push_back(parts.keys->recipients().front().certificate.der());
  std::vector<Bytes> chain;
  for (const crypto::Certificate& ca : parts.ca->ca_certificates()) chain.push_back(ca.der());
  bundle.insert(bundle.end(), chain.begin(), chain.end());
  Buffer next;
  if (parts.ca_administration) next = parts.ca_administration->announcement().value_or(Buffer{});
  return {
      .ca_caps = scep::ca_caps(*parts.profile, parts.algorithms,
                               {.renewal = renews(parts), .next_ca_certificate = !next.empty()}),
      .ca_certificates = to_string(scep::write_certs_only(bundle)),
      .next_ca_certificates = to_string(next),
      .ca_chain = parts.settings.ca.get_ca_cert_chain ? to_string(scep::write_certs_only(chain))
                                                      : std::string()};
}

web::PasswordPage password_page(const Parts& parts) {
  // MD5 in four groups of eight digits, as on NDES's page (ndes-behaviour 3.2).
  std::string digits = hex_upper(
      parts.library->digest(crypto::Digest::md5, parts.ca->ca_certificates().front().der()));
  for (const std::size_t at : {24U, 16U, 8U}) digits.insert(at, " ");
  return {digits, parts.settings.challenge.validity, parts.settings.challenge.maximum};
}

// What an operator should know at each start, since it is his explicit word.
std::string configuration_remarks(const Parts& parts) {
  std::string remarks = parts.settings.file.string();
  const auto add = [&](bool applies, const char* remark) {
    if (applies) remarks += std::string("; ") + remark;
  };
  add(parts.settings.challenge.kind == "none", "open enrolment: challenge.kind is none");
  add(parts.algorithms.des, "legacy allows single DES");
  add(parts.algorithms.md5, "legacy allows MD5");
  return remarks;
}

// After a boot it is gone, and only root can make it in /run: for the owner of the state. When it
// cannot be made, `start` tells.
void make_run_folder(const settings::Settings& settings) {
  const std::string_view scheme = "sqlite:";
  struct stat owner{};
  const Path state = std::string_view(settings.ra.state).substr(scheme.size());
  if (geteuid() != 0 || stat(state.parent_path().c_str(), &owner) != 0) return;
  if (mkdir(settings.ra.run.c_str(), 0750) != 0) return;
  if (lchown(settings.ra.run.c_str(), owner.st_uid, owner.st_gid) != 0)
    rmdir(settings.ra.run.c_str());
}

// What a crash leaves behind would hold keys and passwords (threats-and-tests S4). With a limit of
// 1 Linux makes no dump at all, also where core(5) has it handed to a program, for which 0 means
// nothing.
void leave_no_core_dump() {
  rlimit size{};
  if (getrlimit(RLIMIT_CORE, &size) != 0) return;
  size.rlim_cur = std::min<rlim_t>(1, size.rlim_max);
  setrlimit(RLIMIT_CORE, &size);
}

// Counts the requests in flight; more than the limit are turned away.
class InFlight {
 public:
  InFlight(std::atomic<std::uint32_t>& count, std::uint32_t limit)
      : count_(count), admitted_(count.fetch_add(1) < limit) {}
  ~InFlight() { count_.fetch_sub(1); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  explicit operator bool() const { return admitted_; }

 private:
  std::atomic<std::uint32_t>& count_;
  bool admitted_;
};

}  // namespace

class Ra::Inside {
 public:
  explicit Inside(std::unique_ptr<Parts> parts)
      : parts_(std::move(parts)),
        services_(services_of(*parts_)),
        answers_(static_answers(*parts_)),
        admin_{parts_->settings.admin.users, parts_->settings.admin.require_tls,
               parts_->settings.admin.trusted_proxies},
        page_(password_page(*parts_)),
        site_{answers_,
              admin_,
              page_,
              *parts_->challenge,
              *parts_->events,
              maximum_message(),
              [this](Bytes message, const std::string& client) {
                return enrol::answer_pki_message(services_, message, client);
              },
              [this] { return health(); }} {}

  ~Inside() {
    if (open_) parts_->events->tell(parts_->events->begin(events::EventId::service_stopped));
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  [[nodiscard]] std::size_t maximum_message() const { return parts_->settings.limits.message; }
  [[nodiscard]] std::size_t maximum_in_flight() const { return parts_->settings.limits.in_flight; }

  Status start() {
    if (!parts_->settings.ra.core_dumps) leave_no_core_dump();
    const std::scoped_lock lock(opening_);
    return open();
  }

  std::optional<HttpReply> handle_at_once(Endpoint endpoint, const HttpRequest& request) {
    return web::answer_at_once(site_, endpoint, request);
  }

  HttpReply handle(Endpoint endpoint, const HttpRequest& request) {
    const InFlight slot(in_flight_, parts_->settings.limits.in_flight);
    if (!slot) return web::unavailable(web::retry_soon);
    if (endpoint != Endpoint::status && !is_open()) return web::unavailable(web::retry_later);
    return web::answer(site_, endpoint, request);
  }

  void maintain() {
    if (!is_open()) return;
    parts_->store->purge();
    expire_waiting();
    if (parts_->ca_administration)
      for (Event& line : parts_->ca_administration->maintain()) note(std::move(line));
    warn_of_expiry();
  }

  std::vector<Event> take_events() {
    const std::scoped_lock lock(events_mutex_);
    return std::exchange(events_, {});
  }

 private:
  // Opens what could not be opened at start, at most once a second: a store that is away must not
  // cost every request its time limit.
  bool is_open() {
    if (open_.load(std::memory_order_acquire)) return true;
    const std::unique_lock lock(opening_, std::try_to_lock);
    if (!lock || std::chrono::steady_clock::now() < next_try_) return open_.load();
    return open().has_value();
  }

  Status open() {
    if (open_.load()) return {};
    next_try_ = std::chrono::steady_clock::now() + open_again_after;
    const Status sinks = parts_->events->open();
    const Status guesses = parts_->guesses->open();
    if (Status store = parts_->store->open(); !store) {
      report(events::EventId::store_unavailable, store.error().reason, store.error().detail);
      return store;
    }
    open_.store(true, std::memory_order_release);
    counts_together_.store(guesses.has_value());
    report(events::EventId::configuration_loaded, guesses ? Reason::none : guesses.error().reason,
           configuration_remarks(*parts_) +
               (guesses ? std::string()
                        : "; each worker counts wrong passwords for itself: " +
                              guesses.error().detail));
    report(events::EventId::service_started, sinks ? Reason::none : Reason::event_not_written,
           sinks ? std::string() : sinks.error().detail);
    warn_of_expiry();
    return {};
  }

  // A failure is told by whoever needs the store next.
  void expire_waiting() {
    events::EventRecord record = parts_->events->begin(events::EventId::request_denied);
    record.reason = Reason::approval_denied;
    record.detail = "nobody has decided on it in time: limits.pending_life";
    const std::string json = events::to_json(record);
    const auto expired = parts_->store->expire_waiting(parts_->settings.limits.pending_life,
                                                       {static_cast<int>(record.id), json});
    if (expired && *expired != 0) note(parts_->events->tell(record, json));
  }

  void note(Event line) {
    const std::scoped_lock lock(events_mutex_);
    if (events_.size() < 64) events_.push_back(std::move(line));
  }

  void report(events::EventId id, Reason reason, std::string detail) {
    events::EventRecord record = parts_->events->begin(id);
    record.reason = reason;
    record.detail = std::move(detail);
    note(parts_->events->tell(record));
  }

  void warn_of_expiry() {
    const Time now = parts_->clock.seconds();
    if (now < next_warning_.load()) return;
    const Status valid = enrol::ra_certificates_valid(*parts_->keys, now);
    const std::string problem = valid ? expiring(now) : valid.error().detail;
    if (problem.empty()) return;
    next_warning_.store(now + warn_again_after);
    report(events::EventId::ra_certificate_problem,
           valid ? Reason::ra_certificate_expiring : Reason::ra_certificate_expired, problem);
  }

  // The RA certificates that are in their last 30 days, or past them; empty: none.
  [[nodiscard]] std::string expiring(Time now) const {
    std::string which;
    const auto look_at = [&](const crypto::Certificate& certificate) {
      if (now + expiry_warning < certificate.not_after()) return;
      which += (which.empty() ? "" : "; ") + certificate.subject_text() + " expires " +
               rfc3339(certificate.not_after());
    };
    look_at(parts_->keys->signer().certificate);
    look_at(parts_->keys->recipients().front().certificate);
    return which;
  }

  web::Health health() {
    web::Health health;
    const Time now = parts_->clock.seconds();
    const auto note = [](std::vector<std::string>& list, Reason reason) {
      list.emplace_back(word(reason));
    };
    if (const Status valid = enrol::ra_certificates_valid(*parts_->keys, now); !valid)
      note(health.not_ready, valid.error().reason);
    if (!is_open() || !parts_->store->probe()) note(health.not_ready, Reason::store_unavailable);
    health.unhealthy = health.not_ready;
    if (health.not_ready.empty() && !expiring(now).empty())
      note(health.unhealthy, Reason::ra_certificate_expiring);
    if (is_open() && !counts_together_.load()) note(health.unhealthy, Reason::run_folder_unusable);
    if (health.not_ready.empty() && parts_->ca_administration &&
        parts_->ca_administration->crl_outdated())
      note(health.unhealthy, Reason::crl_outdated);
    if (!parts_->events->sinks_fit()) note(health.unhealthy, Reason::event_not_written);
    return health;
  }

  std::unique_ptr<Parts> parts_;
  enrol::Services services_;
  web::StaticAnswers answers_;
  web::AdminRules admin_;
  web::PasswordPage page_;
  web::Site site_;

  std::atomic<std::uint32_t> in_flight_ = 0;
  std::atomic<bool> open_ = false;
  std::atomic<bool> counts_together_ = false;
  std::mutex opening_;
  std::chrono::steady_clock::time_point next_try_;  // guarded by opening_
  std::atomic<Time> next_warning_ = Time();
  std::mutex events_mutex_;
  std::vector<Event> events_;
};

Ra::Ra(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Ra::~Ra() = default;

Result<std::unique_ptr<Ra>> Ra::load(const Path& file) {
  try {
    auto parts = join_parts(file);
    if (!parts) return std::unexpected(std::move(parts).error());
    make_run_folder((*parts)->settings);
    return std::unique_ptr<Ra>(new Ra(std::make_unique<Inside>(*std::move(parts))));
  } catch (const std::exception& thrown) {
    return fail(Errc::config, Reason::internal_error, file.string() + ": " + thrown.what());
  }
}

Status Ra::start() {
  try {
    return inside_->start();
  } catch (const std::exception& thrown) {
    return fail(Errc::unavailable, Reason::internal_error, thrown.what());
  }
}

std::optional<HttpReply> Ra::handle_at_once(Endpoint endpoint,
                                            const HttpRequest& request) noexcept {
  try {
    return inside_->handle_at_once(endpoint, request);
  } catch (...) {
    return HttpReply{};  // 500
  }
}

HttpReply Ra::handle(Endpoint endpoint, const HttpRequest& request) noexcept {
  try {
    return inside_->handle(endpoint, request);
  } catch (...) {
    return HttpReply{};  // 500
  }
}

void Ra::maintain() noexcept {
  try {
    inside_->maintain();
  } catch (...) {
    return;  // out of memory: the next minute tries again
  }
}

std::size_t Ra::maximum_message() const noexcept {
  return inside_->maximum_message();
}

std::size_t Ra::maximum_in_flight() const noexcept {
  return inside_->maximum_in_flight();
}

void Ra::end_thread() noexcept {
  crypto::end_thread();
}

std::vector<Event> Ra::take_events() noexcept {
  try {
    return inside_->take_events();
  } catch (...) {
    return {};
  }
}

}  // namespace scep_ra
