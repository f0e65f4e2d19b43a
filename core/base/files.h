#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "scep-ra/error.h"

namespace scep_ra {

using Path = std::filesystem::path;

enum class Rights : std::uint8_t {
  any,
  owner_only
};  // owner_only: no read or write for the world or a group

// Whole file, at most `maximum` octets. Errc::config with `path: reason` when it cannot be read, is
// no regular file, is too large, or others may read what only its owner should.
Result<std::string> read_file(const Path&, std::size_t maximum, Rights);

// Creates a new file with that mode, writes it, syncs file and folder; refuses to replace.
Status write_new_file(const Path&, std::string_view content, unsigned mode);

// Puts a file with that mode in the place of another, or of none, by one rename: nobody ever reads
// half of it. Keeps owner and group of the one that was there. Errc::unavailable.
Status replace_file(const Path&, std::string_view content, unsigned mode);

}  // namespace scep_ra
