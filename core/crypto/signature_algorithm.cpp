#include <array>

#include "crypto/key.h"

namespace scep_ra::crypto {
namespace {

namespace oid = asn1::oid;
namespace tag = asn1::tag;

struct Named {
  const asn1::Oid* type;
  SignatureAlgorithm algorithm;
};

constexpr std::array named_algorithms{
    Named{&oid::md5_with_rsa, {KeyKind::rsa, Digest::md5, Padding::pkcs1}},
    Named{&oid::sha1_with_rsa, {KeyKind::rsa, Digest::sha1, Padding::pkcs1}},
    Named{&oid::sha256_with_rsa, {KeyKind::rsa, Digest::sha256, Padding::pkcs1}},
    Named{&oid::sha384_with_rsa, {KeyKind::rsa, Digest::sha384, Padding::pkcs1}},
    Named{&oid::sha512_with_rsa, {KeyKind::rsa, Digest::sha512, Padding::pkcs1}},
    Named{&oid::ecdsa_with_sha1, {KeyKind::ec, Digest::sha1, Padding::pkcs1}},
    Named{&oid::ecdsa_with_sha256, {KeyKind::ec, Digest::sha256, Padding::pkcs1}},
    Named{&oid::ecdsa_with_sha384, {KeyKind::ec, Digest::sha384, Padding::pkcs1}},
    Named{&oid::ecdsa_with_sha512, {KeyKind::ec, Digest::sha512, Padding::pkcs1}},
};

// RSASSA-PSS-params (RFC 4055, 3.1): a named digest, MGF1 with the same one, trailer 1; the salt
// may have any sensible length. Its defaults are SHA-1's.
std::optional<SignatureAlgorithm> read_pss(asn1::Reader& algorithm) {
  asn1::Reader parameters = algorithm.enter(tag::sequence);
  algorithm.end();
  std::optional<Digest> digest = Digest::sha1;
  std::optional<Digest> mask_digest = Digest::sha1;
  std::uint32_t salt = 20;
  std::uint32_t trailer = 1;
  const auto explicitly = [&](unsigned number, auto&& read) {
    if (!parameters.next_is(tag::context_constructed(number))) return;
    asn1::Reader value = parameters.enter(tag::context_constructed(number));
    read(value);
    value.end();
  };
  explicitly(0, [&](asn1::Reader& value) { digest = read_digest_algorithm(value); });
  explicitly(1, [&](asn1::Reader& value) { mask_digest = read_mgf1_algorithm(value); });
  explicitly(2, [&](asn1::Reader& value) { salt = value.small_unsigned(); });
  explicitly(3, [&](asn1::Reader& value) { trailer = value.small_unsigned(); });
  parameters.end();
  if (!digest || digest != mask_digest || salt > 128 || trailer != 1) return std::nullopt;
  return SignatureAlgorithm{KeyKind::rsa, *digest, Padding::pss, salt};
}

}  // namespace

std::optional<Digest> read_digest_algorithm(asn1::Reader& reader) {
  const asn1::Element element = reader.take(tag::sequence);
  asn1::Fault fault;
  asn1::Reader algorithm(element.content, fault);
  const asn1::Oid type = algorithm.oid();
  algorithm.optional_null();
  algorithm.end();
  return fault ? std::nullopt : digest_of(type);
}

std::optional<Digest> read_mgf1_algorithm(asn1::Reader& reader) {
  const asn1::Element element = reader.take(tag::sequence);
  asn1::Fault fault;
  asn1::Reader algorithm(element.content, fault);
  const bool is_mgf1 = algorithm.oid() == oid::mgf1;
  const auto digest = read_digest_algorithm(algorithm);
  algorithm.end();
  return fault || !is_mgf1 ? std::nullopt : digest;
}

std::optional<SignatureAlgorithm> read_signature_algorithm(asn1::Reader& reader,
                                                           std::optional<Digest> digest) {
  // A Fault of its own: an algorithm that we cannot read is badAlg, not an unreadable message.
  const asn1::Element element = reader.take(tag::sequence);
  asn1::Fault fault;
  asn1::Reader algorithm(element.content, fault);
  const asn1::Oid type = algorithm.oid();
  if (type == oid::rsassa_pss) {
    const auto pss = read_pss(algorithm);
    return fault ? std::nullopt : pss;
  }
  algorithm.optional_null();  // absent or NULL, both are seen (scep-requirements M19)
  algorithm.end();
  if (fault) return std::nullopt;
  for (const Named& named : named_algorithms)
    if (*named.type == type) return named.algorithm;
  if (digest && type == oid::rsa_encryption)
    return SignatureAlgorithm{KeyKind::rsa, *digest, Padding::pkcs1};
  if (digest && type == oid::ec_public_key)
    return SignatureAlgorithm{KeyKind::ec, *digest, Padding::pkcs1};
  return std::nullopt;
}

}  // namespace scep_ra::crypto
