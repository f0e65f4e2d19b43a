#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/base64.h"
#include "base/hex.h"
#include "base/percent.h"
#include "ca/make_device_csr.h"
#include "scep/certs_only.h"
#include "scep/make_message.h"
#include "support/fixed_ra.h"
#include "support/fixed_random.h"
#include "support/sealing.h"

// Seeds that need the fuzz targets' keys: fuzz_seeds FOLDER writes FOLDER/<target>/<hash>. The
// others are made by the openssl tool (make_seeds).
namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;

class Seeds {
 public:
  explicit Seeds(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& target, Bytes octets) const {
    const std::string name = hex_lower(library()->digest(crypto::Digest::sha1, octets));
    std::filesystem::create_directories(folder_ / target);
    std::ofstream(folder_ / target / name, std::ios::binary) << as_text(octets) << std::flush;
  }
  void add(const std::string& target, std::uint8_t mode, Bytes octets) const {
    Buffer seed{mode};
    append(seed, octets);
    add(target, seed);
  }

 private:
  std::filesystem::path folder_;
};

Buffer csr_of(const FixedParty& party, const std::string& password, const std::string& name,
              std::vector<std::pair<std::string, std::string>> extensions = {}) {
  return test::make_device_csr({.key = party.party.key,
                                .common_name = name,
                                .extensions = std::move(extensions),
                                .password = password});
}

void add_messages(const Seeds& seeds, const std::string& password) {
  const Buffer csr = csr_of(device(), password, "device-1", {{"subjectAltName", "DNS:d1.example"}});
  const auto add = [&](const Buffer& message) {
    seeds.add("pkimessage", message);
    seeds.add("walk", message);
  };
  for (const char* type : {"19", "17", "20", "21", "22", "3", "18"})
    seeds.add("pkimessage", request_around(csr, device(), type));
  for (std::size_t cipher = 0; cipher < ciphers; ++cipher)
    seeds.add("pkimessage",
              request_around(csr, device(), "19", {.cipher = cipher, .transport = cipher % 3}));
  add(request_around(csr, device(), "19", {.cipher = 4}, test::Form::streaming));
  add(request_around(csr_of(ec_device(), password, "ec"), ec_device(), "19"));
  add(request_around(csr_of(device(), "0000000000000000", "device-1"), device(), "19"));
}

// SEQUENCE { options, [0] attributes, [1] certificates, content }
void add_signed(const Seeds& seeds) {
  const auto add = [&](std::vector<Tree> attributes, std::vector<Bytes> bag, Bytes options) {
    Buffer attribute_octets, bag_octets;
    for (const Tree& one : attributes) append(attribute_octets, octets_of(one));
    for (const Bytes one : bag) append(bag_octets, one);
    seeds.add("signed",
              test::encoded(test::sequence({test::octets(options),
                                            test::verbatim(tagged_octets(0xa0, attribute_octets)),
                                            test::verbatim(tagged_octets(0xa1, bag_octets)),
                                            test::octets(as_bytes("an envelope"))})));
  };
  const Bytes ec = ec_device().certificate.der();
  const Bytes rsa = device().certificate.der();
  for (const char* type : {"19", "17", "20", "22", "3"}) add(good_attributes(type), {ec}, {});
  const Buffer by_rsa{1, 0, 0, 0, 0, 0};
  const Buffer in_pieces{0, 0, 1, 0, 0, 0};
  add(good_attributes("19"), {rsa, ec}, by_rsa);
  add(good_attributes("19"), {ec, ra_signing().certificate.der()}, in_pieces);
  auto doubled = good_attributes("19");
  doubled.push_back(doubled.back());
  add(doubled, {ec}, {});
  auto more = good_attributes("19");
  more.push_back(
      tree_of(attribute("1.2.840.113549.1.9.5", test::leaf(0x17, as_bytes("300101000000Z"))))
          .value());
  more.push_back(tree_of(attribute(test::attribute::fail_info, test::printable("2"))).value());
  more.push_back(tree_of(attribute(test::attribute::pki_status, test::printable("0"))).value());
  add(more, {ec}, {});
}

// SEQUENCE { options, plaintext, envelope with words }
void add_envelopes(const Seeds& seeds, const std::string& password) {
  const auto add = [&](const Sealing& sealing, std::uint8_t type, Bytes plaintext) {
    const Buffer options{static_cast<std::uint8_t>(sealing.cipher),
                         static_cast<std::uint8_t>(sealing.transport),
                         static_cast<std::uint8_t>(sealing.spoil),
                         sealing.flip,
                         type,
                         1};
    seeds.add("envelope",
              test::encoded(test::sequence({test::octets(options), test::octets(plaintext),
                                            test::verbatim(envelope_with_words(sealing))})));
  };
  const Buffer csr = csr_of(device(), password, "device-1");
  const Buffer ec_csr = csr_of(ec_device(), password, "ec", {{"subjectAltName", "DNS:a.example"}});
  for (std::size_t cipher = 0; cipher < ciphers; ++cipher)
    add({.cipher = cipher, .transport = cipher % transports}, 0, cipher % 2 ? csr : ec_csr);
  for (std::size_t spoil = 1; spoil < spoils; ++spoil)
    add({.spoil = static_cast<Sealing::Spoil>(spoil)}, 0, ec_csr);
  for (std::uint8_t type = 1; type < 5; ++type) add({}, type, ec_csr);
  add({}, 0, as_bytes("noise"));
  add({}, 0, csr_of(device(), "", "device-1"));
}

void add_requests(const Seeds& seeds, const std::string& password) {
  const Buffer sid = test::encoded(test::sequence(
      {test::leaf(0x86, as_bytes("tag:microsoft.com,2022-09-14:sid:S-1-5-21-500"))}));
  const std::vector<std::vector<std::pair<std::string, std::string>>> all{
      {},
      {{"subjectAltName", "DNS:a.example,IP:192.0.2.1,email:a@example.test,URI:http://a/"}},
      {{"subjectAltName", "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@example.test,RID:1.2.3"}},
      {{"subjectAltName", "DER:" + hex_lower(sid)}},
      {{"keyUsage", "digitalSignature"}, {"extendedKeyUsage", "clientAuth"}},
      {{"basicConstraints", "CA:TRUE"}},
      {{"keyUsage", "keyCertSign"}},
      {{"extendedKeyUsage", "1.3.6.1.4.1.311.20.2.1,anyExtendedKeyUsage,msSmartcardLogin"}},
      {{"1.3.6.1.4.1.311.21.10", "DER:30080606042b06010401"}},
      {{"1.3.6.1.4.1.311.20.2", "ASN1:BMP:Machine"}},
      {{"1.3.6.1.4.1.311.25.2", "DER:3000"}},
      {{"nameConstraints", "permitted;DNS:example.test"}},
      {{"1.2.3.4", "critical,DER:0500"}}};
  for (const auto& extensions : all)
    seeds.add("csr", csr_of(ec_device(), password, "device-1", extensions));
  seeds.add("csr", csr_of(device(), password, "device-1"));
  seeds.add("csr", csr_of(ec_device(), "", "", {{"subjectAltName", "DNS:a.example"}}));
}

void add_names(const Seeds& seeds) {
  for (const char* text :
       {"device-1", "a\\b<\"'>&%n", "\xc3\xa4\xe2\x80\xae\x1b[31m", "\xff\xc0\x80"})
    seeds.add("name", 0, as_bytes(text));
  for (const char* text : {"CN=device", "C=CH, O=Ex\\, Ltd, CN=a+serialNumber=1", "/C=CH/O=Ex/CN=a",
                           "1.2.3.4=x, emailAddress=a@example.test, DC=example"}) {
    seeds.add("name", 3, as_bytes(text));
    Buffer twice = asn1::name_from_text(text).value();
    append(twice, Buffer(twice));
    seeds.add("name", 1, twice);
  }
  for (const char* names : {"DNS:a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1",
                            "email:a@example.test,URI:http://a/?b,RID:1.2.3,dirName:dn",
                            "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@example.test"}) {
    if (std::string_view(names).contains("dirName")) continue;
    const auto csr =
        crypto::Csr::decode(csr_of(ec_device(), "", "a", {{"subjectAltName", names}})).value();
    seeds.add("name", 2, csr.extension(asn1::oid::subject_alternative_name)->value);
  }
}

void add_replies(const Seeds& seeds) {
  FixedRa ra;
  const Buffer message = request_around(csr_of(device(), ra.password, "device-1"), device(), "19");
  Buffer issued;
  const enrol::Outcome good = ra.answer(message);
  seeds.add("reply", 1, good.cert_rep.value());
  FixedRa other;
  seeds.add("reply", 1,
            other.answer(request_around(as_bytes("noise"), device(), "19")).cert_rep.value());
  for (const FixedParty* party : {&device(), &ec_device(), &issuing_ca(), &ra_signing()})
    seeds.add("reply", 0, party->certificate.der());
  // For the CSR's key, by the CA.
  const auto data = scep::read_signed_data(*good.cert_rep).value();
  const Buffer opened = test::opened(*data.content, device().party).value();
  seeds.add("reply", 0, scep::read_certs_only(opened).value().front().der());
  seeds.add("reply", 2, opened);
  seeds.add("reply", 2, scep::write_certs_only({}));
}

void add_http(const Seeds& seeds, const std::string& password) {
  const Buffer message =
      request_around(csr_of(ec_device(), password, "device-1"), ec_device(), "19");
  const std::string text = base64_encode(message);
  const std::string posted = "enrol POST /mscep.dll/pkiclient.exe ";
  for (const std::string seed :
       {"enrol GET / operation=GetCACaps\n\n",
        "enrol GET /mscep.dll operation=GetCACert&message=x\n\n",
        "enrol GET / \nHost: ra.example.test\n\n", "enrol HEAD / operation=getcacaps\n\n",
        "enrol GET / operation=GetNextCACert\n\n", "enrol PUT / operation=PKIOperation\n\n",
        "enrol GET / operation=GetCACaps&operation=GetCACert\n\n"})
    seeds.add("http", as_bytes(seed));
  seeds.add("http", as_bytes("enrol GET / operation=PKIOperation&message=" + percent_encode(text) +
                             "\n\n"));
  seeds.add("http", as_bytes(posted +
                             "operation=PKIOperation\nContent-Type: application/x-pki-message\n\n" +
                             to_string(message)));
  seeds.add("http", as_bytes(posted + "\n\n" + text));
  seeds.add("http", as_bytes(posted + "operation=PKIOperation\n\nMAMC\r\nAQE=\r\n"));
  const std::string admin = "admin GET /mscep.dll ";
  seeds.add("http", as_bytes(admin + "\n@user: admin\n@tls: yes\nHost: ra.example.test\n\n"));
  seeds.add("http", as_bytes(admin + "operation=NDESGenerateChallenge\n@user: admin\n@peer: "
                                     "192.0.2.1\nX-Forwarded-Proto: https\n\n"));
  seeds.add("http",
            as_bytes(admin + "operation=NDESGetCACertThumbprint\n@user: nobody\n@tls: yes\n\n"));
  seeds.add("http", as_bytes(admin + "\n@user: admin\n@tls: yes\nHost: ra.example.test\nOrigin: "
                                     "https://other.test\nSec-Fetch-Site: cross-site\n\n"));
  seeds.add("http", as_bytes(std::string("status GET /ready \n\n")));
  seeds.add("http", as_bytes(std::string("status GET /health \n\n")));
}

void add_programs(const Seeds& seeds) {
  using Program = std::vector<std::uint8_t>;
  for (const Program& program :
       {Program{0, 20, 1, 1, 0, 0, 0, 1, 3, 0, 0, 0, 9, 5, 0, 0, 0},  // mint, enrol, issue, poll
        Program{0, 20, 1, 1, 0, 0, 0, 1, 1, 1,
                1, 1,  1, 7, 4, 1, 0, 0, 0, 1},  // two takers, then late
        Program{0, 5, 1, 1, 0, 0, 0, 1, 8, 5,
                0, 0, 0, 7, 5, 3, 0, 0, 0, 5},  // a crash, then the CA
        Program{0, 29, 1, 0, 29, 2, 6, 1, 1, 0, 0, 0, 1, 9, 7, 6, 4, 0, 0, 0},
        Program{1, 0, 0, 0, 0, 3, 0, 0, 0, 3, 7, 5, 1, 0, 0, 0, 0}})
    seeds.add("state", program);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "Usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  const std::string password = FixedRa().password;
  const Seeds seeds{arguments[1]};
  add_messages(seeds, password);
  add_signed(seeds);
  add_envelopes(seeds, password);
  add_requests(seeds, password);
  add_names(seeds);
  add_replies(seeds);
  add_http(seeds, password);
  add_programs(seeds);
  return 0;
}
