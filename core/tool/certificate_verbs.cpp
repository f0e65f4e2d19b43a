#include <algorithm>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/hex.h"
#include "base/text.h"
#include "crypto/csr.h"
#include "tool/fingerprint.h"
#include "tool/open_state.h"
#include "tool/report.h"
#include "tool/verbs.h"

namespace scep_ra::tool {

namespace {

using Json = nlohmann::ordered_json;

// As the store has it, whether it was copied from here, from `openssl x509` or from Windows.
std::string plain_serial(std::string_view written) {
  std::string digits;
  for (char letter : lower(written))
    if (letter != ':' && letter != ' ') digits.push_back(letter);
  if (digits.starts_with("0x")) digits.erase(0, 2);
  if (digits.size() % 2 != 0) digits.insert(0, "0");
  while (digits.size() > 2 && digits.starts_with("00")) digits.erase(0, 2);
  return digits;
}

std::string reason_word(const store::Revocation& revocation) {
  return std::string(crypto::word(
      crypto::crl_reason_of(revocation.reason).value_or(crypto::CrlReason::unspecified)));
}

std::string state_of(const store::StoredCertificate& one, Time now) {
  if (one.revoked) return one.revoked->reason == 6 ? "on hold" : "revoked";
  if (now >= one.not_after) return "expired";
  return now < one.not_before ? "not yet valid" : "valid";
}

Json json_of(const store::StoredCertificate& one, Time now) {
  Json json = {{"serial", one.issued.serial},
               {"subject", one.subject},
               {"template", one.certificate_template},
               {"state", state_of(one, now)},
               {"not_before", rfc3339(one.not_before)},
               {"not_after", rfc3339(one.not_after)},
               {"revoked_at", nullptr},
               {"reason", nullptr},
               {"renewal_of", nullptr}};
  if (one.revoked) {
    json["revoked_at"] = rfc3339(one.revoked->at);
    json["reason"] = reason_word(*one.revoked);
  }
  if (!one.renewal_of.empty()) json["renewal_of"] = one.renewal_of;
  return json;
}

void print_rows(const std::vector<store::StoredCertificate>& list, Time now) {
  std::cout << std::left << std::setw(42) << "SERIAL" << std::setw(22) << "NOT AFTER"
            << std::setw(15) << "STATE" << "SUBJECT\n";
  for (const auto& one : list)
    std::cout << std::setw(42) << one.issued.serial << std::setw(22) << rfc3339(one.not_after)
              << std::setw(15) << state_of(one, now) << escaped(one.subject) << '\n';
}

Json alternative_names(const crypto::Certificate& certificate) {
  Json names = Json::array();
  const auto* extension = certificate.extension(asn1::oid::subject_alternative_name);
  if (!extension) return names;
  for (const auto& name :
       crypto::read_general_names(extension->value).value_or(std::vector<crypto::GeneralName>{}))
    names.push_back(std::string(crypto::word(name.kind)) + ":" + escaped(name.value));
  return names;
}

void print_fields(const Json& json) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_null() || (value.is_array() && value.empty())) continue;
    std::cout << std::left << std::setw(14) << key;
    if (value.is_array())
      for (const auto& one : value) std::cout << one.get<std::string>() << ' ';
    else
      std::cout << escaped(value.get<std::string>());
    std::cout << '\n';
  }
}

Result<store::StoredCertificate> wanted(Parts& parts, const std::string& serial) {
  const auto found = parts.store->find_certificate(plain_serial(serial));
  if (!found) return std::unexpected(found.error());
  if (!*found)
    return fail(Errc::denied, Reason::certificate_unknown,
                "no certificate of this RA has the serial number " + escaped(serial) +
                    "; `scep-ra certificate list --all` shows them");
  return **found;
}

}  // namespace

int list_certificates(const Command& command, const store::CertificateFilter& filter,
                      std::size_t limit) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  const auto list = opened->parts->store->list_certificates(filter, limit);
  if (!list) return report(list.error());
  const Time now = opened->parts->clock.seconds();
  if (!command.json) {
    print_rows(*list, now);
    return finish_output();
  }
  Json all = Json::array();
  for (const auto& one : *list) all.push_back(json_of(one, now));
  std::cout << all.dump(2) << '\n';
  return finish_output();
}

int show_certificate(const Command& command, const std::string& serial, bool pem) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  const auto found = wanted(*opened->parts, serial);
  if (!found) return report(found.error());
  const auto encoded = pem_encode("CERTIFICATE", found->issued.certificate);
  if (pem && !command.json) {
    std::cout << encoded;
    return finish_output();
  }
  const auto certificate = crypto::Certificate::decode(found->issued.certificate);
  if (!certificate) return report(certificate.error());
  Json json = json_of(*found, opened->parts->clock.seconds());
  json["sans"] = alternative_names(*certificate);
  json["sha256"] = fingerprint_text(opened->parts->library, crypto::Digest::sha256, *certificate);
  json["sha1"] = fingerprint_text(opened->parts->library, crypto::Digest::sha1, *certificate);
  if (command.json) {
    json["pem"] = encoded;
    std::cout << json.dump(2) << '\n';
  } else {
    print_fields(json);
  }
  return finish_output();
}

int revoke_certificate(const Command& command, const std::string& serial,
                       crypto::CrlReason reason) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  if (!opened->parts->ca_administration)
    return report_refused("this CA revokes by itself: only the embedded one is revoked at here");
  const auto found = wanted(*opened->parts, serial);
  if (!found) return report(found.error());
  const auto revoked =
      opened->parts->ca_administration->revoke(found->issued.serial, reason, opened->user);
  if (!revoked) return report(revoked.error());
  const bool listed = revoked->crl.has_value();
  Json json = {{"serial", found->issued.serial},
               {"subject", found->subject},
               {"reason", crypto::word(reason)},
               {"crl_number", listed ? Json(revoked->crl->number) : Json()}};
  if (!listed)
    std::cerr << "scep-ra: warning: it is revoked, but no CRL tells of it yet: "
              << revoked->crl.error().detail << '\n';
  if (command.json)
    std::cout << json.dump(2) << '\n';
  else
    std::cout << found->issued.serial << " (" << escaped(found->subject) << ") "
              << (reason == crypto::CrlReason::remove_from_crl ? "is no longer on hold"
                                                               : "is revoked")
              << (listed ? ", CRL number " + std::to_string(revoked->crl->number) : "") << '\n';
  return finish_output();
}

}  // namespace scep_ra::tool
