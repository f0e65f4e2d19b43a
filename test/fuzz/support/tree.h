#pragma once

#include <optional>
#include <random>
#include <vector>

#include "base/bytes.h"

namespace scep_ra::fuzz {

// Elements of definite length for a mutator: what they hold is a list of elements too where it can
// be read as one, also inside of OCTET STRINGs and BIT STRINGs; else octets.
struct Tree {
  std::uint8_t tag = 0;
  Buffer content = {};              // of a leaf
  std::vector<Tree> children = {};  // of everything else
  bool leaf = true;
  int length_error = 0;  // added to the length when written
};

// All of the octets as elements; empty when they are none.
std::optional<std::vector<Tree>> trees_of(Bytes, unsigned depth = 0);
std::optional<Tree> tree_of(Bytes);
Buffer octets_of(const Tree&);

// The custom mutators of a target whose input is one element: changes, drops, copies, swaps, nests
// or grafts a node, with right and sometimes with wrong lengths. The root itself stays. Sizes as
// libFuzzer's hooks have them.
std::size_t mutate_tree(std::uint8_t* data, std::size_t size, std::size_t maximum, unsigned seed);
std::size_t cross_trees(Bytes one, Bytes other, std::span<std::uint8_t> out, unsigned seed);

}  // namespace scep_ra::fuzz

// The hooks themselves, for the file of a target.
#define SCEP_RA_FUZZ_TREES                                                                         \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,             \
                                                 std::size_t maximum, unsigned seed) {             \
    return scep_ra::fuzz::mutate_tree(data, size, maximum, seed);                                  \
  }                                                                                                \
  extern "C" std::size_t LLVMFuzzerCustomCrossOver(                                                \
      const std::uint8_t* one, std::size_t one_size, const std::uint8_t* other,                    \
      std::size_t other_size, std::uint8_t* out, std::size_t maximum, unsigned seed) {             \
    return scep_ra::fuzz::cross_trees({one, one_size}, {other, other_size}, {out, maximum}, seed); \
  }
