#include "access/api_key.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace rapport::access {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr size_t kSecretLength = 43;
constexpr size_t kChecksumLength = 6;
constexpr size_t kIdBytes = 16;

template <size_t Size>
std::string random_bytes(Random& random) {
  std::array<uint8_t, Size> bytes;
  random.fill(bytes);
  return {bytes.begin(), bytes.end()};
}

std::string checksum(std::string_view text) {
  const uint32_t crc = crc32c(0, text);
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(crc >> shift);
  return to_base64url(bytes);
}

}  // namespace

std::string make_secret(std::string_view prefix, Random& random) {
  std::string secret(prefix);
  secret += to_base64url(random_bytes<kSecretBytes>(random));
  secret += checksum(secret);
  return secret;
}

bool is_well_formed(std::string_view prefix, std::string_view secret) {
  if (secret.size() != prefix.size() + kSecretLength + kChecksumLength) return false;
  if (!secret.starts_with(prefix)) return false;
  const std::string_view body = secret.substr(0, secret.size() - kChecksumLength);
  return checksum(body) == secret.substr(body.size());
}

Hash stored_form(std::string_view secret) {
  return sha256({secret});
}

std::string make_key_id(Random& random) {
  return "key_" + to_base32(random_bytes<kIdBytes>(random));
}

}  // namespace rapport::access
