#include "access/api_key.h"

#include <gtest/gtest.h>

#include "testing/fakes.h"

namespace rapport::access {
namespace {

TEST(ApiKey, IsPrefixRandomPartAndChecksum) {
  SeededRandom random(1);
  const std::string secret = make_secret(kApiKeyPrefix, random);
  EXPECT_EQ(secret.size(), 9 + 43 + 6);
  EXPECT_TRUE(secret.starts_with("rpt_live_"));
  EXPECT_TRUE(is_well_formed(kApiKeyPrefix, secret));
  EXPECT_NE(make_secret(kApiKeyPrefix, random), secret);
}

TEST(ApiKey, EveryChangedCharacterIsNoticedWithoutALookUp) {
  SeededRandom random(2);
  const std::string secret = make_secret(kApiKeyPrefix, random);
  for (size_t i = 0; i < secret.size(); ++i) {
    for (char c : {'A', 'z', '0', '-', '_', ' ', '\0', '\xff'}) {
      if (secret[i] == c) continue;
      std::string other = secret;
      other[i] = c;
      EXPECT_FALSE(is_well_formed(kApiKeyPrefix, other)) << other;
    }
  }
}

TEST(ApiKey, CutLengthenedAndForeignTextsAreNotWellFormed) {
  SeededRandom random(3);
  const std::string secret = make_secret(kApiKeyPrefix, random);
  for (size_t length = 0; length < secret.size(); ++length)
    EXPECT_FALSE(is_well_formed(kApiKeyPrefix, secret.substr(0, length)));
  EXPECT_FALSE(is_well_formed(kApiKeyPrefix, secret + "A"));
  EXPECT_FALSE(is_well_formed(kSetupPrefix, secret));
  EXPECT_FALSE(is_well_formed(kApiKeyPrefix, make_secret(kSetupPrefix, random)));
}

// Keys that users hold must stay valid for ever.
TEST(ApiKey, FormOfTheFirstReleaseStaysValid) {
  EXPECT_TRUE(
      is_well_formed(kApiKeyPrefix, "rpt_live_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8QR3LDw"));
}

TEST(ApiKey, IdIsNoPartOfTheSecret) {
  SeededRandom random(4);
  const std::string id = make_key_id(random);
  EXPECT_EQ(id.size(), 4 + 26);
  EXPECT_TRUE(id.starts_with("key_"));
}

}  // namespace
}  // namespace rapport::access
