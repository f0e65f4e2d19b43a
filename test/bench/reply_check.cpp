#include "reply_check.h"

#include "asn1/writer.h"
#include "scep/client.h"

namespace scep_ra::bench {
namespace {

namespace oid = asn1::oid;

// The one character of an attribute's PrintableString.
std::string digit_of(std::string_view cert_rep, const asn1::Oid& type) {
  const Buffer element = asn1::oid_element(type);
  constexpr std::string_view set_of_one_character("\x31\x03\x13\x01", 4);
  const std::string wanted = to_string(element) + std::string(set_of_one_character);
  const auto at = cert_rep.find(wanted);
  if (at == cert_rep.npos) return {};
  return std::string(cert_rep.substr(at + wanted.size(), 1));
}

}  // namespace

Glimpse glimpse(std::string_view cert_rep) {
  return {digit_of(cert_rep, oid::pki_status), digit_of(cert_rep, oid::fail_info)};
}

Result<crypto::Certificate> verified_certificate(const crypto::Library& library,
                                                 const RaCertificates& ra, const Message& message,
                                                 std::string_view cert_rep) {
  const auto wrong = [](const char* what) {
    return fail(Errc::bad_message_check, Reason::certificate_unreadable, what);
  };
  const Device& device = *message.device;
  auto reply =
      scep::read_cert_rep(library, as_bytes(cert_rep), ra.all, {device.certificate, device.key, {}},
                          message.transaction_id, message.nonce);
  if (!reply) return std::unexpected(std::move(reply).error());
  if (reply->status != scep::PkiStatus::success || reply->certificates.empty())
    return wrong("no certificate");
  crypto::Certificate& certificate = reply->certificates.front();
  if (!equal(certificate.subject(), message.subject)) return wrong("another subject");
  if (!equal(certificate.public_key_info(), device.key.public_key().info()))
    return wrong("another public key");
  return std::move(certificate);
}

}  // namespace scep_ra::bench
