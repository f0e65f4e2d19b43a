#pragma once

#include "base/bytes.h"

namespace scep_ra::test {

// A PKCSReq as the `openssl cms` command makes it, definite or with `-stream`: its CMS API writes
// both layers. Content and attributes are those of good_message().
Buffer request_by_openssl_cms(bool streaming);

}  // namespace scep_ra::test
