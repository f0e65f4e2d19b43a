#pragma once

#include "crypto/certificate.h"
#include "crypto/key.h"
#include "scep/judge.h"

namespace scep_ra::fuzz {

using test::Party;

// One OpenSSL context of the core for a program, single DES in it.
const crypto::Library& library();

// Someone with a certificate of test/fuzz/keys, as OpenSSL holds it and as the core does.
struct FixedParty {
  test::CertificatePtr owned_certificate;
  test::KeyPtr owned_key;
  Party party;
  crypto::Certificate certificate;
  crypto::PrivateKey key;
};
const FixedParty& issuing_ca();     // EC
const FixedParty& ra_encryption();  // RSA
const FixedParty& ra_signing();     // EC
const FixedParty& device();         // RSA, self-signed
const FixedParty& ec_device();      // EC, self-signed: signs in a twentieth of the time

}  // namespace scep_ra::fuzz
