#include "base/crypto.h"

#include <nmmintrin.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <cstring>
#include <memory>

namespace rapport {
namespace {

constexpr size_t kNonce = 12;
constexpr size_t kTag = 16;

const uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}
uint8_t* bytes(char* text) {
  return reinterpret_cast<uint8_t*>(text);
}

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;

// Looking an algorithm up costs more than hashing a short text, so each thread keeps its contexts.
struct Contexts {
  std::unique_ptr<EVP_MD, Freed<EVP_MD_free>> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_CIPHER, Freed<EVP_CIPHER_free>> gcm{
      EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  DigestContext digest{EVP_MD_CTX_new()};
  CipherContext sealer{EVP_CIPHER_CTX_new()};
  CipherContext opener{EVP_CIPHER_CTX_new()};

  Contexts() {
    CHECK(sha256 && gcm && digest && sealer && opener);
    CHECK(EVP_EncryptInit_ex2(sealer.get(), gcm.get(), nullptr, nullptr, nullptr) == 1);
    CHECK(EVP_DecryptInit_ex2(opener.get(), gcm.get(), nullptr, nullptr, nullptr) == 1);
  }
};

Contexts& contexts() {
  thread_local Contexts mine;
  return mine;
}

// Picks libsodium's fastest implementations, once.
void wake_sodium() {
  static const bool awake = sodium_init() >= 0;
  CHECK(awake);
}

struct KeyPair {
  std::array<uint8_t, crypto_sign_PUBLICKEYBYTES> open;
  std::array<uint8_t, crypto_sign_SECRETKEYBYTES> secret;
  explicit KeyPair(const Key& seed) {
    wake_sodium();
    CHECK(crypto_sign_seed_keypair(open.data(), secret.data(), seed.data()) == 0);
  }
  ~KeyPair() { OPENSSL_cleanse(secret.data(), secret.size()); }
};

constexpr std::array<uint32_t, 256> kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0x82F63B78U ^ c >> 1 : c >> 1;
    table[i] = c;
  }
  return table;
}();

uint32_t crc_by_table(uint32_t crc, std::string_view text) {
  for (char c : text) crc = kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 255] ^ crc >> 8;
  return crc;
}

__attribute__((target("sse4.2"))) uint32_t crc_by_hardware(uint32_t crc, std::string_view text) {
  uint64_t wide = crc;
  for (; text.size() >= 8; text.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = static_cast<uint32_t>(wide);
  for (char c : text) crc = _mm_crc32_u8(crc, static_cast<uint8_t>(c));
  return crc;
}

}  // namespace

Hash sha256(std::initializer_list<std::string_view> parts) {
  Contexts& c = contexts();
  Hash hash;
  CHECK(EVP_DigestInit_ex2(c.digest.get(), c.sha256.get(), nullptr) == 1);
  for (std::string_view part : parts)
    CHECK(EVP_DigestUpdate(c.digest.get(), part.data(), part.size()) == 1);
  CHECK(EVP_DigestFinal_ex(c.digest.get(), hash.data(), nullptr) == 1);
  return hash;
}

std::string_view bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}
std::string_view bytes_of(const Digest16& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest16 keyed_hash(const Key& key, std::initializer_list<std::string_view> parts) {
  wake_sodium();
  Digest16 out;
  crypto_generichash_state state;
  CHECK(crypto_generichash_init(&state, key.data(), key.size(), out.size()) == 0);
  for (std::string_view part : parts)
    CHECK(crypto_generichash_update(&state, bytes(part), part.size()) == 0);
  CHECK(crypto_generichash_final(&state, out.data(), out.size()) == 0);
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string out(crypto_auth_hmacsha256_BYTES, '\0');
  wake_sodium();
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes(message), message.size());
  crypto_auth_hmacsha256_final(&state, bytes(out.data()));
  OPENSSL_cleanse(&state, sizeof state);
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string seal(const Key& key, std::string_view plain, std::string_view context, Random& random) {
  std::string out(plain.size() + kSealOverhead, '\0');
  seal(key, plain, context, random, out);
  return out;
}

void seal(const Key& key, std::string_view plain, std::string_view context, Random& random,
          std::span<char> sealed) {
  CHECK(sealed.size() == plain.size() + kSealOverhead);
  EVP_CIPHER_CTX* ctx = contexts().sealer.get();
  uint8_t* nonce = bytes(sealed.data());
  uint8_t* body = nonce + kNonce;
  random.fill({nonce, kNonce});
  int n = 0;
  CHECK(EVP_EncryptInit_ex2(ctx, nullptr, key.data(), nonce, nullptr) == 1);
  CHECK(EVP_EncryptUpdate(ctx, nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1);
  CHECK(EVP_EncryptUpdate(ctx, body, &n, bytes(plain), static_cast<int>(plain.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(ctx, body + n, &n) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, kTag, body + plain.size()) == 1);
}

Result<std::string> unseal(const Key& key, std::string_view sealed, std::string_view context) {
  const auto refused = [] {
    return corrupt("sealed bytes do not open: they were changed, moved or sealed with another key");
  };
  if (sealed.size() < kSealOverhead) return refused();
  EVP_CIPHER_CTX* ctx = contexts().opener.get();
  const uint8_t* nonce = bytes(sealed);
  const uint8_t* body = nonce + kNonce;
  const size_t size = sealed.size() - kSealOverhead;
  std::string out(size, '\0');
  std::array<uint8_t, kTag> tag;
  std::memcpy(tag.data(), body + size, kTag);
  int n = 0;
  CHECK(EVP_DecryptInit_ex2(ctx, nullptr, key.data(), nonce, nullptr) == 1);
  CHECK(EVP_DecryptUpdate(ctx, nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1);
  CHECK(EVP_DecryptUpdate(ctx, bytes(out.data()), &n, body, static_cast<int>(size)) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(ctx, bytes(out.data()) + n, &n) != 1) {
    OPENSSL_cleanse(out.data(), out.size());
    return refused();
  }
  return out;
}

uint32_t crc32c(uint32_t crc, std::string_view text) {
  static const bool fast = __builtin_cpu_supports("sse4.2") != 0;
  return ~(fast ? crc_by_hardware(~crc, text) : crc_by_table(~crc, text));
}

std::string sign(const Key& seed, std::string_view message) {
  const KeyPair pair(seed);
  std::string out(crypto_sign_BYTES, '\0');
  CHECK(crypto_sign_detached(bytes(out.data()), nullptr, bytes(message), message.size(),
                             pair.secret.data()) == 0);
  return out;
}

bool signature_holds(const Key& seed, std::string_view message, std::string_view signature) {
  if (signature.size() != crypto_sign_BYTES) return false;
  const KeyPair pair(seed);
  return crypto_sign_verify_detached(bytes(signature), bytes(message), message.size(),
                                     pair.open.data()) == 0;
}

}  // namespace rapport
