#include "tool/new_ra.h"

#include <unistd.h>

#include <array>

#include "base/base64.h"
#include "base/hex.h"
#include "parts.h"
#include "tool/configuration_text.h"
#include "tool/installation.h"
#include "tool/worker.h"

namespace scep_ra::tool {

namespace {

namespace fs = std::filesystem;

constexpr const char* state_file = "state.db";
constexpr const char* crl_folder = "crl";

struct Places {
  Path configuration, folder, state_folder, log_folder, run_folder;
};

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || !name[0]) return "localhost";
  return name.data();
}

// A configuration in /etc has the folders of interfaces.md section 9, another one its own.
Places places_of(const Path& configuration, const NewRaWishes& wishes) {
  const auto file = fs::absolute(configuration).lexically_normal();
  const auto folder = file.parent_path();
  const bool system = folder == "/etc/scep-ra";
  const auto chosen = [&](const Path& wish, const char* in_system, const char* below) {
    if (!wish.empty()) return fs::absolute(wish).lexically_normal();
    return system ? Path(in_system) : folder / below;
  };
  return {file, folder, chosen(wishes.state_folder, "/var/lib/scep-ra", "state"),
          chosen(wishes.log_folder, "/var/log/scep-ra", "log"), chosen({}, "/run/scep-ra", "run")};
}

// A root is there for decades and signs next to nothing: it is stronger than what it certifies.
std::string root_key_type(const std::string& ca_key) {
  if (ca_key == "rsa:2048") return "rsa:3072";
  if (ca_key == "ec:P-256") return "ec:P-384";
  return ca_key.starts_with("rsa:") ? "rsa:4096" : "ec:P-521";
}

Result<AuthorityContent> authority_content(const NewRaWishes& wishes) {
  const auto host = host_name();
  const auto& owner = wishes.company.empty() ? host : wishes.company;
  const auto ca = wishes.ca_name.empty() ? owner : wishes.ca_name;
  const auto root =
      make_name({{"C", wishes.country}, {"O", wishes.company}, {"CN", ca + " Root CA"}});
  const auto issuing =
      make_name({{"C", wishes.country}, {"O", wishes.company}, {"CN", ca + " Issuing CA"}});
  const auto ra = make_name({{"C", wishes.country},
                             {"ST", wishes.state},
                             {"L", wishes.city},
                             {"O", wishes.company},
                             {"OU", wishes.department},
                             {"CN", wishes.ra_name},
                             {"emailAddress", wishes.email}});
  if (!root || !issuing || !ra)
    return fail(Errc::config, Reason::none, "scep-ra: the names given make no distinguished name");
  return AuthorityContent{*root,
                          *issuing,
                          *ra,
                          root_key_type(wishes.ca_key),
                          wishes.ca_key,
                          "rsa:" + std::to_string(wishes.signing_key_length),
                          "rsa:" + std::to_string(wishes.encryption_key_length),
                          wishes.crl_url};
}

std::string configuration_of(const NewRaWishes& wishes, const Places& places) {
  std::vector<std::string> sinks{"file:" + (places.log_folder / "events.jsonl").string()};
  std::error_code ignored;
  if (fs::exists("/dev/log", ignored)) sinks.insert(sinks.begin(), "syslog");
  return configuration_text({.ra_name = wishes.ra_name,
                             .state_file = places.state_folder / state_file,
                             .run_folder = places.run_folder,
                             .sinks = std::move(sinks),
                             .admin_users = wishes.admin_users,
                             .domains = wishes.domains,
                             .require_tls = wishes.require_tls,
                             .crl_url = wishes.crl_url,
                             .crl_file = places.state_folder / crl_folder / "{key}.crl"});
}

Status write_keys(Installation& files, const crypto::Library& library, const Authority& made) {
  struct Pair {
    const CertifiedKey& pair;
    const char* certificate;
    const char* key;
  };
  namespace name = file_name;
  for (const auto& [pair, certificate, key] :
       {Pair{made.root, name::root_certificate, name::root_key},
        Pair{made.issuing, name::ca_certificate, name::ca_key},
        Pair{made.ra_signing, name::signing_certificate, name::signing_key},
        Pair{made.ra_encryption, name::encryption_certificate, name::encryption_key}}) {
    const auto pem = pair.key.encode_pem();
    if (!pem) return std::unexpected(pem.error());
    if (Status written = files.write(key, as_text(pem->reveal()), 0400); !written) return written;
    const auto public_pem = pem_encode("CERTIFICATE", pair.certificate.der());
    if (Status written = files.write(certificate, public_pem, 0644); !written) return written;
  }
  const Secret secret(library->random().bytes(32));
  const Secret digits(hex_lower(secret.reveal()));
  return files.write(name::state_secret, as_text(digits.reveal()), 0400);
}

Result<Installation> begin(const Places& places) {
  std::error_code code;
  if (fs::exists(fs::symlink_status(places.state_folder / state_file, code)))
    return fail(
        Errc::unavailable, Reason::none,
        (places.state_folder / state_file).string() + ": is there already; init replaces nothing");
  namespace name = file_name;
  return Installation::begin(
      places.folder,
      {name::root_certificate, name::root_key, name::ca_certificate, name::ca_key,
       name::signing_certificate, name::signing_key, name::encryption_certificate,
       name::encryption_key, name::state_secret, places.configuration.filename().string()});
}

Status write_all(Installation& files, const crypto::Library& library, const Places& places,
                 const Worker& worker, const Authority& authority, const std::string& text,
                 bool with_crl) {
  const auto configuration = places.configuration.filename().string();
  Status done = write_keys(files, library, authority);
  if (done) done = files.write(configuration, text, 0640);
  if (done && is_root()) done = files.give_to_group(configuration, worker.group);
  if (done) done = files.add_folder(places.state_folder, worker, worker.group, 0700);
  if (done) done = files.add_folder(places.run_folder, worker, worker.group, 0750);
  if (done && with_crl)
    done = files.add_folder(places.state_folder / crl_folder, worker, worker.group, 0755);
  // The group goes on to what the workers write there.
  if (done) done = files.add_folder(places.log_folder, worker, worker.log_group, 02750);
  if (!done) return done;
  const auto read_back = join_parts(files.staged(configuration));
  if (!read_back)
    return fail(Errc::unavailable, Reason::none,
                "the configuration made is not good: " + read_back.error().detail);
  if (done = files.move_into_place(); !done) return done;
  return as_owner_of(places.state_folder, [&] { return (*read_back)->store->open(); });
}

}  // namespace

Result<NewRa> make_new_ra(const crypto::Library& library, const Path& configuration,
                          NewRaWishes wishes) {
  // ndes-behaviour section 9; a common name has at most 64 characters.
  if (wishes.ra_name.empty()) wishes.ra_name = host_name().substr(0, 54) + "-MSCEP-RA";
  const auto places = places_of(configuration, wishes);
  const auto worker = find_worker(wishes.user);
  if (!worker) return std::unexpected(worker.error());
  const auto content = authority_content(wishes);
  if (!content) return std::unexpected(content.error());
  auto files = begin(places);
  if (!files) return std::unexpected(std::move(files).error());
  auto authority = make_authority(library, SystemClock(), *content);
  if (!authority) return std::unexpected(std::move(authority).error());
  const auto text = configuration_of(wishes, places);
  if (Status done =
          write_all(*files, library, places, *worker, *authority, text, !wishes.crl_url.empty());
      !done)
    return std::unexpected(std::move(done).error());
  files->keep();
  return NewRa{places.configuration, places.folder, places.state_folder, places.log_folder,
               *std::move(authority)};
}

}  // namespace scep_ra::tool
