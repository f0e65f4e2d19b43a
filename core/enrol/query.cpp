#include "enrol/query.h"

#include <utility>

#include "asn1/der_form.h"
#include "asn1/reader.h"
#include "enrol/message_data.h"

namespace scep_ra::enrol {
namespace {

// What a query asks for; its octets must hold nothing else.
struct Named {
  Buffer der;
  crypto::IssuerAndSerial certificate;  // points into `der`
};

std::optional<Named> read_named(Bytes plain) {
  auto form = asn1::to_der(plain);
  if (!form || form->consumed != plain.size()) return std::nullopt;
  Named named{std::move(form->der), {}};
  asn1::Fault fault;
  asn1::Reader reader(named.der, fault);
  asn1::Reader fields = reader.enter(asn1::tag::sequence);
  reader.end();
  named.certificate = crypto::IssuerAndSerial::read(fields);
  if (fault) return std::nullopt;
  return named;
}

std::unexpected<Error> names_none() {
  return fail(Errc::bad_cert_id, Reason::certificate_unknown,
              "the query names no certificate that this RA has issued");
}

class Query {
 public:
  Query(Exchange& exchange, const scep::PkiMessage& message)
      : exchange_(exchange), services_(exchange.services()), message_(message) {}

  template <class Answer>
  Outcome answer(bool offered, const Answer& with_certificate) {
    if (!offered)
      return refuse(
          {Errc::bad_request, Reason::message_type_unsupported, "this query is not offered"});
    if (Status good = scep::deliverable(message_, {}); !good) return refuse(good.error());
    auto envelope = read_envelope(services_, message_);
    if (!envelope) return refuse(envelope.error());
    delivery_ = {{envelope->cipher, envelope->key_transport}, {}};
    const auto certificate = find(*envelope);
    exchange_.finish_stage("decrypt");
    if (!certificate) return refuse(certificate.error());
    return with_certificate(*certificate);
  }

  Outcome refuse(const Error& error) { return exchange_.refuse(error, message_.correspondence); }
  [[nodiscard]] const Delivery& delivery() const { return delivery_; }

 private:
  // The store is asked in any case, so that it does not show in the time whether there was a serial
  // number to ask for.
  Result<crypto::Certificate> find(const scep::EnvelopedData& envelope) {
    const auto plain = open_envelope(services_, envelope);
    if (!plain && plain.error().code == Errc::internal) return std::unexpected(plain.error());
    const SameTime until;
    const auto named = plain ? read_named(plain->reveal()) : std::nullopt;
    const auto stored =
        services_.store.find_certificate(named ? named->certificate.serial_text() : "0");
    if (!stored) return std::unexpected(stored.error());
    if (named && *stored) {
      auto certificate = crypto::Certificate::decode((*stored)->issued.certificate);
      if (certificate && named->certificate.names(*certificate)) return certificate;
    }
    until.wait();
    return names_none();
  }

  Exchange& exchange_;
  const Services& services_;
  const scep::PkiMessage& message_;
  Delivery delivery_;
};

}  // namespace

Outcome answer_get_cert(Exchange& exchange, const scep::PkiMessage& message) {
  Query query(exchange, message);
  return query.answer(exchange.services().profile.answers_queries,
                      [&](const crypto::Certificate& certificate) {
                        return exchange.deliver(message, query.delivery(), certificate, {});
                      });
}

Outcome answer_get_crl(Exchange& exchange, const scep::PkiMessage& message) {
  const Services& services = exchange.services();
  Query query(exchange, message);
  const bool offered = services.profile.answers_queries && services.crl_of;
  return query.answer(offered, [&](const crypto::Certificate& certificate) {
    const auto crl = services.crl_of(certificate.issuer());
    if (!crl) return query.refuse(crl.error());
    if (!*crl) return query.refuse(names_none().error());
    return exchange.deliver_crl(message, query.delivery(), **crl);
  });
}

}  // namespace scep_ra::enrol
