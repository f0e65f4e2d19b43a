#include "tool/enrolment.h"

#include <algorithm>

#include "base/hex.h"
#include "base/text.h"
#include "crypto/certificate_writer.h"
#include "crypto/csr.h"
#include "scep/client.h"
#include "tool/ca_bundle.h"

namespace scep_ra::tool {

namespace {

using crypto::Certificate;

constexpr Seconds signer_life{30 * 86400};
constexpr std::uint16_t signer_usage = crypto::digital_signature | crypto::key_encipherment;

std::unexpected<Error> refuse(std::string why) {
  return fail(Errc::denied, Reason::none, std::move(why));
}

// RFC 8894, 2.3: self-signed, the subject and the key of the request.
Result<Certificate> make_signer(const crypto::Library& library, const Clock& clock,
                                const Buffer& subject, const crypto::PrivateKey& key) {
  const auto now = clock.seconds();
  const auto der =
      crypto::write_certificate({.serial = crypto::random_serial(library->random()),
                                 .issuer = subject,
                                 .subject = subject,
                                 .public_key_info = to_buffer(key.public_key().info()),
                                 .not_before = now,
                                 .not_after = now + signer_life,
                                 .extensions = {crypto::key_usage_extension(signer_usage)}},
                                key);
  if (!der) return std::unexpected(der.error());
  return Certificate::decode(*der);
}

Result<Buffer> alternative_names_of(const EnrolmentWish& wish) {
  const crypto::Extension* held =
      wish.renewed ? wish.renewed->certificate.extension(asn1::oid::subject_alternative_name)
                   : nullptr;
  if (wish.alternative_names.empty() && held)
    return crypto::other_extension(held->type, held->critical, held->value);
  if (wish.alternative_names.empty()) return Buffer();
  auto names = crypto::subject_alternative_name_extension(wish.alternative_names);
  if (!names) return refuse("an alternative name is none of dns:, ip:, email:, uri:, upn:");
  return *std::move(names);
}

Result<Buffer> make_csr(const EnrolmentWish& wish, const Buffer& subject,
                        const crypto::PrivateKey& key) {
  crypto::CsrContent content{.subject = subject,
                             .extensions = {crypto::key_usage_extension(wish.key_usage)},
                             .challenge_password = wish.password.copy()};
  auto names = alternative_names_of(wish);
  if (!names) return std::unexpected(std::move(names).error());
  if (!names->empty()) content.extensions.push_back(*std::move(names));
  return crypto::write_csr(content, key);
}

std::string_view word(scep::FailInfo info) {
  switch (info) {
    case scep::FailInfo::bad_alg:
      return "badAlg";
    case scep::FailInfo::bad_message_check:
      return "badMessageCheck";
    case scep::FailInfo::bad_request:
      return "badRequest";
    case scep::FailInfo::bad_time:
      return "badTime";
    case scep::FailInfo::bad_cert_id:
      return "badCertId";
  }
  return "unknown failInfo";
}

Result<Certificate> issued_certificate(const scep::CertRep& reply, const crypto::PrivateKey& key) {
  switch (reply.status) {
    case scep::PkiStatus::pending:
      return refuse("the request is pending: someone has to approve it at the CA");
    case scep::PkiStatus::failure: {
      auto text = "the server refuses: " +
                  std::string(word(reply.fail_info.value_or(scep::FailInfo::bad_request)));
      if (!reply.fail_info_text.empty()) text += " (" + escaped(reply.fail_info_text) + ")";
      return refuse(std::move(text));
    }
    case scep::PkiStatus::success:
      break;
  }
  const auto ours = std::ranges::find_if(reply.certificates, [&](const Certificate& one) {
    return equal(one.public_key_info(), key.public_key().info());
  });
  if (ours == reply.certificates.end())
    return refuse("the server sent no certificate for the key of the request");
  return *ours;
}

// The messages of one transaction, all signed by the same requester.
class Transaction {
 public:
  Transaction(const crypto::Library& library, const CaBundle& bundle,
              const scep::Requester& requester, const crypto::PrivateKey& key)
      : library_(library),
        bundle_(bundle),
        requester_(requester),
        id_(hex_upper(library->digest(crypto::Digest::sha256, key.public_key().info()))) {}

  Result<scep::CertRep> run(ScepClient& client, const Manner& manner, scep::MessageType type,
                            Bytes message_data) const {
    const scep::Nonce nonce = library_->random().bytes(16);
    const auto message = scep::write_request(library_,
                                             {.type = type,
                                              .transaction_id = id_,
                                              .sender_nonce = nonce,
                                              .message_data = message_data,
                                              .digest = manner.digest,
                                              .cipher = manner.cipher},
                                             bundle_.recipient, requester_.signer, requester_.key);
    if (!message) return std::unexpected(message.error());
    const auto answer = client.pki_operation(*message, manner.post);
    if (!answer) return std::unexpected(answer.error());
    return scep::read_cert_rep(library_, as_bytes(*answer), bundle_.signers, requester_, id_,
                               nonce);
  }

 private:
  const crypto::Library& library_;
  const CaBundle& bundle_;
  const scep::Requester& requester_;
  scep::TransactionId id_;
};

struct Server {
  Manner manner;
  bool renewal = false;  // it takes RenewalReq
  CaBundle bundle;
  std::optional<Certificate> trusted;
};

Result<Server> ask_server(const crypto::Library& library, ScepClient& client,
                          const EnrolmentWish& wish) {
  const auto caps = client.ca_caps();
  if (!caps) return std::unexpected(caps.error());
  auto certificates = client.ca_certificates();
  if (!certificates) return std::unexpected(std::move(certificates).error());
  auto bundle = sorted_by_role(*certificates);
  if (!bundle) return std::unexpected(std::move(bundle).error());
  Server server{strongest(*caps), caps->renewal, *std::move(bundle), std::nullopt};
  server.manner.post = server.manner.post && !wish.get;
  if (!wish.ca_fingerprint) return server;
  auto trusted = trust(library, server.bundle, *wish.ca_fingerprint);
  if (!trusted) return std::unexpected(std::move(trusted).error());
  server.trusted = *std::move(trusted);
  return server;
}

Status check_chain(const crypto::Library& library, const Server& server,
                   const Certificate& certificate, const scep::CertRep& reply) {
  auto between = server.bundle.authorities;
  between.insert(between.end(), reply.certificates.begin(), reply.certificates.end());
  if (server.trusted && !chains_to(library, certificate, *server.trusted, between))
    return refuse("the certificate was not issued under the CA of that fingerprint");
  return {};
}

// CertPoll until there is an answer or the time is over. A server that is away meanwhile is no
// answer.
Result<scep::CertRep> poll(ScepClient& client, const Server& server, const Transaction& transaction,
                           const Polling& polling, Bytes issuer, Bytes subject) {
  const Buffer asked = scep::issuer_and_subject(issuer, subject);
  scep::CertRep pending;
  pending.status = scep::PkiStatus::pending;
  Result<scep::CertRep> reply = pending;
  const auto go_on = [&] {
    return reply ? reply->status == scep::PkiStatus::pending
                 : reply.error().code == Errc::unavailable;
  };
  for (Seconds waited{0}; go_on() && waited < polling.at_most; waited += polling.interval) {
    client.pause(polling.interval);
    reply = transaction.run(client, server.manner, scep::MessageType::cert_poll, asked);
  }
  return reply;
}

// The whole of one request, from the key to the answer that ends it.
class Enrolling {
 public:
  Enrolling(const crypto::Library& library, const Clock& clock, ScepClient& client,
            const EnrolmentWish& wish)
      : library_(library), clock_(clock), client_(client), wish_(wish) {}

  Result<Enrolment> run() {
    const auto server = ask_server(library_, client_, wish_);
    if (!server) return std::unexpected(server.error());
    const Polling& polling = wish_.polling;
    auto key = polling.kept_key ? Result<crypto::PrivateKey>(*polling.kept_key)
                                : crypto::PrivateKey::generate(library_, wish_.key_type);
    if (!key) return std::unexpected(std::move(key).error());
    const Buffer subject = wish_.subject.empty() && wish_.renewed
                               ? to_buffer(wish_.renewed->certificate.subject())
                               : wish_.subject;
    const auto signer = wish_.renewed ? Result<Certificate>(wish_.renewed->certificate)
                                      : make_signer(library_, clock_, subject, *key);
    if (!signer) return std::unexpected(signer.error());
    const scep::Requester requester{*signer, wish_.renewed ? wish_.renewed->key : *key,
                                    wish_.password.reveal()};
    const auto reply = answer_of(*server, requester, *key, subject);
    if (!reply) return std::unexpected(reply.error());
    auto certificate = issued_certificate(*reply, *key);
    if (!certificate) return std::unexpected(std::move(certificate).error());
    if (Status chained = check_chain(library_, *server, *certificate, *reply); !chained)
      return std::unexpected(std::move(chained).error());
    return Enrolment{*std::move(key), *std::move(certificate), server->bundle.authorities,
                     server->manner};
  }

 private:
  Result<scep::CertRep> answer_of(const Server& server, const scep::Requester& requester,
                                  const crypto::PrivateKey& key, const Buffer& subject) {
    const Transaction transaction(library_, server.bundle, requester, key);
    const auto polled = [&] {
      return poll(client_, server, transaction, wish_.polling, issuer_for(server), subject);
    };
    if (wish_.polling.kept_key) return polled();
    const auto csr = make_csr(wish_, subject, key);
    if (!csr) return std::unexpected(csr.error());
    const auto type = wish_.renewed && server.renewal ? scep::MessageType::renewal_req
                                                      : scep::MessageType::pkcs_req;
    auto reply = transaction.run(client_, server.manner, type, *csr);
    if (!reply || reply->status != scep::PkiStatus::pending || wish_.polling.at_most == Seconds{0})
      return reply;
    if (wish_.polling.keep_key) {
      if (Status kept = wish_.polling.keep_key(key); !kept)
        return std::unexpected(std::move(kept).error());
    }
    return polled();
  }

  // The CA that is asked, as far as the bundle tells.
  static Bytes issuer_for(const Server& server) {
    return server.bundle.authorities.empty() ? server.bundle.recipient.issuer()
                                             : server.bundle.authorities.front().subject();
  }

  const crypto::Library& library_;
  const Clock& clock_;
  ScepClient& client_;
  const EnrolmentWish& wish_;
};

}  // namespace

Result<Enrolment> enrol(const crypto::Library& library, const Clock& clock, ScepClient& client,
                        const EnrolmentWish& wish) {
  return Enrolling(library, clock, client, wish).run();
}

}  // namespace scep_ra::tool
