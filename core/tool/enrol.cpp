#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "asn1/name.h"
#include "base/base64.h"
#include "base/text.h"
#include "crypto/csr.h"
#include "tool/enrolment.h"
#include "tool/report.h"
#include "tool/verbs.h"

namespace scep_ra::tool {

namespace {

namespace fs = std::filesystem;

constexpr Seconds deadline{60};
constexpr std::size_t largest_password_file = 16384;

constexpr const char* sign_only = "digitalSignature";
constexpr const char* encrypt_only = "keyEncipherment";

struct Options {
  std::string url, subject, password, key_type = "rsa:2048", ca_fingerprint;
  Path password_file, folder = ".";
  std::vector<std::string> alternative_names;
  std::vector<std::string> key_usages;
  bool get = false;
};

struct Files {
  Path key, certificate, authorities;
};

Result<Secret> password_of(const Options& options) {
  if (options.password_file.empty()) return Secret(options.password);
  auto content = read_file(options.password_file, largest_password_file, Rights::any);
  if (!content) return std::unexpected(std::move(content).error());
  const Secret whole(*content);
  wipe({reinterpret_cast<std::uint8_t*>(content->data()), content->size()});
  auto text = as_text(whole.reveal());
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return Secret(text);
}

Result<EnrolmentWish> wish_of(const Options& options) {
  const auto misuse = [](std::string why) {
    return fail(Errc::config, Reason::none, "scep-ra: " + std::move(why));
  };
  auto subject = asn1::name_from_text(options.subject);
  if (!subject) return misuse("`" + escaped(options.subject) + "` is no subject: `O=Ex, CN=dev1`");
  if (!options.alternative_names.empty() &&
      !crypto::subject_alternative_name_extension(options.alternative_names))
    return misuse("an alternative name is none of dns:, ip:, email:, uri:, upn:");
  auto fingerprint = read_fingerprint(options.ca_fingerprint);
  if (!fingerprint && !options.ca_fingerprint.empty())
    return misuse("a fingerprint is the hexadecimal SHA-256, SHA-1 or MD5 of the CA certificate");
  auto password = password_of(options);
  if (!password) return std::unexpected(std::move(password).error());
  EnrolmentWish wish{.subject = *std::move(subject),
                     .password = *std::move(password),
                     .alternative_names = options.alternative_names,
                     .key_type = options.key_type,
                     .ca_fingerprint = std::move(fingerprint),
                     .get = options.get};
  if (!options.key_usages.empty()) wish.key_usage = 0;
  for (const auto& usage : options.key_usages)
    wish.key_usage |= usage == sign_only ? crypto::digital_signature : crypto::key_encipherment;
  return wish;
}

// Before anything is sent: a certificate that cannot be kept would be issued for nothing.
Result<Files> free_places(const Path& folder) {
  Files files{folder / "key.pem", folder / "certificate.pem", folder / "ca.pem"};
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) return fail(Errc::unavailable, Reason::none, folder.string() + ": " + code.message());
  for (const auto& file : {files.key, files.certificate, files.authorities})
    if (fs::exists(fs::symlink_status(file, code)))
      return fail(Errc::unavailable, Reason::none,
                  file.string() + " is there already; nothing is replaced");
  return files;
}

Status write_files(const Enrolment& enrolment, const Files& files) {
  const auto key = enrolment.key.encode_pem();
  if (!key) return std::unexpected(key.error());
  std::string authorities;
  for (const auto& authority : enrolment.authorities)
    authorities += pem_encode("CERTIFICATE", authority.der());
  const auto certificate = pem_encode("CERTIFICATE", enrolment.certificate.der());
  Status written = write_new_file(files.key, as_text(key->reveal()), 0600);
  if (written) written = write_new_file(files.certificate, certificate, 0644);
  if (written) written = write_new_file(files.authorities, authorities, 0644);
  if (!written) written.error().code = Errc::unavailable;
  return written;
}

void print(const crypto::Library& library, const Enrolment& enrolment, const Files& files,
           bool json) {
  const auto& certificate = enrolment.certificate;
  const nlohmann::ordered_json told = {
      {"subject", certificate.subject_text()},
      {"serial", certificate.serial_text()},
      {"not_before", rfc3339(certificate.not_before())},
      {"not_after", rfc3339(certificate.not_after())},
      {"sha256", fingerprint_text(library, crypto::Digest::sha256, certificate)},
      {"digest", word(enrolment.manner.digest)},
      {"cipher", word(enrolment.manner.cipher)},
      {"method", enrolment.manner.post ? "POST" : "GET"},
      {"key", files.key.string()},
      {"certificate", files.certificate.string()},
      {"ca", files.authorities.string()}};
  if (json) {
    std::cout << told.dump(2) << '\n';
    return;
  }
  for (const auto& [key, value] : told.items())
    std::cout << key << std::string(13 - key.size(), ' ') << value.get<std::string>() << '\n';
}

std::string refuse_key_type(const std::string& type) {
  if (type == "rsa:2048" || type == "rsa:3072" || type == "rsa:4096") return "";
  if (type.starts_with("ec:")) return "an EC key cannot open the answer, which is encrypted for it";
  return "`" + type + "` is none of rsa:2048, rsa:3072, rsa:4096";
}

void note_unverified(const crypto::Library& library, const Enrolment& enrolment) {
  std::cerr << "scep-ra: note: the CA was not verified";
  if (!enrolment.authorities.empty())
    std::cerr << "; if this is its SHA-256, give it as --ca-fingerprint: "
              << fingerprint_text(library, crypto::Digest::sha256, enrolment.authorities.front());
  std::cerr << '\n';
}

int enrol(const Command& command, const Options& options) {
  const auto wish = wish_of(options);
  if (!wish) return report(wish.error());
  const auto files = free_places(options.folder);
  if (!files) return report(files.error());
  const auto library = crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no);
  if (!library) return report(library.error());
  net::HttpClient http(deadline);
  ScepClient client(http, options.url, [](Seconds time) { std::this_thread::sleep_for(time); });
  const auto enrolment = tool::enrol(*library, SystemClock(), client, *wish);
  if (!enrolment) return report(enrolment.error());
  if (Status written = write_files(*enrolment, *files); !written) return report(written.error());
  print(*library, *enrolment, *files, command.json);
  if (!wish->ca_fingerprint) note_unverified(*library, *enrolment);
  return finish_output();
}

}  // namespace

void add_enrol(CLI::App& app, Command& command) {
  auto* verb = app.add_subcommand("enrol", "get a certificate from a SCEP server");
  auto options = std::make_shared<Options>();
  verb->add_option("--url", options->url, "as devices have it: http://HOST/certsrv/mscep/mscep.dll")
      ->required();
  verb->add_option("--subject", options->subject, "distinguished name, as `O=Ex, CN=dev1`")
      ->required();
  auto* password = verb->add_option("--password", options->password, "challenge password");
  verb->add_option("--password-file", options->password_file, "file with it, kept from `ps`")
      ->excludes(password);
  verb->add_option("--san", options->alternative_names,
                   "alternative name: dns:NAME, ip:ADDRESS, email:, uri:, upn:; may be repeated")
      ->allow_extra_args(false);
  verb->add_option("--key-usage", options->key_usages,
                   "digitalSignature or keyEncipherment; may be repeated (default: both); it "
                   "chooses the server's template")
      ->check(CLI::IsMember({sign_only, encrypt_only}))
      ->allow_extra_args(false);
  verb->add_option("--key-type", options->key_type, "rsa:2048, rsa:3072 or rsa:4096")
      ->check(CLI::Validator(refuse_key_type, ""))
      ->capture_default_str();
  verb->add_option(
      "--ca-fingerprint", options->ca_fingerprint,
      "SHA-256, SHA-1 or MD5 of a CA certificate of the server, which else is believed");
  verb->add_flag("--get", options->get, "send the request by GET although the server takes POST");
  verb->add_option("--out", options->folder,
                   "folder for key.pem, certificate.pem and ca.pem, none of which is replaced")
      ->capture_default_str();
  verb->fallthrough();
  verb->callback([&command, options] { command.exit_code = enrol(command, *options); });
}

}  // namespace scep_ra::tool
