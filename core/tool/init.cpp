#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tool/configuration_text.h"
#include "tool/fingerprint.h"
#include "tool/new_ra.h"
#include "tool/report.h"
#include "tool/verbs.h"

namespace scep_ra::tool {

namespace {

nlohmann::ordered_json ca_json(const crypto::Library& library,
                               const crypto::Certificate& certificate, const Path& file) {
  return {{"subject", certificate.subject_text()},
          {"certificate", file.string()},
          {"sha256", fingerprint_text(library, crypto::Digest::sha256, certificate)},
          {"sha1", fingerprint_text(library, crypto::Digest::sha1, certificate)},
          {"thumbprint", thumbprint_text(library, certificate)}};
}

nlohmann::ordered_json summary(const crypto::Library& library, const NewRa& made) {
  return {{"configuration", made.configuration.string()},
          {"ca", ca_json(library, made.authority.issuing.certificate,
                         made.folder / file_name::ca_certificate)},
          {"root", ca_json(library, made.authority.root.certificate,
                           made.folder / file_name::root_certificate)},
          {"root_key", (made.folder / file_name::root_key).string()},
          {"state_folder", made.state_folder.string()},
          {"log_folder", made.log_folder.string()}};
}

std::string ca_text(const std::string& title, const nlohmann::ordered_json& ca) {
  const auto text = [&](const char* key) { return ca[key].get<std::string>(); };
  return title + text("subject") + "\n  certificate  " + text("certificate") + "\n  SHA-256      " +
         text("sha256") + "\n  SHA-1        " + text("sha1") + "\n  thumbprint   " +
         text("thumbprint") + "   (MD5, as NDES shows it)\n";
}

std::string story(const nlohmann::ordered_json& made) {
  const auto text = [&](const char* key) { return made[key].get<std::string>(); };
  const auto configuration = text("configuration");
  return ca_text("Issuing CA  ", made["ca"]) + ca_text("Root CA     ", made["root"]) + R"(
The root's key is )" +
         text("root_key") +
         R"(. Nothing here needs it:
move it to a medium that you lock away, and delete it from this machine.
An embedded CA on the RA's own machine is for labs and small sites.

Next steps
1. Name who may fetch passwords: [admin] users in )" +
         configuration + R"(
2. Tell nginx, and try `nginx -t`:
     load_module modules/ngx_http_scep_ra_module.so;
     http {
         scep_ra_config )" +
         configuration + R"(;
         server {
             location /certsrv/mscep/       { scep_ra enrol; }
             location /certsrv/mscep_admin/ { scep_ra admin; auth_basic "NDES"; auth_basic_user_file ...; }
         }
     }
3. Get a password: scep-ra -c )" +
         configuration + R"( password new
)";
}

int init(const Command& command, const NewRaWishes& wishes) {
  const auto library = crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no);
  if (!library) return report(library.error());
  const auto made = make_new_ra(*library, command.configuration, wishes);
  if (!made) return report(made.error());
  const auto told = summary(*library, *made);
  std::cout << (command.json ? told.dump(2) + "\n" : story(told));
  return finish_output();
}

std::string refuse_country(const std::string& text) {
  const auto is_capital = [](char letter) { return letter >= 'A' && letter <= 'Z'; };
  const bool good = text.size() == 2 && is_capital(text[0]) && is_capital(text[1]);
  return good ? "" : "a country is two capital letters";
}

std::string refuse_domain(const std::string& text) {
  const auto is_other = [](char letter) {
    return !(letter >= 'a' && letter <= 'z') && !(letter >= '0' && letter <= '9') &&
           letter != '-' && letter != '.';
  };
  const bool good = !text.empty() && std::ranges::none_of(text, is_other) && !text.starts_with('.');
  return good ? "" : "a domain is small letters, digits, `-` and `.`, as `example.test`";
}

void add_ra_options(CLI::App& verb, NewRaWishes& wishes) {
  verb.add_option("--ra-name", wishes.ra_name, "common name of the RA (default: HOST-MSCEP-RA)")
      ->check([](const std::string& name) {
        return name.size() <= 64 ? std::string() : "a name has at most 64 characters";
      });
  verb.add_option("--ra-country", wishes.country, "two letters")->check(refuse_country);
  verb.add_option("--ra-company", wishes.company, "organisation, also of the CA");
  verb.add_option("--ra-department", wishes.department, "organisational unit");
  verb.add_option("--ra-city", wishes.city, "locality");
  verb.add_option("--ra-state", wishes.state, "state or province");
  verb.add_option("--ra-email", wishes.email, "mail address");
  for (const auto& [option, length] :
       {std::pair{"--signing-key-length", &wishes.signing_key_length},
        std::pair{"--encryption-key-length", &wishes.encryption_key_length}})
    verb.add_option(option, *length, "bits of that RA key")
        ->check(CLI::IsMember({2048, 3072, 4096}))
        ->capture_default_str();
}

void add_ca_options(CLI::App& verb, NewRaWishes& wishes) {
  verb.add_option(
          "--ca-name", wishes.ca_name,
          "the CAs are called `NAME Root CA` and `NAME Issuing CA` (default: company or host)")
      ->check([](const std::string& name) {
        return name.size() <= 53 ? std::string() : "a CA's name has at most 53 characters";
      });
  verb.add_option("--ca-key", wishes.ca_key,
                  "key of the issuing CA: every device can verify RSA, and 2048 bits sign three "
                  "times as fast as 3072; the root's key is a size above, for it lasts longest")
      ->check(
          CLI::IsMember({"rsa:2048", "rsa:3072", "rsa:4096", "ec:P-256", "ec:P-384", "ec:P-521"}))
      ->capture_default_str();
}

void add_place_options(CLI::App& verb, NewRaWishes& wishes) {
  verb.add_option("--user", wishes.user,
                  "user of the web server's workers (default: www-data for root, else the caller)");
  verb.add_option(
      "--state-dir", wishes.state_folder,
      "folder of the store (default: /var/lib/scep-ra, or `state` beside another FILE)");
  verb.add_option(
      "--log-dir", wishes.log_folder,
      "folder of the event file (default: /var/log/scep-ra, or `log` beside another FILE)");
  verb.add_option("--admin-user", wishes.admin_users,
                  "who may fetch passwords, as the web server reports him; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--domain", wishes.domains,
                  "domain that DNS names of devices must be in; may be repeated (default: any)")
      ->check(refuse_domain)
      ->allow_extra_args(false);
  verb.add_flag_callback(
      "--no-require-tls", [&wishes] { wishes.require_tls = false; },
      "let the admin face answer without TLS: for loopback and tests");
}

}  // namespace

void add_init(CLI::App& app, Command& command) {
  auto* verb = app.add_subcommand(
      "init", "make an embedded CA, RA certificates and configuration beside FILE");
  auto wishes = std::make_shared<NewRaWishes>();
  add_ra_options(*verb, *wishes);
  add_ca_options(*verb, *wishes);
  add_place_options(*verb, *wishes);
  verb->fallthrough();
  verb->callback([&command, wishes] { command.exit_code = init(command, *wishes); });
}

}  // namespace scep_ra::tool
