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

Result<Buffer> make_csr(const EnrolmentWish& wish, const crypto::PrivateKey& key) {
  crypto::CsrContent content{.subject = wish.subject,
                             .extensions = {crypto::key_usage_extension(wish.key_usage)},
                             .challenge_password = wish.password.copy()};
  if (!wish.alternative_names.empty()) {
    auto names = crypto::subject_alternative_name_extension(wish.alternative_names);
    if (!names) return refuse("an alternative name is none of dns:, ip:, email:, uri:, upn:");
    content.extensions.push_back(*std::move(names));
  }
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

// One PKCSReq and its answer.
class Exchange {
 public:
  Exchange(const crypto::Library& library, const CaBundle& bundle, const Certificate& signer,
           const crypto::PrivateKey& key)
      : library_(library),
        bundle_(bundle),
        signer_(signer),
        key_(key),
        transaction_id_(
            hex_upper(library->digest(crypto::Digest::sha256, key.public_key().info()))),
        nonce_(library->random().bytes(16)) {}

  Result<scep::CertRep> run(ScepClient& client, const Manner& manner, Bytes csr) const {
    const auto message = scep::write_request(library_,
                                             {.transaction_id = transaction_id_,
                                              .sender_nonce = nonce_,
                                              .message_data = csr,
                                              .digest = manner.digest,
                                              .cipher = manner.cipher},
                                             bundle_.recipient, signer_, key_);
    if (!message) return std::unexpected(message.error());
    const auto answer = client.pki_operation(*message, manner.post);
    if (!answer) return std::unexpected(answer.error());
    return scep::read_cert_rep(library_, as_bytes(*answer), bundle_.signers, signer_, key_,
                               transaction_id_, nonce_);
  }

 private:
  const crypto::Library& library_;
  const CaBundle& bundle_;
  const Certificate& signer_;
  const crypto::PrivateKey& key_;
  scep::TransactionId transaction_id_;
  scep::Nonce nonce_;
};

struct Server {
  Manner manner;
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
  Server server{strongest(*caps), *std::move(bundle), std::nullopt};
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

}  // namespace

Result<Enrolment> enrol(const crypto::Library& library, const Clock& clock, ScepClient& client,
                        const EnrolmentWish& wish) {
  const auto server = ask_server(library, client, wish);
  if (!server) return std::unexpected(server.error());
  auto key = crypto::PrivateKey::generate(library, wish.key_type);
  if (!key) return std::unexpected(std::move(key).error());
  const auto signer = make_signer(library, clock, wish.subject, *key);
  if (!signer) return std::unexpected(signer.error());
  const auto csr = make_csr(wish, *key);
  if (!csr) return std::unexpected(csr.error());
  const Exchange exchange(library, server->bundle, *signer, *key);
  const auto reply = exchange.run(client, server->manner, *csr);
  if (!reply) return std::unexpected(reply.error());
  auto certificate = issued_certificate(*reply, *key);
  if (!certificate) return std::unexpected(std::move(certificate).error());
  if (Status chained = check_chain(library, *server, *certificate, *reply); !chained)
    return std::unexpected(std::move(chained).error());
  return Enrolment{*std::move(key), *std::move(certificate), server->bundle.authorities,
                   server->manner};
}

}  // namespace scep_ra::tool
