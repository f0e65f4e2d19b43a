#include <iostream>
#include <nlohmann/json.hpp>

#include "asn1/name.h"
#include "base/text.h"
#include "ca/authority.h"
#include "ca/local_ca.h"
#include "tool/ca_change.h"
#include "tool/ca_material.h"
#include "tool/configuration_text.h"
#include "tool/report.h"
#include "tool/successor.h"

namespace scep_ra::tool {

namespace {

constexpr Seconds successor_life{10 * 365 * 86400};  // as `init` gives the issuing CA

std::unexpected<Error> refuse(std::string why) {
  return fail(Errc::denied, Reason::none, std::move(why));
}

std::string key_type_of(const crypto::Library& library, const crypto::Certificate& certificate) {
  const auto key = crypto::PublicKey::decode(library, certificate.public_key_info());
  if (!key) return "rsa:2048";
  const bool rsa = key->kind() == crypto::KeyKind::rsa;
  return (rsa ? "rsa:" : "ec:P-") + std::to_string(key->bits());
}

Result<Buffer> subject_for(const crypto::Certificate& present, const std::string& wish) {
  const auto name =
      wish.empty() ? next_generation_name(present.subject()) : asn1::name_from_text(wish);
  if (!name && wish.empty())
    return refuse("the issuing CA has no CN that could be counted on; say `--subject DN`");
  if (!name)
    return fail(Errc::config, Reason::none,
                "scep-ra: `" + escaped(wish) + "` is no subject: `O=Ex, CN=Ex Issuing CA G2`");
  if (equal(*name, present.subject()))
    return refuse(
        "the successor needs another name than the CA in force: their CRLs would be "
        "taken for each other's");
  return *name;
}

// The CA that is to certify the successor, and its key.
struct Above {
  std::vector<crypto::Certificate> chain;  // itself first
  crypto::PrivateKey key;
};

Result<Above> find_above(const Parts& parts, const Path& folder, const Path& wish) {
  const auto& chain = parts.ca->ca_certificates();
  constexpr const char* ways =
      "`--root-key FILE` names it, `--request` makes a request for it, `--self-signed` needs none";
  if (chain.size() < 2)
    return refuse(std::string("nothing is known above the issuing CA; ") + ways);
  const Path file = wish.empty() ? folder / file_name::root_key : wish;
  if (std::error_code code; wish.empty() && !std::filesystem::exists(file, code))
    return refuse("the key of " + chain[1].subject_text() + " is not at " + file.string() + "; " +
                  ways);
  auto key = read_private_key(parts.library, file);
  if (!key) return std::unexpected(std::move(key).error());
  if (!equal(key->public_key().info(), chain[1].public_key_info()))
    return refuse(file.string() + " is not the key of " + chain[1].subject_text() + "; " + ways);
  return Above{{chain.begin() + 1, chain.end()}, *std::move(key)};
}

Result<std::vector<crypto::Certificate>> certify(const Parts& parts, const Buffer& subject,
                                                 const crypto::PrivateKey& key,
                                                 const Above* above) {
  const auto der = ca::write_ca_certificate(
      parts.library, parts.clock, {subject, successor_life, 0U}, key.public_key(),
      above ? &above->chain.front() : nullptr, above ? above->key : key);
  if (!der) return std::unexpected(der.error());
  auto certificate = crypto::Certificate::decode(*der);
  if (!certificate) return std::unexpected(std::move(certificate).error());
  std::vector<crypto::Certificate> chain{*std::move(certificate)};
  if (above) chain.insert(chain.end(), above->chain.begin(), above->chain.end());
  return chain;
}

// With `--request` only the key: its certificate comes by `ca install`.
int wait_for_certificate(const Command& command, ConfigurationChange& change, const Parts& parts,
                         const Buffer& subject, const crypto::PrivateKey& key) {
  const auto request = ca_request_pem(parts.library, subject, key);
  if (!request) return report(request.error());
  return finish_change(command, change, "A key for the successor is made.",
                       "Have this certified, and `scep-ra ca install FILE` what comes back with "
                       "the certificates above it:\n" +
                           *request);
}

struct Successor {
  std::vector<crypto::Certificate> chain;
  crypto::PrivateKey key;
  std::optional<crypto::Certificate> ra_signing, ra_encryption;
};

// What is in `ca.next_certificate` by role; RA certificates for keys that the RA has no longer are
// made anew.
Result<Successor> read_successor(const Parts& parts) {
  const auto& written = parts.settings.ca;
  if (written.next_key.empty())
    return refuse("there is no successor; `scep-ra ca rollover` makes one");
  if (written.next_certificate.empty())
    return refuse("the successor's key waits for its certificate: `scep-ra ca install FILE`");
  auto key = read_private_key(parts.library, written.next_key);
  if (!key) return std::unexpected(std::move(key).error());
  Successor successor{{}, *std::move(key), std::nullopt, std::nullopt};
  std::vector<crypto::Certificate> others;
  for (const auto& one : parts.ca_administration->successor())
    (ca::is_ca(one) ? successor.chain : others).push_back(one);
  auto anew = certify_ra(parts, successor.chain.front(), successor.key);
  if (!anew) return std::unexpected(std::move(anew).error());
  successor.ra_signing = certificate_of(others, anew->signing.public_key_info());
  successor.ra_encryption = certificate_of(others, anew->encryption.public_key_info());
  const Time now = parts.clock.seconds();
  if (!successor.ra_signing || now >= successor.ra_signing->not_after())
    successor.ra_signing = anew->signing;
  if (!successor.ra_encryption || now >= successor.ra_encryption->not_after())
    successor.ra_encryption = anew->encryption;
  if (now < successor.chain.front().not_before() || now >= successor.chain.front().not_after())
    return refuse("the successor's certificate is not valid now");
  return successor;
}

// New RA certificate first, then the one that clients have, which still opens their requests.
std::string with_former(const crypto::Certificate& now,
                        const std::vector<scep::Recipient>& recipients, Time time) {
  std::vector<crypto::Certificate> all{now};
  for (const auto& one : recipients)
    if (equal(one.certificate.public_key_info(), now.public_key_info()) &&
        time < one.certificate.not_after())
      all.push_back(one.certificate);
  return pem_of(all);
}

// The certificate of the CA that goes, in a file beside its key: there its key is looked for.
Path former_file(const Parts& parts, ConfigurationChange& change) {
  const auto& written = parts.settings.ca;
  auto beside = Path(written.key).replace_extension(".pem");
  if (beside == written.certificate) return beside;
  const auto& present = parts.ca->ca_certificates().front();
  const auto there = read_certificates(beside);
  if (there && equal(there->front().public_key_info(), present.public_key_info())) return beside;
  std::error_code code;
  if (std::filesystem::exists(beside, code)) return written.certificate;
  change.add_file(beside.string(), pem_of({present}), 0644);
  return beside;
}

void set_chain(const Parts& parts, ConfigurationChange& change, const std::string& stem,
               const std::vector<crypto::Certificate>& chain) {
  const std::vector<crypto::Certificate> above(chain.begin() + 1, chain.end());
  const auto& present = parts.ca->ca_certificates();
  const std::vector<crypto::Certificate> had(present.begin() + 1, present.end());
  if (pem_of(above) == pem_of(had)) return;
  if (!above.empty()) change.add_file(stem + "-chain.pem", pem_of(above), 0644);
  change.set("ca.chain", settings::toml_list(above.empty() ? std::vector<std::string>{}
                                                           : std::vector{stem + "-chain.pem"}));
}

std::string note_on_crl(const settings::Settings& settings) {
  const auto& ca = settings.ca;
  const auto apart = [](const std::string& place) {
    return place.empty() || place.contains("{key}");
  };
  if (apart(ca.crl_url) && apart(ca.crl_file.string())) return {};
  return "\nca.crl_url and ca.crl_file have no {key} in them: the successor's CRL takes the place "
         "of the former CA's, whose certificates name that URL too.";
}

}  // namespace

int make_successor(const Command& command, const RolloverOptions& options) {
  const auto parts = join_parts(command.configuration);
  if (!parts) return report(parts.error());
  const auto& present = (*parts)->ca->ca_certificates().front();
  if (!(*parts)->settings.ca.next_key.empty())
    return report_refused(
        "there is a successor already; `scep-ra ca show` shows it, `scep-ra ca "
        "rollover --activate` brings it into force");
  const auto subject = subject_for(present, options.subject);
  if (!subject) return report(subject.error());
  ConfigurationChange change(command.configuration);
  std::optional<Above> above;
  if (!options.self_signed && !options.request) {
    auto found = find_above(**parts, change.folder(), options.root_key);
    if (!found) return report(found.error());
    above.emplace(*std::move(found));
  }
  const auto key = crypto::PrivateKey::generate(
      (*parts)->library,
      options.key_type.empty() ? key_type_of((*parts)->library, present) : options.key_type);
  if (!key) return report(key.error());
  const auto key_pem = key->encode_pem();
  if (!key_pem) return report(key_pem.error());
  const auto stem = change.free_stem("issuing-ca");
  change.add_file(stem + ".key", as_text(key_pem->reveal()), 0400);
  change.set("ca.next_key", settings::toml_text(stem + ".key"));
  if (options.request) return wait_for_certificate(command, change, **parts, *subject, *key);
  const auto chain = certify(**parts, *subject, *key, above ? &*above : nullptr);
  if (!chain) return report(chain.error());
  const auto file = successor_file(**parts, *chain, *key);
  if (!file) return report(file.error());
  change.add_file(stem + ".pem", *file, 0644);
  change.set("ca.next_certificate", settings::toml_text(stem + ".pem"));
  return finish_change(command, change,
                       "The successor " + chain->front().subject_text() + " is made, valid until " +
                           rfc3339(chain->front().not_after()) + ".",
                       announced);
}

int activate_successor(const Command& command) {
  const auto parts = join_parts(command.configuration);
  if (!parts) return report(parts.error());
  const auto successor = read_successor(**parts);
  if (!successor) return report(successor.error());
  const auto& written = (*parts)->settings.ca;
  ConfigurationChange change(command.configuration);
  const auto stem = change.free_stem("ra");
  change.add_file(stem + "-signing.pem", pem_of({*successor->ra_signing}), 0644);
  change.add_file(stem + "-encryption.pem",
                  with_former(*successor->ra_encryption, (*parts)->keys->recipients(),
                              (*parts)->clock.seconds()),
                  0644);
  std::vector<std::string> former{change.name_of(former_file(**parts, change))};
  for (const Path& file : written.former) former.push_back(change.name_of(file));
  set_chain(**parts, change, written.next_certificate.stem().string(), successor->chain);
  change.set("ca.certificate", settings::toml_text(change.name_of(written.next_certificate)));
  change.set("ca.key", settings::toml_text(change.name_of(written.next_key)));
  change.set("ca.next_certificate", "");
  change.set("ca.next_key", "");
  change.set("ca.former", settings::toml_list(former));
  change.set("ra.signing.certificate", settings::toml_text(stem + "-signing.pem"));
  change.set("ra.encryption.certificate", settings::toml_text(stem + "-encryption.pem"));
  return finish_change(
      command, change,
      "The successor " + successor->chain.front().subject_text() + " issues from now on.",
      "Certificates of the former CA stay good and renew here; its key still "
      "signs its CRL: keep it until they have expired." +
          note_on_crl((*parts)->settings));
}

}  // namespace scep_ra::tool
