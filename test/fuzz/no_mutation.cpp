#include <cstddef>
#include <cstdint>

// What the custom mutators call of libFuzzer, for programs without it: nothing is mutated there.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t*, std::size_t size, std::size_t) {
  return size;
}
