#pragma once

#include <vector>

#include "crypto/certificate.h"
#include "crypto/key.h"
#include "scep/enveloped_data.h"
#include "scep/make_envelope.h"

namespace scep_ra::test {

// One OpenSSL context for all tests of a program, single DES in it.
const crypto::Library& library();

// The parties of the message makers as the core holds them.
crypto::Certificate core_certificate(const Party&);
crypto::PrivateKey core_key(const Party&);
std::vector<scep::Recipient> core_recipients(const std::vector<Party>&);

}  // namespace scep_ra::test
