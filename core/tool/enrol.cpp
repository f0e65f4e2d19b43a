#include <chrono>
#include <iostream>
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

struct Files {
  Path key, certificate, authorities;
};

Result<Secret> password_of(const EnrolOptions& options) {
  if (options.password_file.empty()) return Secret(options.password);
  auto content = read_file(options.password_file, largest_password_file, Rights::any);
  if (!content) return std::unexpected(std::move(content).error());
  const Secret whole(*content);
  wipe({reinterpret_cast<std::uint8_t*>(content->data()), content->size()});
  auto text = as_text(whole.reveal());
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return Secret(text);
}

Result<EnrolmentWish> wish_of(const EnrolOptions& options) {
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
    wish.key_usage |=
        usage == key_usage_word::sign ? crypto::digital_signature : crypto::key_encipherment;
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

void note_unverified(const crypto::Library& library, const Enrolment& enrolment) {
  std::cerr << "scep-ra: note: the CA was not verified";
  if (!enrolment.authorities.empty())
    std::cerr << "; if this is its SHA-256, give it as --ca-fingerprint: "
              << fingerprint_text(library, crypto::Digest::sha256, enrolment.authorities.front());
  std::cerr << '\n';
}

}  // namespace

int enrol(const Command& command, const EnrolOptions& options) {
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

}  // namespace scep_ra::tool
