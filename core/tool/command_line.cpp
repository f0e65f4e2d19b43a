#include "tool/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/hex.h"
#include "base/text.h"
#include "settings/forms.h"
#include "tool/ca_command_line.h"
#include "tool/report.h"
#include "tool/verbs.h"

namespace scep_ra::tool {

namespace {

constexpr unsigned most_passwords = 1'000'000;

struct Invocation {
  Command command;
  int exit_code = done;
};

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
  verb.add_option("--crl-url", wishes.crl_url,
                  "where devices will find the CRL, `http://HOST/{key}.crl`; in every certificate")
      ->check([](const std::string& url) {
        std::string checked = url;
        return settings::refuse_crl_url(checked, {}).value_or("");
      });
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

void add_init(CLI::App& app, Invocation& said) {
  auto* verb = app.add_subcommand(
      "init", "make an embedded CA, RA certificates and configuration beside FILE");
  auto wishes = std::make_shared<NewRaWishes>();
  add_ra_options(*verb, *wishes);
  add_ca_options(*verb, *wishes);
  add_place_options(*verb, *wishes);
  verb->fallthrough();
  verb->callback([&said, wishes] { said.exit_code = init(said.command, *wishes); });
}

void add_check(CLI::App& app, Invocation& said) {
  auto* verb =
      app.add_subcommand("check", "say what `nginx -t` would say of the configuration file");
  verb->fallthrough();
  verb->callback([&said] { said.exit_code = check(said.command); });
}

void add_new(CLI::App& password, Invocation& said) {
  auto* verb = password.add_subcommand("new", "print new one-time passwords, one a line");
  auto count = std::make_shared<unsigned>(1);
  verb->add_option("-n", *count, "how many")
      ->check(CLI::Range(1U, most_passwords))
      ->capture_default_str();
  verb->fallthrough();
  verb->callback([&said, count] { said.exit_code = make_passwords(said.command, *count); });
}

void add_revoke(CLI::App& password, Invocation& said) {
  struct Chosen {
    std::string id;
    bool all = false;
  };
  auto* verb = password.add_subcommand("revoke", "make outstanding passwords worthless");
  auto chosen = std::make_shared<Chosen>();
  auto* id = verb->add_option("ID", chosen->id, "as `password list` shows it");
  auto* all = verb->add_flag("--all", chosen->all, "every one of them");
  id->excludes(all);
  verb->fallthrough();
  verb->callback([&said, chosen] {
    const auto octets = hex_decode(chosen->id);
    if (!chosen->all && (!octets || octets->size() != 8))
      said.exit_code = report_misused("`password revoke` takes an ID of 16 digits, or --all");
    else
      said.exit_code = revoke_passwords(said.command, lower(chosen->id));
  });
}

void add_password(CLI::App& app, Invocation& said) {
  auto* password = app.add_subcommand("password", "one-time passwords: new, list, revoke");
  password->require_subcommand(1);
  password->fallthrough();
  add_new(*password, said);
  add_revoke(*password, said);
  auto* list = password->add_subcommand("list", "show the outstanding passwords, never themselves");
  list->fallthrough();
  list->callback([&said] { said.exit_code = list_passwords(said.command); });
}

// A verb on one request.
void add_request_verb(CLI::App& request, Invocation& said, const char* name, const char* help,
                      int (*work)(const Command&, const std::string&)) {
  auto* verb = request.add_subcommand(name, help);
  auto id = std::make_shared<std::string>();
  verb->add_option("ID", *id, "as `request list` shows it")->required();
  verb->fallthrough();
  verb->callback([&said, id, work] { said.exit_code = work(said.command, lower(*id)); });
}

void add_request(CLI::App& app, Invocation& said) {
  auto* request =
      app.add_subcommand("request", "requests that wait for approval: list, show, approve, deny");
  request->require_subcommand(1);
  request->fallthrough();
  auto* list = request->add_subcommand("list", "show the requests that wait");
  auto all = std::make_shared<bool>(false);
  list->add_flag("--all", *all, "and those that are issued, denied or under way");
  list->fallthrough();
  list->callback([&said, all] { said.exit_code = list_requests(said.command, *all); });
  add_request_verb(*request, said, "show", "what one asks for, with the fingerprint of its CSR",
                   show_request);
  add_request_verb(*request, said, "approve", "have it certified", approve_request);
  add_request_verb(*request, said, "deny", "refuse it for good", deny_request);
}

std::string refuse_key_type(const std::string& type) {
  if (type == "rsa:2048" || type == "rsa:3072" || type == "rsa:4096") return "";
  if (type == "ec:P-256" || type == "ec:P-384" || type == "ec:P-521") return "";
  return "`" + type + "` is none of rsa:2048, rsa:3072, rsa:4096, ec:P-256, ec:P-384, ec:P-521";
}

void add_enrol(CLI::App& app, Invocation& said) {
  auto* verb = app.add_subcommand("enrol", "get a certificate from a SCEP server");
  auto options = std::make_shared<EnrolOptions>();
  verb->add_option("--url", options->url, "as devices have it: http://HOST/certsrv/mscep/mscep.dll")
      ->required();
  auto* subject = verb->add_option("--subject", options->subject,
                                   "distinguished name, as `O=Ex, CN=dev1`; may be left out with "
                                   "--renew");
  auto* password = verb->add_option("--password", options->password, "challenge password");
  verb->add_option("--password-file", options->password_file, "file with it, kept from `ps`")
      ->excludes(password);
  verb->add_option("--san", options->alternative_names,
                   "alternative name: dns:NAME, ip:ADDRESS, email:, uri:, upn:; may be repeated")
      ->allow_extra_args(false);
  verb->add_option("--key-usage", options->key_usages,
                   "digitalSignature or keyEncipherment; may be repeated (default: both); it "
                   "chooses the server's template")
      ->check(CLI::IsMember({key_usage_word::sign, key_usage_word::encrypt}))
      ->allow_extra_args(false);
  verb->add_option(
          "--key-type", options->key_type,
          "rsa:2048, rsa:3072, rsa:4096, ec:P-256, ec:P-384 or ec:P-521; the answer for an "
          "EC key is encrypted with the password")
      ->check(CLI::Validator(refuse_key_type, ""))
      ->capture_default_str();
  verb->add_option(
      "--ca-fingerprint", options->ca_fingerprint,
      "SHA-256, SHA-1 or MD5 of a CA certificate of the server, which else is believed");
  auto* renewed =
      verb->add_option("--renew", options->renewed,
                       "CERT KEY: PEM files of a certificate and its key, which authorise the "
                       "request in the place of a password");
  renewed->expected(2);
  verb->add_option("--wait", options->wait,
                   "seconds to poll for a request that waits for approval; 0: do not")
      ->capture_default_str();
  verb->add_option("--poll-interval", options->poll_interval, "seconds between two polls")
      ->check(CLI::Range(1U, 86400U))
      ->capture_default_str();
  verb->add_flag("--poll", options->poll,
                 "go on polling for the request whose key.pem lies in --out");
  verb->add_flag("--get", options->get, "send the request by GET although the server takes POST");
  verb->add_option("--out", options->folder,
                   "folder for key.pem, certificate.pem and ca.pem, none of which is replaced")
      ->capture_default_str();
  verb->fallthrough();
  verb->callback([&said, options, subject, renewed] {
    if (subject->count() == 0 && renewed->count() == 0)
      said.exit_code = report_misused("`enrol` takes --subject DN, or --renew CERT KEY");
    else
      said.exit_code = enrol(said.command, *options);
  });
}

// The global options are not in the help of a verb otherwise.
void tell_global_options(CLI::App& app) {
  for (auto* verb : app.get_subcommands({})) {
    verb->footer("`-c FILE` and `--json` may stand here too: `scep-ra --help`.");
    tell_global_options(*verb);
  }
}

}  // namespace

int run(int argc, const char* const* argv) {
  Invocation said;
  CLI::App app("scep-ra: a SCEP registration authority behind nginx and Apache httpd", "scep-ra");
  app.add_option("-c,--config", said.command.configuration, "configuration file")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_flag("--json", said.command.json, "machine output");
  app.set_version_flag("--version", "scep-ra " SCEP_RA_VERSION, "version of this command");
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return "scep-ra: " + std::string(error.what()) + "; `--help` shows what there is\n";
  });
  add_init(app, said);
  add_check(app, said);
  add_password(app, said);
  add_request(app, said);
  add_enrol(app, said);
  add_ca_verbs(app, said.command, said.exit_code);
  tell_global_options(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? finish_output() : misused;
  }
  return said.exit_code;
}

}  // namespace scep_ra::tool
