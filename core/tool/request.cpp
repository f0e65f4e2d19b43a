#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/text.h"
#include "enrol/approval.h"
#include "enrol/describe_csr.h"
#include "tool/open_state.h"
#include "tool/report.h"
#include "tool/verbs.h"

namespace scep_ra::tool {

namespace {

constexpr std::size_t most_listed = 10'000;

nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

nlohmann::ordered_json as_json(const store::RequestSummary& one) {
  return {{"id", one.id},
          {"state", word(one.state)},
          {"received", rfc3339(one.received)},
          {"template", one.certificate_template},
          {"subject", one.subject},
          {"client_address", one.client_address},
          {"transaction_id", escaped(one.transaction_id)},
          {"serial", text_or_null(one.serial)}};
}

void print_table(const std::vector<store::RequestSummary>& requests) {
  std::cout << std::left << std::setw(18) << "ID" << std::setw(10) << "STATE" << std::setw(22)
            << "RECEIVED" << std::setw(17) << "FROM" << "SUBJECT\n";
  for (const auto& one : requests)
    std::cout << std::setw(18) << one.id << std::setw(10) << word(one.state) << std::setw(22)
              << rfc3339(one.received) << std::setw(17)
              << (one.client_address.empty() ? "-" : escaped(one.client_address))
              << escaped(one.subject) << '\n';
}

std::string key_text(const Parts& parts, const crypto::Csr& csr) {
  const auto key = crypto::PublicKey::decode(parts.library, csr.public_key_info());
  if (!key) return "unreadable";
  return (key->kind() == crypto::KeyKind::rsa ? "RSA " : "EC ") + std::to_string(key->bits());
}

// The fingerprint is what an operator compares with the one the device shows (scep-requirements
// N21).
nlohmann::ordered_json as_json(const Parts& parts, const enrol::WaitingCsr& waiting,
                               const std::string& id) {
  const auto& csr = waiting.csr;
  return {{"id", id},
          {"received", rfc3339(waiting.request.received)},
          {"client_address", waiting.request.client_address},
          {"transaction_id", escaped(waiting.request.key.transaction_id)},
          {"template", waiting.request.certificate_template},
          {"subject", asn1::name_text(csr.subject_name())},
          {"sans", enrol::alternative_names(csr)},
          {"key", key_text(parts, csr)},
          {"renewal_of", text_or_null(waiting.request.renewal_of)},
          {"csr_sha256", hex_upper(parts.library->digest(crypto::Digest::sha256, csr.der()))}};
}

std::string text_of(const nlohmann::ordered_json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return escaped(value.get<std::string>());
  std::string text;
  for (const auto& one : value)
    text += (text.empty() ? "" : ", ") + escaped(one.get<std::string>());
  return text.empty() ? "-" : text;
}

void print(const nlohmann::ordered_json& told, bool json) {
  if (json) {
    std::cout << told.dump(2) << '\n';
    return;
  }
  for (const auto& [key, value] : told.items())
    std::cout << std::left << std::setw(16) << key << text_of(value) << '\n';
}

}  // namespace

int list_requests(const Command& command, bool all) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  const auto wanted = all ? std::nullopt : std::optional(store::RequestState::pending);
  const auto requests = opened->parts->store->list_requests(wanted, most_listed);
  if (!requests) return report(requests.error());
  if (command.json) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& one : *requests) list.push_back(as_json(one));
    std::cout << list.dump(2) << '\n';
  } else {
    print_table(*requests);
  }
  return finish_output();
}

int show_request(const Command& command, const std::string& id) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  const auto waiting = enrol::waiting_csr(services_of(*opened->parts), id);
  if (!waiting) return report(waiting.error());
  print(as_json(*opened->parts, *waiting, id), command.json);
  return finish_output();
}

int approve_request(const Command& command, const std::string& id) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  const auto certificate = enrol::approve_request(services_of(*opened->parts), id, opened->user);
  if (!certificate) return report(certificate.error());
  print({{"id", id},
         {"subject", certificate->subject_text()},
         {"serial", certificate->serial_text()},
         {"not_after", rfc3339(certificate->not_after())}},
        command.json);
  return finish_output();
}

int deny_request(const Command& command, const std::string& id) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  if (Status denied = enrol::deny_request(services_of(*opened->parts), id, opened->user); !denied)
    return report(denied.error());
  print({{"id", id}, {"state", "denied"}}, command.json);
  return finish_output();
}

}  // namespace scep_ra::tool
