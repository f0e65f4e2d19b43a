#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

// Gives a fuzz target the files that were found for it, one after the other: no clang needed.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

const char* running = "";

void tell_which(int signal_number) {
  static_cast<void>(!::write(STDERR_FILENO, running, std::strlen(running)));
  static_cast<void>(!::write(STDERR_FILENO, "\n", 1));
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

std::vector<std::string> files_in(const std::filesystem::path& place) {
  std::vector<std::string> files;
  if (!std::filesystem::is_directory(place)) return {place.string()};
  for (const auto& entry : std::filesystem::directory_iterator(place))
    if (entry.is_regular_file() && entry.path().extension() != ".md")
      files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

}  // namespace

// Usage: replay_<target> FILE|FOLDER...
int main(int count, char** arguments) {
  ::signal(SIGABRT, tell_which);
  std::size_t done = 0;
  for (int at = 1; at < count; ++at) {
    if (!std::filesystem::exists(arguments[at])) continue;
    for (const std::string& file : files_in(arguments[at])) {
      std::ifstream stream(file, std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(stream), {});
      running = file.c_str();
      // A copy without anything behind it, so that a sanitizer sees who reads too far.
      const std::vector<std::uint8_t> octets(content.begin(), content.end());
      LLVMFuzzerTestOneInput(octets.data(), octets.size());
      ++done;
    }
  }
  std::printf("%zu inputs replayed\n", done);
  return done == 0 ? 1 : 0;
}
