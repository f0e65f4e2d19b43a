#include "tool/ca_command_line.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "settings/forms.h"
#include "tool/report.h"

namespace scep_ra::tool {

namespace {

constexpr std::size_t usual_limit = 100;

std::string refuse_duration(const std::string& text) {
  if (settings::seconds_from(text)) return "";
  return "a duration is a number and one of s, m, h, d, w, y, as `30d`";
}

std::string refuse_reason(const std::string& text) {
  if (crypto::crl_reason_named(text)) return "";
  return "`" + text +
         "` is none of unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, "
         "cessationOfOperation, certificateHold, removeFromCRL, privilegeWithdrawn, aACompromise";
}

class Verbs {
 public:
  Verbs(const Command& command, int& exit_code) : command_(command), exit_code_(exit_code) {}

  void add_list(CLI::App& group) {
    struct Chosen {
      bool all = false, revoked = false;
      std::string expiring;
      std::size_t limit = usual_limit;
    };
    auto* verb = group.add_subcommand("list", "show certificates in force, the newest first");
    auto chosen = std::make_shared<Chosen>();
    auto* all = verb->add_flag("--all", chosen->all, "expired and revoked ones too");
    auto* revoked = verb->add_flag("--revoked", chosen->revoked, "those that are revoked");
    auto* expiring =
        verb->add_option("--expiring", chosen->expiring,
                         "those that end within that time, as `30d`, the soonest first")
            ->check(CLI::Validator(refuse_duration, "DURATION"));
    all->excludes(revoked)->excludes(expiring);
    revoked->excludes(expiring);
    verb->add_option("--limit", chosen->limit, "how many at most")
        ->check(CLI::Range(1U, 1'000'000U))
        ->capture_default_str();
    run(verb, [chosen](const Command& command) {
      using State = store::CertificateFilter::State;
      store::CertificateFilter filter;
      if (chosen->all) filter.state = State::all;
      if (chosen->revoked) filter.state = State::revoked;
      if (!chosen->expiring.empty())
        filter = {State::expiring,
                  Seconds(static_cast<Seconds::rep>(*settings::seconds_from(chosen->expiring)))};
      return list_certificates(command, filter, chosen->limit);
    });
  }

  void add_show(CLI::App& group) {
    auto* verb = group.add_subcommand("show", "show one certificate");
    auto serial = std::make_shared<std::string>();
    auto pem = std::make_shared<bool>(false);
    add_serial(verb, *serial);
    verb->add_flag("--pem", *pem, "as PEM");
    run(verb,
        [serial, pem](const Command& command) { return show_certificate(command, *serial, *pem); });
  }

  void add_revoke(CLI::App& group) {
    auto* verb = group.add_subcommand("revoke", "revoke a certificate and make a new CRL");
    auto serial = std::make_shared<std::string>();
    auto reason = std::make_shared<std::string>("unspecified");
    add_serial(verb, *serial);
    verb->add_option("--reason", *reason,
                     "why, in RFC 5280's words: keyCompromise, superseded, cessationOfOperation, "
                     "...; removeFromCRL lifts a certificateHold")
        ->check(CLI::Validator(refuse_reason, "REASON"))
        ->capture_default_str();
    run(verb, [serial, reason](const Command& command) {
      return revoke_certificate(command, *serial, *crypto::crl_reason_named(*reason));
    });
  }

  void add_crl(CLI::App& app) {
    auto* verb = app.add_subcommand("crl", "print the newest CRL, PEM");
    auto options = std::make_shared<CrlOptions>();
    verb->add_flag("--renew", options->renew, "make a new one first");
    verb->add_flag("--der", options->der, "DER instead of PEM");
    verb->add_option("--out", options->file, "file for it, which is replaced");
    run(verb, [options](const Command& command) { return crl(command, *options); });
  }

  void add_ca_show(CLI::App& group) {
    run(group.add_subcommand("show", "show chain, fingerprints, CRL, successor and former CAs"),
        show_ca);
  }

  void add_ca_request(CLI::App& group) {
    auto* verb = group.add_subcommand(
        "request", "print a PKCS#10 request for the issuing CA's key, for a CA above it");
    auto next = std::make_shared<bool>(false);
    auto out = std::make_shared<Path>();
    verb->add_flag("--next", *next, "for the successor's key");
    verb->add_option("--out", *out, "file for it, which is replaced");
    run(verb, [next, out](const Command& command) {
      return request_ca_certificate(command, *next, *out);
    });
  }

  void add_ca_install(CLI::App& group) {
    auto* verb = group.add_subcommand(
        "install", "take what the CA above made of the request, with the certificates above it");
    auto file = std::make_shared<Path>();
    verb->add_option("FILE", *file, "certificate and chain up to the root, PEM, in any order")
        ->required();
    run(verb, [file](const Command& command) { return install_ca_certificate(command, *file); });
  }

  void add_ca_rollover(CLI::App& group) {
    auto* verb = group.add_subcommand("rollover",
                                      "make a successor of the issuing CA, or bring it into force");
    auto options = std::make_shared<RolloverOptions>();
    auto activate = std::make_shared<bool>(false);
    auto* into_force = verb->add_flag("--activate", *activate, "the successor issues from now on");
    auto* root_key =
        verb->add_option("--root-key", options->root_key,
                         "key of the CA above, which certifies the successor (default: "
                         "root-ca.key beside the configuration)");
    auto* self_signed =
        verb->add_flag("--self-signed", options->self_signed, "no CA is above the successor");
    auto* request = verb->add_flag("--request", options->request,
                                   "make the key and print a request for a CA elsewhere");
    verb->add_option("--subject", options->subject,
                     "name of the successor (default: the present one and a generation, `G2`)")
        ->excludes(into_force);
    verb->add_option("--key-type", options->key_type, "default: as the present one")
        ->check(
            CLI::IsMember({"rsa:2048", "rsa:3072", "rsa:4096", "ec:P-256", "ec:P-384", "ec:P-521"}))
        ->excludes(into_force);
    root_key->excludes(self_signed)->excludes(request)->excludes(into_force);
    self_signed->excludes(request)->excludes(into_force);
    request->excludes(into_force);
    run(verb, [options, activate](const Command& command) {
      return *activate ? activate_successor(command) : make_successor(command, *options);
    });
  }

 private:
  template <class Work>
  void run(CLI::App* verb, const Work& work) {
    verb->fallthrough();
    verb->callback([this_command = &command_, exit_code = &exit_code_, work] {
      *exit_code = work(*this_command);
    });
  }

  static void add_serial(CLI::App* verb, std::string& serial) {
    verb->add_option("SERIAL", serial, "serial number in hexadecimal digits, colons or not")
        ->check(CLI::Validator(
            [](const std::string& text) {
              const bool good = !text.empty() && text.size() <= 128 &&
                                text.find_first_not_of("0123456789abcdefABCDEF: x") == text.npos;
              return good ? std::string() : "a serial number is hexadecimal digits";
            },
            ""))
        ->required();
  }

  const Command& command_;
  int& exit_code_;
};

CLI::App& add_group(CLI::App& app, const char* name, const char* help) {
  auto* group = app.add_subcommand(name, help);
  group->require_subcommand(1);
  group->fallthrough();
  return *group;
}

}  // namespace

void add_ca_verbs(CLI::App& app, const Command& command, int& exit_code) {
  Verbs verbs(command, exit_code);
  auto& certificate = add_group(app, "certificate", "certificates issued: list, show, revoke");
  verbs.add_list(certificate);
  verbs.add_show(certificate);
  verbs.add_revoke(certificate);
  verbs.add_crl(app);
  auto& ca = add_group(app, "ca", "the embedded CA: show, request, install, rollover");
  verbs.add_ca_show(ca);
  verbs.add_ca_request(ca);
  verbs.add_ca_install(ca);
  verbs.add_ca_rollover(ca);
}

}  // namespace scep_ra::tool
