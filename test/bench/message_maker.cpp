#include "message_maker.h"

#include "asn1/name.h"
#include "base/hex.h"
#include "crypto/certificate_writer.h"
#include "crypto/csr.h"
#include "scep/client.h"

namespace scep_ra::bench {
namespace {

constexpr std::size_t nonce_size = 16;

Result<Device> make_device(const crypto::Library& library, std::size_t number) {
  auto key = crypto::PrivateKey::generate(library, "rsa:2048");
  if (!key) return std::unexpected(std::move(key).error());
  const Buffer name = asn1::name_from_text("CN=load-device-" + std::to_string(number)).value();
  const Time now = SystemClock().seconds();
  auto der = crypto::write_certificate({.serial = crypto::random_serial(library->random()),
                                        .issuer = name,
                                        .subject = name,
                                        .public_key_info = to_buffer(key->public_key().info()),
                                        .not_before = now - std::chrono::hours(1),
                                        .not_after = now + std::chrono::hours(24),
                                        .extensions = {crypto::key_usage_extension(
                                            crypto::digital_signature | crypto::key_encipherment)}},
                                       *key);
  if (!der) return std::unexpected(std::move(der).error());
  auto certificate = crypto::Certificate::decode(*der);
  if (!certificate) return std::unexpected(std::move(certificate).error());
  return Device{*std::move(key), *std::move(certificate)};
}

}  // namespace

Result<std::vector<Device>> make_devices(const crypto::Library& library, unsigned count) {
  std::vector<Device> devices;
  for (unsigned number = 0; number < count; ++number) {
    auto device = make_device(library, number);
    if (!device) return std::unexpected(std::move(device).error());
    devices.push_back(*std::move(device));
  }
  return devices;
}

MessageMaker::MessageMaker(crypto::Library library, const RaCertificates& ra,
                           const std::vector<Device>& devices)
    : library_(std::move(library)),
      ra_(ra),
      devices_(devices),
      run_(hex_lower(library_->random().bytes(6))) {}

Result<Message> MessageMaker::make(std::size_t number, std::string_view password) const {
  Message message;
  message.device = &devices_[number % devices_.size()];
  message.transaction_id = "load-" + run_ + "-" + std::to_string(number);
  message.nonce = library_->random().bytes(nonce_size);
  message.subject = asn1::name_from_text("CN=" + message.transaction_id).value();
  const auto csr = crypto::write_csr(
      {.subject = message.subject, .extensions = {}, .challenge_password = Secret(password)},
      message.device->key);
  if (!csr) return std::unexpected(csr.error());
  scep::RequestContent content;
  content.transaction_id = message.transaction_id;
  content.sender_nonce = message.nonce;
  content.message_data = *csr;
  auto octets = scep::write_request(library_, content, ra_.recipient(), message.device->certificate,
                                    message.device->key);
  if (!octets) return std::unexpected(std::move(octets).error());
  message.octets = *std::move(octets);
  return message;
}

}  // namespace scep_ra::bench
