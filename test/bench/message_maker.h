#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/key.h"
#include "ra_certificates.h"
#include "scep/message_types.h"

namespace scep_ra::bench {

// A key with a self-signed certificate, as a device has before its first enrolment.
struct Device {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
};

Result<std::vector<Device>> make_devices(const crypto::Library&, unsigned count);

// A PKCSReq, and what its answer is to be checked with.
struct Message {
  const Device* device = nullptr;
  scep::TransactionId transaction_id;
  scep::Nonce nonce;
  Buffer subject;
  Buffer octets;
};

// Makes messages that differ in subject and transactionID, in this run and from all other runs;
// they share a few keys, since making a key takes longer than everything else. Any thread.
class MessageMaker {
 public:
  MessageMaker(crypto::Library, const RaCertificates&, const std::vector<Device>&);
  // An empty password: none in the request.
  Result<Message> make(std::size_t number, std::string_view password) const;

 private:
  crypto::Library library_;
  const RaCertificates& ra_;
  const std::vector<Device>& devices_;
  std::string run_;  // random, so that no other run's names come again
};

}  // namespace scep_ra::bench
