#pragma once

#include <string>

#include "support/parties.h"
#include "support/tree.h"

// Messages that a target makes out of its input, so that fuzzed parts lie behind good signatures
// and good envelopes. By OpenSSL and the tests' encoder, never by the core's.
namespace scep_ra::fuzz {

// Puts `value` in place of every leaf whose content is exactly this word.
void fill_in(Tree&, std::string_view word, Bytes value);

// An element of these octets, whatever they are.
Buffer tagged_octets(std::uint8_t tag, Bytes content);

// One Attribute with one value.
Buffer attribute(const std::string& type, const test::Node& value);

struct Signing {
  const FixedParty* signer = &ec_device();
  Buffer content;                 // eContent
  std::vector<Tree> attributes;   // signedAttrs; the word MD in it becomes messageDigest
  std::vector<Buffer> bag;        // whole certificates, or what is to pass for them
  std::string digest = "SHA256";  // OpenSSL's name
  unsigned signers = 1;           // how often the SignerInfo stands there
  test::Form form = test::Form::der;
};
Buffer signed_message(Signing);

// The signed attributes of a good request: of that type, with the word MD.
std::vector<Tree> good_attributes(std::string_view message_type);

// How an envelope is made; what is spoilt opens to nothing.
struct Sealing {
  enum class Spoil : std::uint8_t {
    nothing,
    block_type,  // 00 01 instead of 00 02
    zero_in_padding,
    no_separator,
    short_key,  // one octet less than the cipher's
    long_key,
    other_key,
    any_number,  // no padding at all
    last_block,  // of the ciphertext
    first_block,
    half_a_block,
  };
  std::size_t cipher = 2;     // index: DES, 3DES, AES-128, AES-192, AES-256, all CBC
  std::size_t transport = 0;  // PKCS#1 v1.5, OAEP with SHA-1, OAEP with SHA-256
  Spoil spoil = Spoil::nothing;
  std::uint8_t flip = 1;  // into what is spoilt
};
inline constexpr std::size_t ciphers = 5, transports = 3, spoils = 11;

struct Sealed {
  Buffer encrypted_key, iv, ciphertext;
};
// To the RA's encryption key.
Sealed seal(Bytes plaintext, const Sealing&);

// ContentInfo with EnvelopedData to the RA; the words EK, IV and CT stand for what `seal` gives.
Buffer envelope_with_words(const Sealing&);

// The words filled in.
Buffer sealed_envelope(Tree envelope, Bytes plaintext, const Sealing&);

// A pkiMessage of that messageType around a CSR, as a good client makes it.
Buffer request_around(Bytes plaintext, const FixedParty& signer, std::string_view message_type,
                      const Sealing& = {}, test::Form = test::Form::der);

}  // namespace scep_ra::fuzz
