#include "enrol/pki_operation.h"

#include "base/text.h"
#include "enrol/cert_poll.h"
#include "enrol/certificate_request.h"
#include "enrol/exchange.h"
#include "enrol/message_data.h"
#include "enrol/query.h"

namespace scep_ra::enrol {
namespace {

bool is_valid_at(const crypto::Certificate& certificate, Time now) {
  return certificate.not_before() <= now && now < certificate.not_after();
}

void describe(events::EventRecord& record, const scep::Correspondence& of,
              std::string message_type) {
  record.transaction_id = of.transaction_id;
  record.message_type = std::move(message_type);
  if (of.digest) record.digest = crypto::word(*of.digest);
}

Outcome dispatch(Exchange& exchange, const scep::PkiMessage& message) {
  const auto refuse = [&](const Error& error) {
    return exchange.refuse(error, message.correspondence);
  };
  switch (message.type) {
    case scep::MessageType::pkcs_req:
    case scep::MessageType::renewal_req:
      break;
    case scep::MessageType::cert_poll:
      return answer_cert_poll(exchange, message);
    case scep::MessageType::get_cert:
      return answer_get_cert(exchange, message);
    case scep::MessageType::get_crl:
      return answer_get_crl(exchange, message);
    case scep::MessageType::cert_rep:
      return refuse(
          {Errc::bad_request, Reason::message_type_unknown, "an answer instead of a request"});
  }
  auto data = open_message_data(exchange.services(), message);
  exchange.finish_stage("decrypt");
  if (!data) return refuse(data.error());
  exchange.record().cipher = crypto::word(data->envelope.cipher);
  return answer_certificate_request(exchange, message, *data);
}

}  // namespace

Status ra_certificates_valid(const keys::KeyStore& keys, Time now) {
  for (const crypto::Certificate* certificate :
       {&keys.signer().certificate, &keys.recipients().front().certificate})
    if (!is_valid_at(*certificate, now))
      return fail(Errc::unavailable, Reason::ra_certificate_expired,
                  certificate->subject_text() + " is valid from " +
                      rfc3339(certificate->not_before()) + " to " +
                      rfc3339(certificate->not_after()));
  return {};
}

Outcome answer_pki_message(const Services& services, Bytes octets,
                           const std::string& client_address) {
  Exchange exchange(services, client_address);
  if (Status valid = ra_certificates_valid(services.keys, services.clock.seconds()); !valid)
    return exchange.refuse(valid.error(), std::nullopt);
  const auto message = scep::read_pki_message(services.library, octets, services.algorithms);
  exchange.finish_stage("verify");
  if (!message) {
    const scep::MessageFlaw& flaw = message.error();
    if (flaw.correspondence) describe(exchange.record(), *flaw.correspondence, flaw.message_type);
    return exchange.refuse(flaw.error, flaw.correspondence);
  }
  describe(exchange.record(), message->correspondence, std::string(scep::word(message->type)));
  return dispatch(exchange, *message);
}

}  // namespace scep_ra::enrol
