#include <sys/stat.h>

#include "base/files.h"
#include "base/hex.h"
#include "catch.h"
#include "make_administration.h"
#include "scep/certs_only.h"
#include "scep/signed_data.h"

using namespace scep_ra;
using namespace scep_ra::test;
using namespace std::chrono_literals;

namespace {

std::string file_content(const std::filesystem::path& file) {
  return read_file(file, 1 << 20, Rights::any).value_or("");
}

std::uint64_t number_in(const std::filesystem::path& file) {
  return crypto::Crl::decode(as_bytes(file_content(file))).value().number();
}

std::vector<std::string> names_of(const std::vector<nlohmann::json>& told) {
  std::vector<std::string> names;
  for (const auto& event : told) names.push_back(event.at("name"));
  return names;
}

}  // namespace

TEST_CASE("whom the CA has revoked OpenSSL refuses, and nobody else", "[ca]") {
  AdministrationBench bench;
  const auto administrator = bench.administrator();
  const CertificatePtr lost = bench.enrolled("lost");
  const CertificatePtr other = bench.enrolled("other");
  const auto before = administrator->current_crl();
  REQUIRE(before);
  CHECK(bench.verdict(lost.get(), before->der) == "ok");

  bench.authority.clock.advance(60s);
  const auto revoked =
      administrator->revoke(serial_of(lost), crypto::CrlReason::key_compromise, "os:root");
  REQUIRE(revoked);
  REQUIRE(revoked->crl);
  CHECK(revoked->crl->number == before->number + 1);
  CHECK(bench.verdict(lost.get(), revoked->crl->der) == "certificate revoked");
  CHECK(bench.verdict(other.get(), revoked->crl->der) == "ok");
  CHECK(file_content(bench.rules.file) == as_text(revoked->crl->der));
  struct stat status{};
  REQUIRE(stat(bench.rules.file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
}

TEST_CASE("a revocation is told with who, whom and why, in the store too", "[ca]") {
  AdministrationBench bench;
  const auto administrator = bench.administrator();
  const CertificatePtr lost = bench.enrolled("lost");
  REQUIRE(administrator->revoke(serial_of(lost), crypto::CrlReason::superseded, "os:operator"));
  REQUIRE(names_of(bench.told) == std::vector<std::string>{"certificate-revoked", "crl-issued"});
  CHECK(bench.told[0].at("id") == 108);
  CHECK(bench.told[0].at("serial") == serial_of(lost));
  CHECK(bench.told[0].at("subject") == "CN=lost");
  CHECK(bench.told[0].at("user") == "os:operator");
  CHECK(bench.told[0].at("detail") == "superseded");
  const auto kept = bench.store.events();
  REQUIRE(kept.size() == 3);
  CHECK(nlohmann::json::parse(kept[1].json) == bench.told[0]);
  CHECK(nlohmann::json::parse(kept[2].json) == bench.told[1]);
}

TEST_CASE("what cannot be revoked leaves CRL and events as they were", "[ca]") {
  AdministrationBench bench;
  const auto administrator = bench.administrator();
  const CertificatePtr lost = bench.enrolled("lost");
  const auto reason = crypto::CrlReason::unspecified;
  REQUIRE(administrator->revoke(serial_of(lost), reason, "os:root"));
  const auto told = bench.told.size();
  const auto again = administrator->revoke(serial_of(lost), reason, "os:root");
  REQUIRE_FALSE(again);
  CHECK(again.error().reason == Reason::certificate_revoked);
  const auto unknown = administrator->revoke("0123", reason, "os:root");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().reason == Reason::certificate_unknown);
  CHECK(bench.told.size() == told);
  CHECK(administrator->current_crl()->number == 1);
}

TEST_CASE("a hold is in the CRL until it is lifted", "[ca]") {
  AdministrationBench bench;
  const auto administrator = bench.administrator();
  const CertificatePtr held = bench.enrolled("held");
  const auto on = administrator->revoke(serial_of(held), crypto::CrlReason::certificate_hold, "u");
  REQUIRE((on && on->crl));
  CHECK(bench.verdict(held.get(), on->crl->der) == "certificate revoked");
  const auto off = administrator->revoke(serial_of(held), crypto::CrlReason::remove_from_crl, "u");
  REQUIRE((off && off->crl));
  CHECK(bench.verdict(held.get(), off->crl->der) == "ok");
}

TEST_CASE("housekeeping makes the first CRL and renews it after half its life", "[ca]") {
  AdministrationBench bench;
  const auto administrator = bench.administrator();
  CHECK(administrator->maintain().size() == 1);
  CHECK(number_in(bench.rules.file) == 1);
  bench.authority.clock.advance(std::chrono::hours(84) - 1s);
  CHECK(administrator->maintain().empty());
  CHECK_FALSE(administrator->crl_outdated());
  bench.authority.clock.advance(1s);
  CHECK(administrator->maintain().size() == 1);
  CHECK(number_in(bench.rules.file) == 2);
}

TEST_CASE("one process renews, and another takes over when it is gone", "[ca]") {
  AdministrationBench bench;
  const auto one = bench.administrator();
  const auto other = bench.administrator();
  CHECK(one->maintain().size() == 1);
  bench.authority.clock.advance(std::chrono::days(8) - 1min);
  CHECK(one->maintain().size() == 1);
  bench.authority.clock.advance(1min);
  std::filesystem::remove(bench.rules.file);
  CHECK(other->maintain().empty());
  CHECK_FALSE(std::filesystem::exists(bench.rules.file));
  bench.authority.clock.advance(5min);
  CHECK(other->maintain().empty());
  CHECK(number_in(bench.rules.file) == 2);
}

TEST_CASE("a file that is gone or altered is written again", "[ca]") {
  AdministrationBench bench;
  const auto administrator = bench.administrator();
  administrator->maintain();
  const std::string written = file_content(bench.rules.file);
  std::filesystem::remove(bench.rules.file);
  administrator->maintain();
  CHECK(file_content(bench.rules.file) == written);
  REQUIRE(replace_file(bench.rules.file, "other", 0644));
  administrator->maintain();
  CHECK(file_content(bench.rules.file) == written);
}

TEST_CASE("a revocation that no CRL tells of yet is told by housekeeping", "[ca]") {
  AdministrationBench bench;
  const auto administrator = bench.administrator();
  const CertificatePtr lost = bench.enrolled("lost");
  administrator->maintain();
  REQUIRE(bench.store.revoke_certificate(serial_of(lost), 1, {108, "by a process that died"}));
  administrator->maintain();
  CHECK(bench.verdict(lost.get(), administrator->current_crl()->der) == "certificate revoked");
  CHECK(administrator->current_crl()->number == 2);
  REQUIRE(bench.store.revoke_certificate(serial_of(bench.enrolled("held")), 6, {108, "held"}));
  administrator->maintain();
  CHECK(administrator->current_crl()->number == 3);
  administrator->maintain();
  CHECK(administrator->current_crl()->number == 3);
}

TEST_CASE("a revoked certificate stands in one CRL after it has expired, then no more", "[ca]") {
  AdministrationBench bench;
  const auto administrator = bench.administrator();
  const CertificatePtr lost = bench.enrolled("lost");  // for a day
  REQUIRE(administrator->revoke(serial_of(lost), crypto::CrlReason::unspecified, "u"));
  const auto revoked_after = [&](Seconds time) {
    bench.authority.clock.advance(time);
    return crypto::Crl::decode(administrator->renew_crl("u").value().der).value().revoked().size();
  };
  CHECK(revoked_after(std::chrono::days(1) + 1h) == 1);
  CHECK(revoked_after(std::chrono::days(7)) == 0);
}

TEST_CASE("a CRL that cannot be written is told once, and the state has it", "[ca]") {
  AdministrationBench bench;
  bench.rules.file = bench.folder / "none" / "ca.crl";
  const auto administrator = bench.administrator();
  administrator->maintain();
  administrator->maintain();
  CHECK(names_of(bench.told) == std::vector<std::string>{"crl-issued", "crl-problem"});
  CHECK(bench.told[1].at("detail").get<std::string>().starts_with(bench.rules.file.string()));
  CHECK(administrator->current_crl()->number == 1);
  REQUIRE(std::filesystem::create_directory(bench.folder / "none"));
  administrator->maintain();
  CHECK(number_in(bench.rules.file) == 1);
}

TEST_CASE("a former CA whose key is here goes on to revoke what it issued", "[ca]") {
  AdministrationBench bench;
  const CertificatePtr old = bench.enrolled("old");
  const CertificatePtr successor = make_certificate(ca_wish(key_of("successor"), "Issuing CA G2"));
  bench.authorities.insert(bench.authorities.begin(),
                           {core_form(successor), core_form(key_of("successor"))});
  bench.rules.file = bench.folder / "{key}.crl";
  const auto administrator = bench.administrator();
  administrator->maintain();
  const auto file_of = [&](const CertificatePtr& ca) {
    return bench.folder / (hex_lower(*core_form(ca).subject_key_identifier()) + ".crl");
  };
  CHECK(number_in(file_of(successor)) == 1);
  CHECK(number_in(file_of(bench.authority.issuing)) == 1);
  const auto revoked = administrator->revoke(serial_of(old), crypto::CrlReason::superseded, "u");
  REQUIRE((revoked && revoked->crl));
  CHECK(bench.verdict(old.get(), revoked->crl->der) == "certificate revoked");
  CHECK(file_content(file_of(bench.authority.issuing)) == as_text(revoked->crl->der));
  CHECK(number_in(file_of(successor)) == 1);
  const auto former = administrator->crl_of(core_form(bench.authority.issuing).subject());
  REQUIRE((former && *former));
  CHECK((*former)->number == 2);
  CHECK(administrator->crl_of(core_form(successor).subject())->value().number == 1);
  CHECK_FALSE(*administrator->crl_of(core_form(bench.authority.root).subject()));
}

TEST_CASE("without a place of its own a former CA's CRL stays in the state", "[ca]") {
  AdministrationBench bench;
  const CertificatePtr successor = make_certificate(ca_wish(key_of("successor"), "Issuing CA G2"));
  bench.authorities.insert(bench.authorities.begin(),
                           {core_form(successor), core_form(key_of("successor"))});
  const auto administrator = bench.administrator();
  administrator->maintain();
  CHECK(openssl_crl(as_bytes(file_content(bench.rules.file))));
  CHECK(crypto::Crl::decode(as_bytes(file_content(bench.rules.file)))
            .value()
            .is_issued_by(ca_library(), core_form(successor)));
  const auto former = administrator->crl_of(core_form(bench.authority.issuing).subject());
  CHECK((former && *former));
}

TEST_CASE("a certificate whose CA's key is gone is revoked, and it is said that no CRL tells it",
          "[ca]") {
  AdministrationBench bench;
  const CertificatePtr old = bench.enrolled("old");
  const CertificatePtr successor = make_certificate(ca_wish(key_of("successor"), "Issuing CA G2"));
  bench.authorities = {{core_form(successor), core_form(key_of("successor"))}};
  const auto revoked = bench.administrator()->revoke(serial_of(old), {}, "u");
  REQUIRE(revoked);
  REQUIRE_FALSE(revoked->crl);
  CHECK((*bench.store.find_certificate(serial_of(old)))->revoked);
}

TEST_CASE("a successor is announced with its RA certificates in front", "[ca][req:C31]") {
  AdministrationBench bench;
  CHECK(bench.administrator()->announcement()->empty());
  const crypto::Certificate next =
      core_form(make_certificate(ca_wish(key_of("successor"), "Issuing CA G2")));
  const crypto::Certificate root = core_form(bench.authority.root);
  const crypto::Certificate ra =
      core_form(make_certificate({.key = key_of("RA"), .common_name = "RA"}));
  const auto announced = bench.administrator({next, root, ra})->announcement();
  REQUIRE(announced);
  const auto message = scep::read_signed_data(*announced);
  REQUIRE((message && message->content));
  const auto signer =
      crypto::PublicKey::decode(ca_library(), core_form(bench.authority.issuing).public_key_info());
  CHECK(scep::verify_signed_data(ca_library(), *message, *signer));
  const auto list = scep::read_certs_only(*message->content);
  REQUIRE((list && list->size() == 3));
  CHECK(equal(list->at(0).der(), ra.der()));
  CHECK(equal(list->at(1).der(), next.der()));
  CHECK(equal(list->at(2).der(), root.der()));
}

TEST_CASE("every certificate says where the CRL of its CA's key is", "[ca]") {
  const Authority authority;
  const auto with = ca::LocalCa::open(ca_library(), authority.clock, {core_form(authority.issuing)},
                                      core_form(authority.key), {"http://pki.test/{key}.crl"});
  REQUIRE(with);
  const std::string place = "http://pki.test/" +
                            hex_lower(*core_form(authority.issuing).subject_key_identifier()) +
                            ".crl";
  const auto says = [&](const CertificatePtr& certificate) {
    const crypto::Certificate core = core_form(certificate);
    const crypto::Extension* points = core.extension(asn1::oid::crl_distribution_points);
    return points && to_string(points->value).ends_with(place);
  };
  CHECK(says(issued_by(**with)));
  CHECK_FALSE(
      core_form(issued_by(**authority.open())).extension(asn1::oid::crl_distribution_points));
  const auto ra = ca::write_ra_certificate(
      ca_library(), authority.clock, ca::RaRole::signing, core_form(authority.issuing).subject(),
      Seconds{3600}, core_form(key_of("RA")).public_key(), core_form(authority.issuing),
      core_form(authority.key), "http://pki.test/{key}.crl");
  REQUIRE(ra);
  CHECK(says(openssl_certificate(*ra)));
}
