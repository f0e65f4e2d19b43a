#include <iostream>
#include <nlohmann/json.hpp>

#include "ca/authority.h"
#include "tool/ca_change.h"
#include "tool/ca_material.h"
#include "tool/report.h"
#include "tool/successor.h"

namespace scep_ra::tool {

namespace {

std::unexpected<Error> refuse(std::string why) {
  return fail(Errc::denied, Reason::none, std::move(why));
}

// What every CA certificate that comes from above must be.
Status judge(const crypto::Certificate& certificate, Time now) {
  if (!ca::is_ca(certificate))
    return refuse("the certificate is not one of a CA: it needs CA:TRUE and key usage keyCertSign");
  if (!(certificate.key_usage().value_or(crypto::crl_sign) & crypto::crl_sign))
    return refuse("the certificate lacks key usage cRLSign: nothing could be revoked");
  if (now >= certificate.not_after() || now < certificate.not_before())
    return refuse("the certificate is valid from " + rfc3339(certificate.not_before()) + " to " +
                  rfc3339(certificate.not_after()) + ", not now");
  return {};
}

// What was issued under the present certificate must go on under the new one.
Status judge_same(const crypto::Library& library, const crypto::Certificate& present,
                  const crypto::Certificate& certificate) {
  if (!equal(present.subject(), certificate.subject()))
    return refuse("its subject is " + certificate.subject_text() + ", but must be " +
                  present.subject_text() + " as in the request");
  if (ca::authority_identifier(library, present) != ca::authority_identifier(library, certificate))
    return refuse(
        "its subject key identifier is not that of the request, which the certificates issued so "
        "far name");
  return {};
}

struct Material {
  std::unique_ptr<Parts> parts;
  std::vector<crypto::Certificate> given, known;  // of the file; and those configured behind them
};

Result<Material> read_material(const Command& command, const Path& file) {
  auto parts = join_parts(command.configuration);
  if (!parts) return std::unexpected(std::move(parts).error());
  auto given = read_certificates(file);
  if (!given) return std::unexpected(std::move(given).error());
  Material material{*std::move(parts), *std::move(given), {}};
  material.known = material.given;
  for (const auto& one : material.parts->ca->ca_certificates()) material.known.push_back(one);
  return material;
}

int install_present(const Command& command, const Material& material,
                    const crypto::Certificate& certificate) {
  const Parts& parts = *material.parts;
  const auto& present = parts.ca->ca_certificates().front();
  if (Status good = judge_same(parts.library, present, certificate); !good)
    return report(good.error());
  auto chain = chain_of(parts.library, certificate, material.known);
  if (!chain) return report(chain.error());
  ConfigurationChange change(command.configuration);
  const auto stem = change.free_stem("issuing-ca");
  change.add_file(stem + ".pem", pem_of({certificate}), 0644);
  change.set("ca.certificate", settings::toml_text(stem + ".pem"));
  const std::vector<crypto::Certificate> above(chain->begin() + 1, chain->end());
  if (!above.empty()) change.add_file(stem + "-chain.pem", pem_of(above), 0644);
  change.set("ca.chain", settings::toml_list(above.empty() ? std::vector<std::string>{}
                                                           : std::vector{stem + "-chain.pem"}));
  return finish_change(command, change,
                       "The issuing CA " + certificate.subject_text() + " is now under " +
                           chain->back().subject_text() + ".",
                       "The former certificates stay beside, for what trusts them.");
}

int install_successor(const Command& command, const Material& material,
                      const crypto::Certificate& certificate) {
  const Parts& parts = *material.parts;
  auto chain = chain_of(parts.library, certificate, material.known);
  if (!chain) return report(chain.error());
  auto key = read_private_key(parts.library, parts.settings.ca.next_key);
  if (!key) return report(key.error());
  ConfigurationChange change(command.configuration);
  const auto file = successor_file(parts, *chain, *key);
  if (!file) return report(file.error());
  const auto stem = change.free_stem("issuing-ca");
  change.add_file(stem + ".pem", *file, 0644);
  change.set("ca.next_certificate", settings::toml_text(stem + ".pem"));
  return finish_change(command, change,
                       "The successor " + certificate.subject_text() + " is under " +
                           chain->back().subject_text() + ".",
                       announced);
}

}  // namespace

int install_ca_certificate(const Command& command, const Path& file) {
  const auto material = read_material(command, file);
  if (!material) return report(material.error());
  const Parts& parts = *material->parts;
  const Time now = parts.clock.seconds();
  const auto& present = parts.ca->ca_certificates().front();
  if (const auto one = certificate_of(material->given, present.public_key_info())) {
    const Status good = judge(*one, now);
    return good ? install_present(command, *material, *one) : report(good.error());
  }
  if (const Path& next = parts.settings.ca.next_key; !next.empty()) {
    const auto key = read_private_key(parts.library, next);
    if (!key) return report(key.error());
    if (const auto one = certificate_of(material->given, key->public_key().info())) {
      const Status good = judge(*one, now);
      return good ? install_successor(command, *material, *one) : report(good.error());
    }
  }
  return report_refused("no certificate in " + file.string() +
                        " is for the key of the issuing CA or of its successor; `scep-ra ca "
                        "request` gives the request that the CA above has to answer");
}

int request_ca_certificate(const Command& command, bool next, const Path& out) {
  const auto parts = join_parts(command.configuration);
  if (!parts) return report(parts.error());
  const auto& ca = (*parts)->settings.ca;
  if (next && ca.next_key.empty())
    return report_refused(
        "there is no key of a successor; `scep-ra ca rollover --request` makes "
        "one");
  const auto key = read_private_key((*parts)->library, next ? ca.next_key : ca.key);
  if (!key) return report(key.error());
  const auto& present = (*parts)->ca->ca_certificates().front();
  auto subject = to_buffer(present.subject());
  if (next) {
    const auto& successor = (*parts)->ca_administration->successor();
    const auto name = successor.empty() ? next_generation_name(present.subject())
                                        : to_buffer(successor.front().subject());
    if (name) subject = *name;
  }
  const auto pem = ca_request_pem((*parts)->library, subject, *key);
  if (!pem) return report(pem.error());
  if (!out.empty())
    if (Status written = replace_file(out, *pem, 0644); !written) return report(written.error());
  if (command.json)
    std::cout << nlohmann::ordered_json{{"request", *pem}}.dump(2) << '\n';
  else if (out.empty())
    std::cout << *pem;
  return finish_output();
}

}  // namespace scep_ra::tool
