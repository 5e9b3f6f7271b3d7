#include "base/text.h"

#include <gtest/gtest.h>

#include "testing/fakes.h"

namespace rapport {
namespace {

TEST(Text, EncodesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : kVectors) {
    EXPECT_EQ(to_base64(plain), coded);
    EXPECT_EQ(from_base64(coded), plain);
  }
}

TEST(Text, RoundTripsAnyBytesInEveryEncoding) {
  SeededRandom random(1);
  for (size_t size = 0; size < 70; ++size) {
    std::string bytes(size, '\0');
    random.fill({reinterpret_cast<uint8_t*>(bytes.data()), size});
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    EXPECT_EQ(percent_decode(percent_encode(bytes)), bytes);
  }
}

TEST(Text, RefusesWhatIsNotInTheEncoding) {
  for (const char* wrong : {"Z", "Zg=", "Zg===", "Z g=", "Zh==", "Zg==Zg==", "Zm9v-", "=", "===="})
    EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
  EXPECT_EQ(from_base64("Zg"), "f") << "padding is optional";
  EXPECT_EQ(from_base64url("-_8"), "\xfb\xff");
  EXPECT_EQ(from_base64url("+/8"), std::nullopt);
  for (const char* wrong : {"a", "0g", "0x"}) EXPECT_EQ(from_hex(wrong), std::nullopt) << wrong;
  EXPECT_EQ(from_hex("aAfF09"), "\xaa\xff\x09");
  for (const char* wrong : {"%", "%4", "%4g", "a%"})
    EXPECT_EQ(percent_decode(wrong), std::nullopt) << wrong;
  EXPECT_EQ(percent_decode("a%20b+c"), "a b+c");
  EXPECT_EQ(percent_encode("a b/~é"), "a%20b%2F~%C3%A9");
}

TEST(Text, WritesCrockfordBase32) {
  EXPECT_EQ(to_base32(""), "");
  EXPECT_EQ(to_base32("f"), "cr");
  EXPECT_EQ(to_base32("foobar"), "csqpyrk1e8");
}

TEST(Text, TrimsLowersSplitsAndCompares) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim("  "), "");
  EXPECT_EQ(ascii_lower("AbÉZ"), "abÉz");
  EXPECT_TRUE(equals_ignoring_case("Content-Type", "content-TYPE"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

TEST(Text, KnowsUtf8) {
  for (const char* right :
       {"", "plain ascii text", "é", "日本語", "🙂", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(right)) << right;
  const char* const kWrong[] = {"\x80",
                                "\xc0\xaf",
                                "\xc1\xbf",
                                "\xe0\x80\xaf",
                                "\xed\xa0\x80",
                                "\xf4\x90\x80\x80",
                                "\xf5\x80\x80\x80",
                                "\xff",
                                "\xe2\x82",
                                "abcdefgh\xe2",
                                "\xc3("};
  for (const char* wrong : kWrong) EXPECT_FALSE(is_utf8(wrong)) << to_hex(wrong);
}

TEST(Text, CutsBetweenCharacters) {
  EXPECT_EQ(cut_utf8("aé日🙂", 100), "aé日🙂");
  const size_t kExpected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  for (size_t n = 0; n <= 10; ++n) EXPECT_EQ(cut_utf8("aé日🙂", n).size(), kExpected[n]) << n;
  EXPECT_EQ(cut_utf8("\x80\x80\x80\x80\x80\x80", 5).size(), 5U);
}

TEST(Text, SuggestsTheNearestWord) {
  const std::string_view kWords[] = {"contact", "account", "conversation"};
  EXPECT_EQ(nearest("contcat", kWords), "contact");
  EXPECT_EQ(nearest("acount", kWords), "account");
  EXPECT_EQ(nearest("konversatjon", kWords), "conversation");
  EXPECT_EQ(nearest("ticket", kWords), std::nullopt);
  const std::string_view kShort[] = {"id"};
  EXPECT_EQ(nearest("xy", kShort), std::nullopt);
}

}  // namespace
}  // namespace rapport
