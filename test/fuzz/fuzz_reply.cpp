#include "ca/make_device_csr.h"
#include "scep/certs_only.h"
#include "scep/client.h"
#include "support/fixed_ra.h"
#include "support/must.h"
#include "support/oracle.h"
#include "support/sealing.h"

// What a CA or an RA answers. The first octet says which: a certificate from the CA of a good
// request, which is never delivered when its key is not the CSR's; a CertRep to a client, which
// takes none that OpenSSL does not verify; or what such a CertRep envelopes.
namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;

// A request with the password of FixedRa, by OpenSSL; made once.
const Buffer& good_request(const std::string& password) {
  static const Buffer message = request_around(
      test::make_device_csr({.key = device().party.key, .password = password}), device(), "19");
  return message;
}

void judge_ca_answer(Bytes answer) {
  FixedRa ra;
  ra.ca.answer = [&]() -> Result<ca::CaDecision> {
    auto certificate = crypto::Certificate::decode(answer);
    if (!certificate) return std::unexpected(std::move(certificate).error());
    return ca::Issued{*std::move(certificate)};
  };
  const enrol::Outcome outcome = ra.answer(good_request(ra.password));
  must(ra.ca.asked.size() == 1, "the CA was asked");
  must(ra.told.size() == 1, "one event, whatever the CA says");
  must(ra.store.outstanding_passwords().value().empty(), "its password stays spent");
  if (!outcome.cert_rep) return;
  const auto reply = judged_reply(*outcome.cert_rep, device().party);
  // OpenSSL may find the certificate unreadable and with it the list; then nobody can use it.
  if (!reply || reply->status != "0" || reply->certificates.empty()) return;
  const test::CertificatePtr sent = test::openssl_certificate(answer);
  must(sent != nullptr, "what is delivered is a certificate");
  must(X509_check_private_key(sent.get(), device().party.key) == 1,
       "no certificate for another key than the CSR's");
}

void judge_cert_rep(Bytes answer) {
  const auto read = scep::read_cert_rep(
      library(), answer, {ra_signing().certificate}, {device().certificate, device().key, {}},
      "0123456789ABCDEF", to_buffer(as_bytes("sixteen octets!!")));
  if (!read) return;
  const auto judged = judged_reply(answer, device().party);
  must(judged.has_value(), "OpenSSL verifies what a client takes");
  must(judged->transaction == "0123456789ABCDEF", "to its transactionID");
  must((judged->status == "0") == (read->status == scep::PkiStatus::success), "the same pkiStatus");
}

void judge_certificates(Bytes answer) {
  const auto read = scep::read_certs_only(answer);
  if (!read) return;
  std::vector<Bytes> all;
  for (const crypto::Certificate& certificate : *read) {
    static_cast<void>(crypto::is_issued_by(library(), certificate, issuing_ca().certificate));
    static_cast<void>(certificate.subject_text());
    all.push_back(certificate.der());
  }
  const auto again = scep::read_certs_only(scep::write_certs_only(all));
  must(again && again->size() == read->size(), "what was read can be written and read again");
  for (std::size_t at = 0; at < all.size(); ++at)
    must(equal((*again)[at].der(), all[at]), "in its order");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes rest = Bytes(data, size).subspan(1);
  switch (data[0] % 3) {
    case 0:
      judge_ca_answer(rest);
      break;
    case 1:
      judge_cert_rep(rest);
      break;
    default:
      judge_certificates(rest);
  }
  return 0;
}
