#include <iostream>
#include <nlohmann/json.hpp>

#include "tool/configuration_text.h"
#include "tool/fingerprint.h"
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

std::string story(const nlohmann::ordered_json& made, const NewRaWishes& wishes) {
  const auto text = [&](const char* key) { return made[key].get<std::string>(); };
  const auto configuration = text("configuration");
  std::string users =
      "let the server ask for a login there; [admin] users are who may fetch passwords";
  if (wishes.admin_users.empty())
    users = "name who may fetch passwords, [admin] users in " + configuration +
            ", and let the server ask for a login there";
  return ca_text("Issuing CA  ", made["ca"]) + ca_text("Root CA     ", made["root"]) + R"(
The root's key is )" +
         text("root_key") +
         R"(. Nothing here needs it:
move it to a medium that you lock away, and delete it from this machine.
An embedded CA on the RA's own machine is for labs and small sites.

Next steps
1. Compare the issuing CA's fingerprint with what devices are told or shown.
2. nginx, devices without TLS and administrators with it (README.md has the whole of it, and
   Apache httpd); try `nginx -t`:
     load_module modules/ngx_http_scep_ra_module.so;
     http {
         scep_ra_config )" +
         configuration + R"(;
         server {
             listen 80 default_server;
             client_max_body_size 1m; client_body_buffer_size 128k; large_client_header_buffers 4 72k;
             location ~* ^/certsrv/mscep(/|$) { scep_ra enrol; }
         }
         server {
             listen 443 ssl default_server;  # ssl_certificate, ssl_certificate_key
             location ~* ^/certsrv/mscep_admin(/|$) { scep_ra admin; auth_basic "NDES"; auth_basic_user_file htpasswd; }
         }
     }
3. For mscep_admin )" +
         users + R"(.
4. Get a password: scep-ra -c )" +
         configuration + R"( password new
)";
}

}  // namespace

int init(const Command& command, const NewRaWishes& wishes) {
  const auto library = crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no);
  if (!library) return report(library.error());
  const auto made = make_new_ra(*library, command.configuration, wishes);
  if (!made) return report(made.error());
  const auto told = summary(*library, *made);
  std::cout << (command.json ? told.dump(2) + "\n" : story(told, wishes));
  return finish_output();
}

}  // namespace scep_ra::tool
