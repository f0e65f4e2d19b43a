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
constexpr std::size_t largest_pem_file = 262144;

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

Result<std::string> text_in(const Path& file) {
  auto text = read_file(file, largest_pem_file, Rights::any);
  if (!text) text.error().code = Errc::unavailable;
  return text;
}

Result<crypto::PrivateKey> key_in(const crypto::Library& library, const Path& file) {
  auto pem = text_in(file);
  if (!pem) return std::unexpected(std::move(pem).error());
  auto key = crypto::PrivateKey::decode_pem(library, *pem);
  wipe({reinterpret_cast<std::uint8_t*>(pem->data()), pem->size()});
  if (!key) return fail(Errc::unavailable, Reason::none, file.string() + ": " + key.error().detail);
  return key;
}

Result<HeldCertificate> held(const crypto::Library& library, const Path& certificate,
                             const Path& key_file) {
  const auto pem = text_in(certificate);
  if (!pem) return std::unexpected(pem.error());
  const auto all = crypto::decode_pem_certificates(*pem);
  if (!all)
    return fail(Errc::unavailable, Reason::none, certificate.string() + ": " + all.error().detail);
  auto key = key_in(library, key_file);
  if (!key) return std::unexpected(std::move(key).error());
  if (!equal(all->front().public_key_info(), key->public_key().info()))
    return fail(Errc::unavailable, Reason::none,
                key_file.string() + " is not the key of " + certificate.string());
  return HeldCertificate{all->front(), *std::move(key)};
}

Result<EnrolmentWish> wish_of(const EnrolOptions& options) {
  const auto misuse = [](std::string why) {
    return fail(Errc::config, Reason::none, "scep-ra: " + std::move(why));
  };
  auto subject = options.subject.empty() ? Buffer() : asn1::name_from_text(options.subject);
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
Result<Files> free_places(const Path& folder, bool key_is_there) {
  Files files{folder / "key.pem", folder / "certificate.pem", folder / "ca.pem"};
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) return fail(Errc::unavailable, Reason::none, folder.string() + ": " + code.message());
  for (const auto& file : {files.key, files.certificate, files.authorities})
    if (fs::exists(fs::symlink_status(file, code)) && !(key_is_there && file == files.key))
      return fail(Errc::unavailable, Reason::none,
                  file.string() + " is there already; nothing is replaced");
  return files;
}

Status write_key(const crypto::PrivateKey& key, const Path& file) {
  const auto pem = key.encode_pem();
  if (!pem) return std::unexpected(pem.error());
  Status written = write_new_file(file, as_text(pem->reveal()), 0600);
  if (!written) written.error().code = Errc::unavailable;
  return written;
}

Status write_certificates(const Enrolment& enrolment, const Files& files) {
  std::string authorities;
  for (const auto& authority : enrolment.authorities)
    authorities += pem_encode("CERTIFICATE", authority.der());
  const auto certificate = pem_encode("CERTIFICATE", enrolment.certificate.der());
  Status written = write_new_file(files.certificate, certificate, 0644);
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

// Puts into the wish what comes of files: the certificate to be renewed, a key that was kept.
Status add_held(const crypto::Library& library, const EnrolOptions& options, const Files& files,
                EnrolmentWish& wish) {
  if (!options.renewed.empty()) {
    auto renewed = held(library, options.renewed[0], options.renewed[1]);
    if (!renewed) return std::unexpected(std::move(renewed).error());
    wish.renewed = *std::move(renewed);
  }
  if (!options.poll) return {};
  auto kept = key_in(library, files.key);
  if (!kept) return std::unexpected(std::move(kept).error());
  wish.polling.kept_key = *std::move(kept);
  return {};
}

}  // namespace

int enrol(const Command& command, const EnrolOptions& options) {
  auto wish = wish_of(options);
  if (!wish) return report(wish.error());
  const auto files = free_places(options.folder, options.poll);
  if (!files) return report(files.error());
  const auto library = crypto::LibraryContext::open(crypto::LibraryContext::Legacy::no);
  if (!library) return report(library.error());
  if (Status added = add_held(*library, options, *files, *wish); !added)
    return report(added.error());
  bool key_is_kept = options.poll;
  wish->polling.interval = Seconds{options.poll_interval};
  wish->polling.at_most = Seconds{options.wait};
  wish->polling.keep_key = [&](const crypto::PrivateKey& key) {
    std::cerr << "scep-ra: the request waits for approval; polling every " << options.poll_interval
              << " s. If this ends early, --poll goes on with " << files->key.string() << '\n';
    key_is_kept = true;
    return write_key(key, files->key);
  };
  net::HttpClient http(deadline);
  ScepClient client(http, options.url, [](Seconds time) { std::this_thread::sleep_for(time); });
  const auto enrolment = tool::enrol(*library, SystemClock(), client, *wish);
  if (!enrolment) return report(enrolment.error());
  Status written = key_is_kept ? Status() : write_key(enrolment->key, files->key);
  if (written) written = write_certificates(*enrolment, *files);
  if (!written) return report(written.error());
  print(*library, *enrolment, *files, command.json);
  if (!wish->ca_fingerprint) note_unverified(*library, *enrolment);
  return finish_output();
}

}  // namespace scep_ra::tool
