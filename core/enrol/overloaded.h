#pragma once

namespace scep_ra::enrol {

// A visitor of a variant, a lambda for each alternative.
template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace scep_ra::enrol
