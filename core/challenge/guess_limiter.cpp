#include "challenge/guess_limiter.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace scep_ra::challenge {

// Zero octets are an empty slot, so that a new file is an empty table.
struct GuessLimiter::Slot {
  std::atomic<std::uint64_t> source;
  std::atomic<std::uint64_t> counted;  // begin of the window in seconds, and how many since
};

namespace {

constexpr std::size_t slots_in_group = 8;
constexpr std::size_t groups = 8192;
constexpr std::size_t octets = groups * slots_in_group * 2 * sizeof(std::uint64_t);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "shared between processes");

constexpr std::uint64_t packed(std::uint32_t begin, std::uint32_t count) {
  return std::uint64_t{begin} << 32U | count;
}

// How many of them count now. A window from the future began before the clock was set back.
std::uint32_t live_count(std::uint64_t counted, std::uint32_t now) {
  const auto begin = static_cast<std::uint32_t>(counted >> 32U);
  const bool live = begin <= now && now - begin < guess_window.count();
  return live ? static_cast<std::uint32_t>(counted) : 0;
}

std::uint64_t one_more(std::uint64_t counted, std::uint32_t now) {
  const std::uint32_t count = live_count(counted, now);
  if (count == 0) return packed(now, 1);
  return count == UINT32_MAX ? counted : counted + 1;
}

// An IPv4 address, also in the clothes of an IPv6 one, whole; of an IPv6 address its network.
Buffer network_of(std::string_view source) {
  const std::string text(source);
  Buffer address(16);
  if (inet_pton(AF_INET6, text.c_str(), address.data()) != 1) return to_buffer(as_bytes(source));
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::ranges::equal(Bytes(address).first(mapped.size()), mapped)) {
    char dotted[INET_ADDRSTRLEN] = {};
    inet_ntop(AF_INET, address.data() + mapped.size(), dotted, sizeof dotted);
    return to_buffer(as_bytes(dotted));
  }
  address.resize(8);
  return address;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

std::unexpected<Error> unusable(const Path& file, const std::string& why) {
  return fail(Errc::unavailable, Reason::run_folder_unusable, file.string() + ": " + why);
}

std::string last_error() {
  return std::generic_category().message(errno);
}

void* map(int descriptor) {
  const int flags = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  return mmap(nullptr, octets, PROT_READ | PROT_WRITE, flags, descriptor, 0);
}

}  // namespace

void GuessLimiter::Unmap::operator()(Slot* slots) const noexcept {
  munmap(slots, octets);
}

GuessLimiter::GuessLimiter(crypto::Library library, const Clock& clock, Secret key,
                           std::uint32_t maximum, Path file)
    : library_(std::move(library)),
      clock_(clock),
      key_(std::move(key)),
      maximum_(maximum),
      file_(std::move(file)) {
  if (void* memory = map(-1); memory != MAP_FAILED) slots_.reset(static_cast<Slot*>(memory));
}

GuessLimiter::~GuessLimiter() = default;

Status GuessLimiter::open() {
  if (mkdir(file_.parent_path().c_str(), 0750) != 0 && errno != EEXIST)
    return unusable(file_, last_error());
  const Descriptor file(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return unusable(file_, last_error());
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return unusable(file_, last_error());
  // What another user may write, he may clear.
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022) != 0)
    return unusable(file_, "is not a file that only this user may write");
  const auto size = static_cast<off_t>(octets);
  if (status.st_size != size && ftruncate(file.get(), size) != 0)
    return unusable(file_, last_error());
  void* memory = map(file.get());
  if (memory == MAP_FAILED) return unusable(file_, last_error());
  slots_.reset(static_cast<Slot*>(memory));
  return {};
}

Status GuessLimiter::may_try(std::string_view source) const {
  const std::uint64_t hash = hash_of(source);
  for (const Slot& slot : group_of(hash))
    if (slot.source == hash && live_count(slot.counted, now()) >= maximum_)
      return fail(Errc::limited, Reason::too_many_wrong_passwords,
                  std::to_string(maximum_) + " wrong passwords within " +
                      std::to_string(guess_window.count()) + " s");
  return {};
}

void GuessLimiter::count_wrong(std::string_view source) noexcept {
  const std::uint64_t hash = hash_of(source);
  const std::span<Slot> group = group_of(hash);
  if (group.empty()) return;
  const std::uint32_t moment = now();
  auto slot = std::ranges::find_if(group, [&](const Slot& one) { return one.source == hash; });
  if (slot == group.end()) {
    slot = std::ranges::min_element(
        group, {}, [&](const Slot& one) { return live_count(one.counted, moment); });
    slot->source = hash;
    slot->counted = packed(moment, 1);
    return;
  }
  std::uint64_t counted = slot->counted;
  while (!slot->counted.compare_exchange_weak(counted, one_more(counted, moment))) {
  }
}

std::uint64_t GuessLimiter::hash_of(std::string_view source) const {
  const Buffer mac = library_->mac(key_.reveal(), network_of(source));
  std::uint64_t hash = 0;
  std::memcpy(&hash, mac.data(), sizeof hash);
  return std::max<std::uint64_t>(hash, 1);  // 0 is an empty slot
}

std::span<GuessLimiter::Slot> GuessLimiter::group_of(std::uint64_t hash) const {
  if (!slots_) return {};  // no memory was to be had
  return {slots_.get() + hash % groups * slots_in_group, slots_in_group};
}

std::uint32_t GuessLimiter::now() const {
  return static_cast<std::uint32_t>(clock_.seconds().time_since_epoch().count());
}

}  // namespace scep_ra::challenge
