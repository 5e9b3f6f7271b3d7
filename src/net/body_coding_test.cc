#include "net/body_coding.h"

#include <gtest/gtest.h>

#include "net/zip_fixture.h"

namespace rapport::net {
namespace {

TEST(BodyCoding, DecodesGzipZlibAndBareDeflate) {
  const std::string plain = "{\"event\":\"Message Sent\"}";
  EXPECT_EQ(*decode_body(Coding::kGzip, gzip(plain), 100), plain);
  EXPECT_EQ(*decode_body(Coding::kDeflate, packed(plain, kZlibFrame), 100), plain);
  EXPECT_EQ(*decode_body(Coding::kDeflate, packed(plain, kNoFrame), 100), plain);
  EXPECT_EQ(*decode_body(Coding::kGzip, gzip("one ") + gzip("two"), 100), "one two");
}

TEST(BodyCoding, DecodesUpToTheLimitAndNotOneByteMore) {
  for (size_t size : {1u, 99u, 100u, 4096u, 70'000u}) {
    const std::string plain(size, 'x');
    for (const std::string& bytes :
         {gzip(plain), gzip(plain.substr(0, size / 2)) + gzip(plain.substr(size / 2))}) {
      const auto fits = decode_body(Coding::kGzip, bytes, size);
      ASSERT_TRUE(fits.ok()) << size;
      EXPECT_EQ(*fits, plain);
      if (size == 1) continue;
      const auto over = decode_body(Coding::kGzip, bytes, size - 1);
      ASSERT_FALSE(over.ok()) << size;
      EXPECT_EQ(over.error().code, Code::kTooLarge);
    }
  }
}

// S10
TEST(BodyCoding, StopsABombAtTheLimit) {
  const std::string bomb = gzip(std::string(64 * 1024 * 1024, '\0'));
  ASSERT_LT(bomb.size(), 70'000u);
  const auto decoded = decode_body(Coding::kGzip, bomb, 1024 * 1024);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, Code::kTooLarge);
}

TEST(BodyCoding, RefusesDamagedCutAndTrailingBytes) {
  const std::string bytes = gzip("some text that is long enough to be worth it, some text");
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(decode_body(Coding::kGzip, bytes.substr(0, cut), 1000).ok()) << cut;
  }
  EXPECT_FALSE(decode_body(Coding::kGzip, bytes + "x", 1000).ok());
  EXPECT_FALSE(decode_body(Coding::kDeflate, packed("text", kZlibFrame) + "x", 1000).ok());
  std::string damaged = bytes;
  damaged[damaged.size() - 6] ^= 1;  // of the checksum
  EXPECT_EQ(decode_body(Coding::kGzip, damaged, 1000).error().code, Code::kInvalid);
}

TEST(BodyCoding, KnowsTheNamesOfItsCodings) {
  EXPECT_EQ(coding_named("GZIP"), Coding::kGzip);
  EXPECT_EQ(coding_named("x-gzip"), Coding::kGzip);
  EXPECT_EQ(coding_named(" deflate "), Coding::kDeflate);
  EXPECT_EQ(coding_named("identity"), Coding::kNone);
  EXPECT_EQ(coding_named("br"), std::nullopt);
  EXPECT_EQ(coding_named("gzip, gzip"), std::nullopt);
}

}  // namespace
}  // namespace rapport::net
