#include "tool/ca_material.h"

#include <algorithm>
#include <charconv>

#include "asn1/name.h"
#include "base/base64.h"
#include "ca/authority.h"
#include "crypto/certificate_writer.h"
#include "crypto/csr.h"
#include "tool/authority.h"

namespace scep_ra::tool {

namespace {

constexpr std::size_t largest_file = std::size_t{256} * 1024;
constexpr std::size_t longest_common_name = 64;
constexpr std::size_t longest_chain = 8;

std::unexpected<Error> refuse(std::string why) {
  return fail(Errc::denied, Reason::none, std::move(why));
}

// "Ex Issuing CA G2" -> "Ex Issuing CA G3".
std::string next_generation(std::string name) {
  const auto at = name.rfind(" G");
  unsigned generation = 1;
  if (at != name.npos) {
    const char* const end = name.data() + name.size();
    unsigned read = 0;
    const auto done = std::from_chars(name.data() + at + 2, end, read);
    if (done.ec == std::errc() && done.ptr == end) {
      generation = read;
      name.resize(at);
    }
  }
  return name + " G" + std::to_string(generation + 1);
}

}  // namespace

Result<crypto::PrivateKey> read_private_key(const crypto::Library& library, const Path& file) {
  auto pem = read_file(file, largest_file, Rights::owner_only);
  if (!pem) return std::unexpected(std::move(pem).error());
  auto key = crypto::PrivateKey::decode_pem(library, *pem);
  wipe({reinterpret_cast<std::uint8_t*>(pem->data()), pem->size()});
  if (!key) key.error().detail = file.string() + ": " + key.error().detail;
  return key;
}

Result<std::vector<crypto::Certificate>> read_certificates(const Path& file) {
  const auto content = read_file(file, largest_file, Rights::any);
  if (!content) return std::unexpected(content.error());
  if (auto one = crypto::Certificate::decode(as_bytes(*content))) return std::vector{*one};
  auto all = crypto::decode_pem_certificates(*content);
  if (!all) all.error().detail = file.string() + ": " + all.error().detail;
  return all;
}

std::string pem_of(const std::vector<crypto::Certificate>& certificates) {
  std::string pem;
  for (const auto& one : certificates) pem += pem_encode("CERTIFICATE", one.der());
  return pem;
}

Result<std::vector<crypto::Certificate>> chain_of(const crypto::Library& library,
                                                  const crypto::Certificate& lowest,
                                                  const std::vector<crypto::Certificate>& known) {
  std::vector<crypto::Certificate> chain{lowest};
  while (!chain.back().is_self_issued()) {
    const auto& below = chain.back();
    const auto issuer = std::ranges::find_if(known, [&](const crypto::Certificate& candidate) {
      return ca::is_ca(candidate) && crypto::is_issued_by(library, below, candidate);
    });
    if (issuer == known.end() || chain.size() == longest_chain)
      return refuse("the CA certificate that issued " + below.subject_text() +
                    " is missing: put all of them up to the root into the file");
    chain.push_back(*issuer);
  }
  return chain;
}

std::optional<crypto::Certificate> certificate_of(
    const std::vector<crypto::Certificate>& certificates, Bytes public_key_info) {
  for (const auto& one : certificates)
    if (equal(one.public_key_info(), public_key_info)) return one;
  return std::nullopt;
}

Result<std::string> ca_request_pem(const crypto::Library& library, Bytes subject,
                                   const crypto::PrivateKey& key) {
  const auto der = crypto::write_csr(
      {.subject = to_buffer(subject),
       .extensions = {crypto::basic_constraints_extension(true, 0U),
                      crypto::key_usage_extension(crypto::key_cert_sign | crypto::crl_sign),
                      crypto::subject_key_identifier_extension(
                          crypto::key_identifier(library, key.public_key().info()))},
       .challenge_password = {}},
      key);
  if (!der) return std::unexpected(der.error());
  return pem_encode("CERTIFICATE REQUEST", *der);
}

std::optional<Buffer> next_generation_name(Bytes subject) {
  asn1::Fault fault;
  asn1::Reader reader(subject, fault);
  std::vector<std::pair<std::string, std::string>> parts;
  bool has_name = false;
  for (const asn1::NameAttribute& one : asn1::read_name(reader)) {
    const std::string keyword = asn1::attribute_keyword(one.type);
    const bool named = keyword == "CN" && !has_name;
    parts.emplace_back(keyword, named ? next_generation(one.value) : one.value);
    if (named && parts.back().second.size() > longest_common_name) return std::nullopt;
    has_name = has_name || named;
  }
  if (fault || !has_name) return std::nullopt;
  return make_name(parts);
}

}  // namespace scep_ra::tool
