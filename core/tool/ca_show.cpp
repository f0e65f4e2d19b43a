#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "ca/authority.h"
#include "tool/ca_material.h"
#include "tool/fingerprint.h"
#include "tool/open_state.h"
#include "tool/report.h"
#include "tool/verbs.h"

namespace scep_ra::tool {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const crypto::Library& library, const crypto::Certificate& certificate) {
  return {{"subject", certificate.subject_text()},
          {"serial", certificate.serial_text()},
          {"not_before", rfc3339(certificate.not_before())},
          {"not_after", rfc3339(certificate.not_after())},
          {"sha256", fingerprint_text(library, crypto::Digest::sha256, certificate)},
          {"sha1", fingerprint_text(library, crypto::Digest::sha1, certificate)},
          {"md5", thumbprint_text(library, certificate)}};
}

Json json_of(const crypto::Library& library, const std::vector<crypto::Certificate>& all) {
  Json list = Json::array();
  for (const auto& one : all) list.push_back(json_of(library, one));
  return list;
}

// Of a successor's certificates those that are, or are not, of CAs.
std::vector<crypto::Certificate> only(bool authorities,
                                      const std::vector<crypto::Certificate>& all) {
  std::vector<crypto::Certificate> some;
  for (const auto& one : all)
    if (ca::is_ca(one) == authorities) some.push_back(one);
  return some;
}

Json crl_of(const Parts& parts) {
  Json crl = {{"number", nullptr}, {"next_update", nullptr}, {"url", nullptr}, {"file", nullptr}};
  const auto& written = parts.settings.ca;
  const auto& ca = parts.ca->ca_certificates().front();
  if (!written.crl_url.empty()) crl["url"] = ca::for_key(written.crl_url, parts.library, ca);
  if (!written.crl_file.empty())
    crl["file"] = ca::for_key(written.crl_file.string(), parts.library, ca);
  const auto kept = parts.store->find_crl(ca::authority_id(parts.library, ca));
  if (!kept || !*kept) return crl;
  crl["number"] = (*kept)->number;
  crl["next_update"] = rfc3339((*kept)->next_update);
  return crl;
}

Json former_of(const Parts& parts) {
  Json list = Json::array();
  for (const Path& file : parts.settings.ca.former)
    if (const auto certificates = read_certificates(file))
      list.push_back(json_of(parts.library, certificates->front()));
  return list;
}

void print(const std::string& title, const Json& certificates) {
  std::string word = title;
  for (const auto& one : certificates) {
    std::cout << word << std::string(word.size() < 13 ? 13 - word.size() : 1, ' ')
              << one["subject"].get<std::string>() << '\n';
    for (const auto& [key, label] : {std::pair{"serial", "serial"},
                                     {"not_after", "expires"},
                                     {"sha256", "SHA-256"},
                                     {"sha1", "SHA-1"},
                                     {"md5", "MD5"}})
      std::cout << "  " << label << std::string(11 - std::string_view(label).size(), ' ')
                << one[key].get<std::string>() << '\n';
    word = title.starts_with("Former") ? title : "above it";
  }
}

void print_crl(const Json& crl) {
  std::cout << "CRL          ";
  if (crl["number"].is_null())
    std::cout << "none yet; `scep-ra crl` makes one\n";
  else
    std::cout << "number " << crl["number"] << ", next update "
              << crl["next_update"].get<std::string>() << '\n';
  for (const char* key : {"url", "file"})
    if (!crl[key].is_null())
      std::cout << "  " << key << std::string(11 - std::string_view(key).size(), ' ')
                << crl[key].get<std::string>() << '\n';
}

}  // namespace

int show_ca(const Command& command) {
  const auto opened = open_state(command.configuration);
  if (!opened) return report(opened.error());
  const Parts& parts = *opened->parts;
  Json told = {{"chain", json_of(parts.library, parts.ca->ca_certificates())},
               {"crl", nullptr},
               {"successor", Json::array()},
               {"successor_ra", Json::array()},
               {"former", former_of(parts)}};
  if (parts.ca_administration) {
    told["crl"] = crl_of(parts);
    const auto& next = parts.ca_administration->successor();
    told["successor"] = json_of(parts.library, only(true, next));
    told["successor_ra"] = json_of(parts.library, only(false, next));
  }
  if (command.json) {
    std::cout << told.dump(2) << '\n';
    return finish_output();
  }
  print("Issuing CA", told["chain"]);
  if (parts.ca_administration) print_crl(told["crl"]);
  if (!told["successor"].empty()) print("Successor", told["successor"]);
  if (told["successor"].empty() && !parts.settings.ca.next_key.empty())
    std::cout << "Successor    its key waits for a certificate: `scep-ra ca request --next`, then "
                 "`scep-ra ca install FILE`\n";
  if (!told["former"].empty()) print("Former CA", told["former"]);
  return finish_output();
}

}  // namespace scep_ra::tool
