#include "base/sha256.h"

#include <openssl/evp.h>

namespace rapport {

struct Sha256::Context {
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(digest); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  CHECK(EVP_DigestInit_ex(context_->digest, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size()) == 1);
}

Hash Sha256::finish() {
  Hash hash;
  CHECK(EVP_DigestFinal_ex(context_->digest, hash.data(), nullptr) == 1);
  return hash;
}

}  // namespace rapport
