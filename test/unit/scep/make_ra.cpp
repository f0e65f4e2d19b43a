#include "scep/make_ra.h"

namespace scep_ra::test {

const crypto::Library& library() {
  static const crypto::Library library =
      crypto::LibraryContext::open(crypto::LibraryContext::Legacy::yes).value();
  return library;
}

crypto::Certificate core_certificate(const Party& party) {
  return crypto::Certificate::decode(certificate_of(party)).value();
}
crypto::PrivateKey core_key(const Party& party) {
  return crypto::PrivateKey::decode_pem(library(), pem_of_key(party.key)).value();
}
std::vector<scep::Recipient> core_recipients(const std::vector<Party>& parties) {
  std::vector<scep::Recipient> recipients;
  for (const Party& party : parties)
    recipients.push_back(
        {core_certificate(party), crypto::KeyUnwrap::make(library(), core_key(party)).value()});
  return recipients;
}

}  // namespace scep_ra::test
