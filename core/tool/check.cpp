#include <iostream>
#include <nlohmann/json.hpp>

#include "parts.h"
#include "tool/report.h"
#include "tool/verbs.h"

namespace scep_ra::tool {

namespace {

void warn_of_certificate(const crypto::Certificate& certificate, const char* role, Time now) {
  if (now >= certificate.not_before() && now <= certificate.not_after()) return;
  std::cerr << "scep-ra: warning: the RA " << role << " certificate is valid from "
            << rfc3339(certificate.not_before()) << " to " << rfc3339(certificate.not_after())
            << '\n';
}

nlohmann::ordered_json findings(const Parts& parts) {
  const auto& settings = parts.settings;
  nlohmann::ordered_json templates = nlohmann::ordered_json::array();
  for (const auto& [name, unused] : parts.templates.templates) templates.push_back(name);
  return {{"file", settings.file.string()},
          {"ra", settings.ra.name},
          {"wire", settings.ra.wire},
          {"state", settings.ra.state},
          {"ca", settings.ca.kind},
          {"ca_subject", parts.ca->ca_certificates().front().subject_text()},
          {"challenge", settings.challenge.kind},
          {"templates", std::move(templates)},
          {"ra_signing_not_after", rfc3339(parts.keys->signer().certificate.not_after())},
          {"ra_encryption_not_after",
           rfc3339(parts.keys->recipients().front().certificate.not_after())}};
}

std::string one_line(const nlohmann::ordered_json& found) {
  const auto text = [&](const char* key) { return found[key].get<std::string>(); };
  return text("file") + ": good: RA \"" + text("ra") + "\", wire " + text("wire") + ", " +
         text("ca") + " CA \"" + text("ca_subject") + "\", challenge " + text("challenge") + ", " +
         std::to_string(found["templates"].size()) + " template(s), RA certificates until " +
         text("ra_signing_not_after") + " and " + text("ra_encryption_not_after");
}

}  // namespace

int check(const Command& command) {
  const auto parts = join_parts(command.configuration);
  if (!parts) return report(parts.error());
  const auto now = (*parts)->clock.seconds();
  warn_of_certificate((*parts)->keys->signer().certificate, "signing", now);
  warn_of_certificate((*parts)->keys->recipients().front().certificate, "encryption", now);
  const auto found = findings(**parts);
  std::cout << (command.json ? found.dump(2) : one_line(found)) << '\n';
  return finish_output();
}

}  // namespace scep_ra::tool
