#include "scep/message_types.h"

#include "catch.h"
#include "scep/algorithm_policy.h"

using namespace scep_ra;
using namespace scep_ra::scep;

TEST_CASE("of all numbers six are message types", "[scep][req:M9]") {
  int known = 0;
  for (int number = 0; number <= 999; ++number)
    known += message_type(std::to_string(number)) ? 1 : 0;
  CHECK(known == 6);
  CHECK(message_type("3") == MessageType::cert_rep);
  CHECK(message_type("17") == MessageType::renewal_req);
  CHECK(message_type("19") == MessageType::pkcs_req);
  CHECK(message_type("20") == MessageType::cert_poll);
  CHECK(message_type("21") == MessageType::get_cert);
  CHECK(message_type("22") == MessageType::get_crl);
  for (const char* text : {"", "03", "019", " 19", "19 ", "+19", "1", "18", "0x13", "19\n"})
    CHECK_FALSE(message_type(text));
}

TEST_CASE("each kind of failure has its failInfo", "[scep][req:F1]") {
  CHECK(fail_info(Errc::bad_alg) == FailInfo::bad_alg);
  CHECK(fail_info(Errc::bad_message_check) == FailInfo::bad_message_check);
  CHECK(fail_info(Errc::bad_time) == FailInfo::bad_time);
  CHECK(fail_info(Errc::bad_cert_id) == FailInfo::bad_cert_id);
  for (const Errc code : {Errc::malformed, Errc::bad_request, Errc::denied, Errc::unavailable,
                          Errc::config, Errc::internal})
    CHECK(fail_info(code) == FailInfo::bad_request);
}

TEST_CASE("an answer uses the request's algorithms, never MD5 or single DES",
          "[scep][req:E6][req:E13][req:R18]") {
  using crypto::Cipher;
  using crypto::Digest;
  const AlgorithmPolicy usual;
  for (const Digest digest : {Digest::sha1, Digest::sha256, Digest::sha384, Digest::sha512})
    CHECK(usual.reply_digest(digest) == digest);
  CHECK(usual.reply_digest(Digest::md5) == Digest::sha1);
  for (const Cipher cipher :
       {Cipher::des_ede3_cbc, Cipher::aes128_cbc, Cipher::aes192_cbc, Cipher::aes256_cbc})
    CHECK(usual.reply_cipher(cipher) == cipher);
  CHECK(usual.reply_cipher(Cipher::des_cbc) == Cipher::des_ede3_cbc);

  const AlgorithmPolicy hardened{.triple_des = false, .sha1 = false};
  CHECK(hardened.reply_digest(Digest::md5) == Digest::sha256);
  CHECK(hardened.reply_digest(Digest::sha1) == Digest::sha256);
  CHECK(hardened.reply_digest(Digest::sha512) == Digest::sha512);
  CHECK(hardened.reply_cipher(Cipher::des_cbc) == Cipher::aes128_cbc);
  CHECK(hardened.reply_cipher(Cipher::des_ede3_cbc) == Cipher::aes128_cbc);
}

TEST_CASE("AES and SHA-2 are always on, the rest by a word each", "[scep][req:E6]") {
  using crypto::Cipher;
  using crypto::Digest;
  const AlgorithmPolicy none{.triple_des = false, .sha1 = false};
  for (const Digest digest : {Digest::sha256, Digest::sha384, Digest::sha512})
    CHECK(none.allows(digest));
  for (const Cipher cipher : {Cipher::aes128_cbc, Cipher::aes192_cbc, Cipher::aes256_cbc})
    CHECK(none.allows(cipher));
  CHECK_FALSE(none.allows(Digest::sha1));
  CHECK_FALSE(none.allows(Digest::md5));
  CHECK_FALSE(none.allows(Cipher::des_ede3_cbc));
  CHECK_FALSE(none.allows(Cipher::des_cbc));
  const AlgorithmPolicy every{.des = true, .md5 = true};
  CHECK(every.allows(Digest::sha1));
  CHECK(every.allows(Digest::md5));
  CHECK(every.allows(Cipher::des_ede3_cbc));
  CHECK(every.allows(Cipher::des_cbc));
}
