// The few cryptographic operations we use, each one library call wide.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace rapport {

using Hash = std::array<uint8_t, 32>;  // SHA-256
using Key = std::array<uint8_t, 32>;   // AES-256 or BLAKE2b key
using Digest16 = std::array<uint8_t, 16>;

// SHA-256 over the parts in order, as if joined.
Hash sha256(std::initializer_list<std::string_view> parts);
std::string_view bytes_of(const Hash& hash);
std::string_view bytes_of(const Digest16& digest);

// BLAKE2b keyed, 16 bytes: pseudonyms of identifiers and message ids (a few 100 ns).
Digest16 keyed_hash(const Key& key, std::initializer_list<std::string_view> parts);

std::string hmac_sha256(std::string_view key, std::string_view message);
bool equal_in_constant_time(std::string_view a, std::string_view b);

// AES-256-GCM. Sealed form: 12-byte random nonce, ciphertext, 16-byte tag. `context` is
// authenticated, not stored: bytes moved to another place do not open.
inline constexpr size_t kSealOverhead = 28;
// `sealed` has room for exactly the plain text and kSealOverhead.
void seal(const Key& key, std::string_view plain, std::string_view context, Random& random,
          std::span<char> sealed);
std::string seal(const Key& key, std::string_view plain, std::string_view context, Random& random);
Result<std::string> unseal(const Key& key, std::string_view sealed, std::string_view context);

uint32_t crc32c(uint32_t crc, std::string_view bytes);  // start with 0; hardware where present

// Ed25519 signature over `message` by the key pair grown from a 32-byte seed.
std::string sign(const Key& seed, std::string_view message);
bool signature_holds(const Key& seed, std::string_view message, std::string_view signature);

}  // namespace rapport
