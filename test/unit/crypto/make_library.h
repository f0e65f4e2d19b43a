#pragma once

#include "crypto/library_context.h"

namespace scep_ra::test {

// One OpenSSL context for all tests of a program, single DES in it.
inline const crypto::Library& library() {
  static const crypto::Library library =
      crypto::LibraryContext::open(crypto::LibraryContext::Legacy::yes).value();
  return library;
}

}  // namespace scep_ra::test
