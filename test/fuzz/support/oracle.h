#pragma once

#include <optional>
#include <string>

#include "support/parties.h"

// Another opinion on who may have a certificate, by OpenSSL's CMS and X.509 code alone.
namespace scep_ra::fuzz {

// The same message with known good ones in place of what nobody signed: the certificates of
// test/fuzz/keys, versions and signer's name; no CRLs, no unsigned attributes. The core takes a key
// from these and little more (scep-requirements M18), while OpenSSL reads all of them. Empty when
// it is no SignedData to OpenSSL's header reader.
Buffer with_known_surroundings(Bytes message);

// The signed content when this certificate's key made the only signature, whoever SignerInfo, which
// is not signed either, says it was.
std::optional<Buffer> content_signed_by(CMS_ContentInfo*, const FixedParty& signer);

// The PKCS#10 of these octets, when its signature is by its own key.
test::RequestPtr verified_request(Bytes der);

// Whether a request asks for no more than the template of `device_templates` gives, with that
// password in it.
bool fits_device_template(X509_REQ*, const std::string& password);

// The octets of the PKCS#10 for which this pkiMessage may be answered with a certificate; empty:
// nobody may be.
std::optional<Buffer> authorised_csr(Bytes message, const std::string& password);

// A CertRep by the RA to that nonce, opened by `opener` when it brings something.
struct JudgedReply {
  std::string status, fail_info, transaction;
  std::vector<test::CertificatePtr> certificates;
};
// Its envelope opens with the key of `opener`, or with the password.
std::optional<JudgedReply> judged_reply(Bytes reply, const Party& opener,
                                        const std::string& password = "");

}  // namespace scep_ra::fuzz
