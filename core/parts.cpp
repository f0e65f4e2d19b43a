#include "parts.h"

#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/hex.h"
#include "ca/local_ca.h"
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

// A pair whose fault is told at the line of the file it is in.
Result<keys::RaPair> pair_of(const Parts& parts, const std::string& table,
                             const keys::PairFiles& files, keys::Role role) {
  auto pair = keys::load_pair(parts.library, files, role);
  if (pair) return pair;
  const bool certificate = pair.error().detail.starts_with(files.certificate.string() + ": ");
  return wrong(parts, table + (certificate ? ".certificate" : ".key"), pair.error().detail);
}

Status join_keys(Parts& parts) {
  const auto& ra = parts.settings.ra;
  auto signing =
      pair_of(parts, "ra.signing", {ra.signing.certificate, ra.signing.key}, keys::Role::signing);
  if (!signing) return std::unexpected(std::move(signing).error());
  auto encryption = pair_of(parts, "ra.encryption", {ra.encryption.certificate, ra.encryption.key},
                            keys::Role::encryption);
  if (!encryption) return std::unexpected(std::move(encryption).error());
  auto keys = keys::PemKeyStore::join(parts.library, *std::move(signing), *std::move(encryption));
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

Status join_ca(Parts& parts) {
  auto pair =
      pair_of(parts, "ca", {parts.settings.ca.certificate, parts.settings.ca.key}, keys::Role::ca);
  if (!pair) return std::unexpected(std::move(pair).error());
  std::vector<crypto::Certificate> chain{pair->certificate};
  for (const Path& file : parts.settings.ca.chain) {
    auto further = certificates_of(file);
    if (!further) return wrong(parts, "ca.chain", further.error().detail);
    chain.insert(chain.end(), further->begin(), further->end());
  }
  auto ca = ca::LocalCa::open(parts.library, parts.clock, std::move(chain), std::move(pair->key));
  if (!ca) return wrong(parts, "ca.certificate", ca.error().detail);
  parts.ca = *std::move(ca);
  return {};
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

enrol::Services services_of(Parts& parts) {
  const auto& limits = parts.settings.limits;
  return {.library = parts.library,
          .algorithms = parts.algorithms,
          .profile = *parts.profile,
          .templates = parts.templates,
          .keys = *parts.keys,
          .clock = parts.clock,
          .ca = *parts.ca,
          .challenge = *parts.challenge,
          .guesses = *parts.guesses,
          .store = *parts.store,
          .events = *parts.events,
          .csr_key = parts.csr_key,
          .waiting_limits = {limits.pending, limits.pending_of_source},
          .crl_of = {}};
}

Result<std::unique_ptr<Parts>> join_parts(const Path& file) {
  auto read = settings::read_settings(file);
  if (!read) return std::unexpected(std::move(read).error());
  auto parts = std::make_unique<Parts>();
  parts->settings = *std::move(read);
  for (Status (*join)(Parts&) : {join_templates, join_algorithms, join_keys, join_ca, join_store,
                                 join_events, join_challenge})
    if (Status joined = join(*parts); !joined) return std::unexpected(std::move(joined).error());
  return parts;
}

}  // namespace scep_ra
