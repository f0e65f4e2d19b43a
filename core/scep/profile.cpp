#include "scep/profile.h"

namespace scep_ra::scep {

const Profile& rfc8894_profile() noexcept {
  static constexpr Profile profile{.name = "rfc8894",
                                   .advertises_aes = true,
                                   .empty_content = EmptyContent::zero_length,
                                   .microsoft_error_attribute = false,
                                   .answers_queries = true,
                                   .includes_ra_certificate = true};
  return profile;
}

const Profile& ndes_profile() noexcept {
  static constexpr Profile profile{.name = "ndes",
                                   .advertises_aes = false,
                                   .empty_content = EmptyContent::one_zero_octet,
                                   .microsoft_error_attribute = true,
                                   .answers_queries = false,
                                   .includes_ra_certificate = false};
  return profile;
}

}  // namespace scep_ra::scep
