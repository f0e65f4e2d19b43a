#include "parts.h"

#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/hex.h"
#include "ca/local_ca.h"
#include "ca/local_ca_administrator.h"
#include "challenge/no_challenge.h"
#include "challenge/one_time_password.h"
#include "keys/pem_key_store.h"
#include "policy/template_from_settings.h"

namespace scep_ra {
namespace {

std::unexpected<Error> wrong(const Parts& parts, const std::string& key,
                             const std::string& reason) {
  return fail(Errc::config, Reason::configuration_invalid,
              parts.settings.where(key) + ": " + reason);
}

std::string node_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

Status join_templates(Parts& parts) {
  unsigned smallest = 2048;  // scep-requirements E16: less only where a template says so
  for (const settings::TemplateSettings& written : parts.settings.template_list) {
    auto made = policy::template_from_settings(written);
    if (!made)
      return wrong(parts, "template." + written.name + "." + made.error().key, made.error().reason);
    smallest = std::min(smallest, made->minimum_key_size);
    parts.templates.templates.emplace(written.name, *std::move(made));
  }
  parts.templates.signature = parts.settings.templates.signature;
  parts.templates.encryption = parts.settings.templates.encryption;
  parts.templates.general_purpose = parts.settings.templates.general_purpose;
  parts.algorithms.minimum_rsa_bits = smallest;
  return {};
}

Status join_algorithms(Parts& parts) {
  const auto listed = [&](const char* word) {
    return std::ranges::find(parts.settings.ra.legacy, word) != parts.settings.ra.legacy.end();
  };
  parts.algorithms.triple_des = listed("3des");
  parts.algorithms.sha1 = listed("sha1");
  parts.algorithms.des = listed("des");
  parts.algorithms.md5 = listed("md5");
  parts.profile =
      parts.settings.ra.wire == "ndes" ? &scep::ndes_profile() : &scep::rfc8894_profile();
  using crypto::LibraryContext;
  auto library = LibraryContext::open(parts.algorithms.des ? LibraryContext::Legacy::yes
                                                           : LibraryContext::Legacy::no);
  if (!library) return wrong(parts, "ra.legacy", library.error().detail);
  parts.library = *std::move(library);
  return {};
}

Status join_blocked_keys(Parts& parts) {
  constexpr std::size_t largest = std::size_t{32} * 1024 * 1024;
  for (const Path& file : parts.settings.ra.blocked_keys) {
    const auto text = read_file(file, largest, Rights::any);
    if (!text) return wrong(parts, "ra.blocked_keys", text.error().detail);
    if (Status added = parts.blocked_keys.add(*text, file.string()); !added)
      return wrong(parts, "ra.blocked_keys", added.error().detail);
  }
  return {};
}

// A pair whose fault is told at the line of the file it is in.
Result<keys::RaPair> pair_of(const Parts& parts, const std::string& table,
                             const std::string& prefix, const keys::PairFiles& files,
                             keys::Role role) {
  auto pair = keys::load_pair(parts.library, files, role);
  if (pair) return pair;
  const bool certificate = pair.error().detail.starts_with(files.certificate.string() + ": ");
  return wrong(parts, table + "." + prefix + (certificate ? "certificate" : "key"),
               pair.error().detail);
}

Status join_keys(Parts& parts) {
  const auto& ra = parts.settings.ra;
  auto signing = pair_of(parts, "ra.signing", "", {ra.signing.certificate, ra.signing.key},
                         keys::Role::signing);
  if (!signing) return std::unexpected(std::move(signing).error());
  auto encryption = pair_of(parts, "ra.encryption", "",
                            {ra.encryption.certificate, ra.encryption.key}, keys::Role::encryption);
  if (!encryption) return std::unexpected(std::move(encryption).error());
  auto former = keys::load_former(ra.encryption.certificate, *encryption);
  if (!former) return wrong(parts, "ra.encryption.certificate", former.error().detail);
  auto keys = keys::PemKeyStore::join(parts.library, *std::move(signing), *std::move(encryption),
                                      *std::move(former));
  if (!keys) return wrong(parts, "ra.encryption.key", keys.error().detail);
  parts.keys = *std::move(keys);
  return {};
}

Result<std::vector<crypto::Certificate>> certificates_of(const Path& file) {
  const auto pem = read_file(file, std::size_t{256} * 1024, Rights::any);
  if (!pem) return std::unexpected(pem.error());
  auto certificates = crypto::decode_pem_certificates(*pem);
  if (!certificates)
    return fail(Errc::config, Reason::certificate_unreadable,
                file.string() + ": " + certificates.error().detail);
  return certificates;
}

Status join_events(Parts& parts) {
  std::vector<std::unique_ptr<events::EventSink>> sinks;
  for (const std::string& written : parts.settings.events.sinks) {
    auto sink = events::make_event_sink(written);
    if (!sink) return wrong(parts, "events.sinks", sink.error().detail);
    sinks.push_back(*std::move(sink));
  }
  parts.events = std::make_unique<events::EventLog>(parts.settings.ra.name, node_name(),
                                                    parts.clock, std::move(sinks));
  return {};
}

Status join_store(Parts& parts) {
  auto store =
      store::make_state_store(parts.settings.ra.state, parts.settings.ra.name, parts.clock);
  if (!store) return wrong(parts, "ra.state", store.error().detail);
  parts.store = *std::move(store);
  return {};
}

// What above a successor is in its file, RA certificates left out.
std::vector<crypto::Certificate> authorities_in(const std::vector<crypto::Certificate>& all) {
  std::vector<crypto::Certificate> authorities;
  for (const crypto::Certificate& one : all)
    if (ca::is_ca(one)) authorities.push_back(one);
  return authorities;
}

// The successor, what is above it and its RA certificates; nothing when there is none.
Result<std::vector<crypto::Certificate>> successor_of(const Parts& parts) {
  const auto& written = parts.settings.ca;
  if (written.next_certificate.empty()) return std::vector<crypto::Certificate>{};
  auto pair =
      pair_of(parts, "ca", "next_", {written.next_certificate, written.next_key}, keys::Role::ca);
  if (!pair) return std::unexpected(std::move(pair).error());
  auto all = certificates_of(written.next_certificate);
  if (!all) return wrong(parts, "ca.next_certificate", all.error().detail);
  const auto issues =
      ca::LocalCa::open(parts.library, parts.clock, authorities_in(*all), std::move(pair->key));
  if (!issues) return wrong(parts, "ca.next_certificate", issues.error().detail);
  return all;
}

Result<std::vector<crypto::Certificate>> former_certificates(const Parts& parts) {
  std::vector<crypto::Certificate> former;
  for (const Path& file : parts.settings.ca.former) {
    auto certificates = certificates_of(file);
    if (!certificates) return wrong(parts, "ca.former", certificates.error().detail);
    if (!ca::is_ca(certificates->front()))
      return wrong(parts, "ca.former", file.string() + ": not a CA certificate");
    former.push_back(certificates->front());
  }
  return former;
}

// Of former CAs those whose key is still here: it lies beside the certificate.
Result<std::vector<ca::SigningAuthority>> former_authorities(const Parts& parts) {
  std::vector<ca::SigningAuthority> found;
  for (const Path& file : parts.settings.ca.former) {
    const Path key = Path(file).replace_extension(".key");
    if (std::error_code code; !std::filesystem::exists(key, code)) continue;
    auto pair = keys::load_pair(parts.library, {file, key}, keys::Role::ca);
    if (!pair) return wrong(parts, "ca.former", pair.error().detail);
    found.push_back({std::move(pair->certificate), std::move(pair->key)});
  }
  return found;
}

Status join_administration(Parts& parts, const keys::RaPair& in_force) {
  auto successor = successor_of(parts);
  if (!successor) return std::unexpected(std::move(successor).error());
  auto authorities = former_authorities(parts);
  if (!authorities) return std::unexpected(std::move(authorities).error());
  authorities->insert(authorities->begin(), {in_force.certificate, in_force.key});
  const auto& written = parts.settings.ca;
  parts.ca_administration = std::make_unique<ca::LocalCaAdministrator>(
      parts.library, parts.clock, *parts.store, *parts.events, *std::move(authorities),
      ca::CrlRules{written.crl_file, written.crl_validity}, *std::move(successor));
  return {};
}

Status join_ca(Parts& parts) {
  const auto& written = parts.settings.ca;
  auto pair = pair_of(parts, "ca", "", {written.certificate, written.key}, keys::Role::ca);
  if (!pair) return std::unexpected(std::move(pair).error());
  std::vector<crypto::Certificate> chain{pair->certificate};
  for (const Path& file : written.chain) {
    auto further = certificates_of(file);
    if (!further) return wrong(parts, "ca.chain", further.error().detail);
    chain.insert(chain.end(), further->begin(), further->end());
  }
  auto former = former_certificates(parts);
  if (!former) return std::unexpected(std::move(former).error());
  auto ca = ca::LocalCa::open(parts.library, parts.clock, std::move(chain), pair->key,
                              {written.crl_url, *std::move(former)});
  if (!ca) return wrong(parts, "ca.certificate", ca.error().detail);
  parts.ca = *std::move(ca);
  return join_administration(parts, *pair);
}

Status join_challenge(Parts& parts) {
  const auto& written = parts.settings.challenge;
  // One secret, a key of its own for each purpose.
  const auto key_for = [&](std::string_view purpose) {
    return Secret(parts.library->mac(parts.settings.ra.state_secret.reveal(), as_bytes(purpose)));
  };
  parts.csr_key = key_for("waiting requests");
  const Buffer name =
      parts.library->digest(crypto::Digest::sha256, as_bytes(parts.settings.ra.name));
  parts.guesses = std::make_unique<challenge::GuessLimiter>(
      parts.library, parts.clock, key_for("wrong passwords"), parts.settings.limits.wrong_passwords,
      parts.settings.ra.run / ("wrong-passwords-" + hex_lower(Bytes(name).first(8))));
  if (written.kind == "none") {
    parts.challenge = std::make_unique<challenge::NoChallenge>();
    return {};
  }
  parts.challenge = std::make_unique<challenge::OneTimePassword>(
      parts.library, *parts.store, *parts.events, key_for("passwords"),
      challenge::OneTimePasswordRules{written.validity, written.maximum, written.length});
  return {};
}

}  // namespace

namespace {

std::function<Result<std::optional<Buffer>>(Bytes)> crl_source(ca::LocalCaAdministration* local) {
  if (local == nullptr) return {};
  return [local](Bytes issuer) -> Result<std::optional<Buffer>> {
    auto crl = local->crl_of(issuer);
    if (!crl) return std::unexpected(std::move(crl).error());
    if (!*crl) return std::nullopt;
    return std::move((*crl)->der);
  };
}

}  // namespace

enrol::Services services_of(Parts& parts) {
  const auto& limits = parts.settings.limits;
  return {.library = parts.library,
          .algorithms = parts.algorithms,
          .profile = *parts.profile,
          .templates = parts.templates,
          .blocked_keys = parts.blocked_keys,
          .keys = *parts.keys,
          .clock = parts.clock,
          .ca = *parts.ca,
          .challenge = *parts.challenge,
          .guesses = *parts.guesses,
          .store = *parts.store,
          .events = *parts.events,
          .csr_key = parts.csr_key,
          .waiting_limits = {limits.pending, limits.pending_of_source},
          .crl_of = crl_source(parts.ca_administration.get())};
}

Result<std::unique_ptr<Parts>> join_parts(const Path& file) {
  auto read = settings::read_settings(file);
  if (!read) return std::unexpected(std::move(read).error());
  auto parts = std::make_unique<Parts>();
  parts->settings = *std::move(read);
  for (Status (*join)(Parts&) : {join_templates, join_algorithms, join_blocked_keys, join_keys,
                                 join_store, join_events, join_ca, join_challenge})
    if (Status joined = join(*parts); !joined) return std::unexpected(std::move(joined).error());
  return parts;
}

}  // namespace scep_ra
