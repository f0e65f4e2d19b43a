#include "catch.h"
#include "crypto/csr.h"
#include "make_certificate.h"
#include "scep/judge.h"
#include "scep/make_message.h"
#include "scep/make_ra.h"
#include "scep/pki_message.h"

using namespace scep_ra;
using namespace scep_ra::test;

namespace {

const scep::AlgorithmPolicy policy;

struct Good {
  std::string name;
  Buffer message;
  Buffer certificate;  // of its signer
};
std::vector<Good> good_messages() {
  static const CertificatePtr ec =
      make_certificate({.key = key_of("device", "ec:P-256"), .common_name = "EC device"});
  const auto message = [](const std::string& name,
                          const std::function<void(MessageWish&)>& change) {
    MessageWish wish = good_message();
    change(wish);
    return Good{name, make_message(wish), certificate_of(wish.signer)};
  };
  return {message("DER, RSA", [](MessageWish&) {}),
          message("BER, 3DES, SHA-1",
                  [](MessageWish& wish) {
                    wish.form = wish.envelope.form = Form::streaming;
                    wish.digest = "SHA1";
                    wish.envelope.cipher = "DES-EDE3-CBC";
                  }),
          message("EC, renewal",
                  [](MessageWish& wish) {
                    wish.signer = Party{ec.get(), key_of("device", "ec:P-256")};
                    wish.attribute(attribute::message_type).values = {{printable("17")}};
                  }),
          message("RSASSA-PSS, OAEP", [](MessageWish& wish) {
            wish.pss = true;
            wish.envelope.recipients = {{.oaep_digest = "SHA256"}};
          })};
}

// All that an enrolment would act on.
struct Meaning {
  scep::MessageType type;
  scep::TransactionId transaction_id;
  std::optional<scep::Nonce> nonce;
  Buffer signer_key;
  Buffer content;
  bool operator==(const Meaning&) const = default;
};
std::optional<Meaning> meaning_of(Bytes message) {
  const auto read = scep::read_pki_message(library(), message, policy);
  if (!read) return std::nullopt;
  return Meaning{read->type, read->correspondence.transaction_id, read->correspondence.sender_nonce,
                 to_buffer(read->signer_key.info()),
                 to_buffer(read->signed_data.content.value_or(Bytes{}))};
}

// A few other values for most octets, more for those at the ends, where the structure is.
std::vector<std::uint8_t> other_values(std::size_t at, std::size_t size, std::uint8_t now) {
  const bool at_an_end = at < 96 || at + 96 >= size;
  std::vector<std::uint8_t> values;
  for (unsigned value = 0; value < 256; value += at_an_end ? 5 : 85)
    if (value != now) values.push_back(static_cast<std::uint8_t>(value));
  values.push_back(static_cast<std::uint8_t>(now ^ 1));
  return values;
}

}  // namespace

TEST_CASE("every cut of a good message is refused", "[scep][case:P2]") {
  for (const Good& good : good_messages()) {
    INFO(good.name);
    REQUIRE(meaning_of(good.message));
    std::size_t accepted = 0;
    for (std::size_t size = 0; size < good.message.size(); ++size)
      accepted += meaning_of(Bytes(good.message).first(size)) ? 1 : 0;
    CHECK(accepted == 0);
  }
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a changed octet is refused or changes nothing that counts", "[scep][case:P2][case:C1]") {
  for (const Good& good : good_messages()) {
    INFO(good.name);
    const Meaning meaning = meaning_of(good.message).value();
    const auto certificate = std::ranges::search(good.message, good.certificate);
    REQUIRE_FALSE(certificate.empty());
    Buffer message = good.message;
    for (std::size_t at = 0; at < message.size(); ++at) {
      const std::uint8_t now = message[at];
      // A signer's certificate is a key and little more to us (scep-requirements M18); OpenSSL
      // reads all of it, so that it judges the rest only.
      const auto place = good.message.begin() + static_cast<std::ptrdiff_t>(at);
      const bool in_certificate = place >= certificate.begin() && place < certificate.end();
      for (const std::uint8_t value : other_values(at, message.size(), now)) {
        message[at] = value;
        const auto other = meaning_of(message);
        if (!other) continue;
        INFO("octet " << at << ": " << int{value} << " for " << int{now});
        CHECK((*other == meaning));
        CHECK((in_certificate || signed_content(message) == meaning.content));
      }
      message[at] = now;
    }
  }
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a changed octet of an envelope opens to nothing new", "[scep][case:P2][case:C7]") {
  const auto recipients = core_recipients({ra_encryption()});
  const Buffer good = make_envelope({.plaintext = request_in_messages()});
  const auto open = [&](const Buffer& envelope) -> std::optional<Buffer> {
    const auto read = scep::read_enveloped_data(envelope, recipients, policy);
    if (!read) return std::nullopt;
    const auto plain = scep::open_enveloped_data(library(), *read, recipients[0]);
    if (!plain) return std::nullopt;
    return to_buffer(plain->reveal());
  };
  REQUIRE(open(good) == request_in_messages());
  std::size_t verified = 0;
  Buffer envelope = good;
  for (std::size_t at = 0; at < envelope.size(); ++at) {
    envelope[at] ^= 0x11;
    const auto plain = open(envelope);
    envelope[at] ^= 0x11;
    if (!plain || *plain == request_in_messages()) continue;
    const auto csr = crypto::Csr::decode(*plain);
    if (!csr || !csr->signature_algorithm()) continue;
    const auto key = crypto::PublicKey::decode(library(), csr->public_key_info());
    if (key && key->verify(*csr->signature_algorithm(), csr->info(), csr->signature())) ++verified;
  }
  CHECK(verified == 0);
}
