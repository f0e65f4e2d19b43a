#include "tool/scep_client.h"

#include "catch.h"

using namespace scep_ra;
using crypto::Cipher;
using crypto::Digest;

namespace {

tool::Manner manner_for(std::string_view caps) {
  return tool::strongest(tool::read_ca_caps(caps));
}

}  // namespace

TEST_CASE("of what a server lists the strongest is used", "[tool]") {
  const auto manner = manner_for("AES\nDES3\nPOSTPKIOperation\nSHA-1\nSHA-256\nSHA-512");
  CHECK(manner.digest == Digest::sha512);
  CHECK(manner.cipher == Cipher::aes128_cbc);
  CHECK(manner.post);
  CHECK(manner_for("AES\nSHA-256").digest == Digest::sha256);
}

TEST_CASE("what a server does not list is not used", "[tool][req:C5]") {
  const auto manner = manner_for("DES3\nSHA-1");
  CHECK(manner.digest == Digest::sha1);
  CHECK(manner.cipher == Cipher::des_ede3_cbc);
  CHECK_FALSE(manner.post);
}

TEST_CASE("a server that lists nothing is spoken to as an old one", "[tool]") {
  const auto manner = manner_for("");
  CHECK(manner.digest == Digest::sha1);
  CHECK(manner.cipher == Cipher::des_ede3_cbc);
  CHECK_FALSE(manner.post);
}

TEST_CASE("SCEPStandard stands for AES, SHA-256 and POST", "[tool]") {
  const auto manner = manner_for("SCEPStandard");
  CHECK(manner.digest == Digest::sha256);
  CHECK(manner.cipher == Cipher::aes128_cbc);
  CHECK(manner.post);
}

TEST_CASE("capabilities may end with CRLF and hold unknown words", "[tool][req:C3]") {
  const auto manner = manner_for("Update\r\nAES\r\nSHA-256\r\nExample.com-x\r\n");
  CHECK(manner.digest == Digest::sha256);
  CHECK(manner.cipher == Cipher::aes128_cbc);
}

TEST_CASE("a word that only begins like a capability is another word", "[tool]") {
  const auto manner = manner_for("AES256\nSHA-2567\nPOSTPKIOperationX");
  CHECK(manner.cipher == Cipher::des_ede3_cbc);
  CHECK(manner.digest == Digest::sha1);
  CHECK_FALSE(manner.post);
}
