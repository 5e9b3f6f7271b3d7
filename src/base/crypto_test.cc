#include "base/crypto.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/text.h"
#include "testing/fakes.h"

namespace rapport {
namespace {

Key key_of(uint8_t fill) {
  Key key;
  key.fill(fill);
  return key;
}

TEST(Crypto, HashesTheVectorsOfFips180) {
  EXPECT_EQ(to_hex(bytes_of(sha256({}))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(bytes_of(sha256({"abc"}))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({"a", "", "bc"}), sha256({"abc"}));
}

TEST(Crypto, AuthenticatesTheVectorOfRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Crypto, KeyedHashDependsOnKeyAndText) {
  const auto hash = keyed_hash(key_of(1), {"email", "\0", "ana@acme.example"});
  EXPECT_EQ(hash, keyed_hash(key_of(1), {"email", "\0", "ana@acme.example"}));
  EXPECT_NE(hash, keyed_hash(key_of(2), {"email", "\0", "ana@acme.example"}));
  EXPECT_NE(hash, keyed_hash(key_of(1), {"email", "\0", "bob@acme.example"}));
}

TEST(Crypto, OpensWhatItSealed) {
  SeededRandom random(7);
  for (size_t size : {0, 1, 15, 16, 17, 400, 100'000}) {
    const std::string plain(size, 'p');
    const std::string sealed = seal(key_of(1), plain, "place 1", random);
    EXPECT_EQ(sealed.size(), size + kSealOverhead);
    EXPECT_EQ(unseal(key_of(1), sealed, "place 1").value(), plain);
  }
  EXPECT_NE(seal(key_of(1), "same", "", random), seal(key_of(1), "same", "", random));
}

// Known answer: AES-256-GCM, test case 14 of the GCM specification (zero key, nonce and block).
TEST(Crypto, SealsTheVectorOfTheGcmSpecification) {
  class ZeroRandom final : public Random {
    void fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), 0); }
  } zero;
  EXPECT_EQ(to_hex(seal(key_of(0), std::string(16, '\0'), "", zero)).substr(24),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(Crypto, RefusesEveryFlippedBitAndEveryMove) {
  SeededRandom random(7);
  const std::string sealed = seal(key_of(1), "the body", "place 1", random);
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    const auto opened = unseal(key_of(1), changed, "place 1");
    ASSERT_FALSE(opened.ok()) << bit;
    EXPECT_EQ(opened.error().code, Code::kCorrupt);
  }
  EXPECT_FALSE(unseal(key_of(1), sealed, "place 2").ok());
  EXPECT_FALSE(unseal(key_of(2), sealed, "place 1").ok());
  for (size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(unseal(key_of(1), sealed.substr(0, size), "place 1").ok());
  EXPECT_TRUE(unseal(key_of(1), sealed, "place 1").ok()) << "a refusal leaves nothing behind";
}

TEST(Crypto, SealsOnSeveralThreadsAtOnce) {
  SeededRandom random(7);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (uint8_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        const std::string sealed = seal(key_of(t), "body", "here", random);
        if (unseal(key_of(t), sealed, "here").value() != "body") ++wrong;
        if (unseal(key_of(t + 1), sealed, "here").ok()) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Crypto, ComputesTheKnownCrc32c) {
  EXPECT_EQ(crc32c(0, "123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(0, ""), 0U);
  EXPECT_EQ(crc32c(0, std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720 B.4
  EXPECT_EQ(crc32c(0, std::string(32, '\xff')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(crc32c(0, "1234"), "56789"), 0xE3069283U);
}

// Known answer: test 2 of RFC 8032 §7.1.
TEST(Crypto, SignsTheVectorOfRfc8032) {
  Key seed;
  const std::string raw =
      *from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  std::copy(raw.begin(), raw.end(), seed.begin());
  const std::string signature = sign(seed, "\x72");
  EXPECT_EQ(
      to_hex(signature),
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
      "11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(signature_holds(seed, "\x72", signature));
  EXPECT_FALSE(signature_holds(seed, "\x73", signature));
  EXPECT_FALSE(signature_holds(key_of(1), "\x72", signature));
  EXPECT_FALSE(signature_holds(seed, "\x72", signature.substr(1)));
}

TEST(Crypto, ComparesWithoutTellingWhere) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

}  // namespace
}  // namespace rapport
