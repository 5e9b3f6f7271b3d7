#include "connect/mail/encoding.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace rapport::connect {
namespace {

std::string subject(std::string_view text) {
  HeaderLine line("Subject");
  line.add_text(text);
  return std::move(line).take();
}
std::string phrase(std::string_view text) {
  HeaderLine line("From");
  line.add_phrase(text);
  return std::move(line).take();
}
size_t longest_line(std::string_view text) {
  size_t longest = 0;
  for (std::string_view line : split(text, '\n')) longest = std::max(longest, line.size());
  return longest;
}

TEST(HeaderLine, ShortAsciiStaysAsItIs) {
  EXPECT_EQ(subject("Your plan, 20 % off"), "Subject: Your plan, 20 % off\r\n");
}

TEST(HeaderLine, LongTextIsFoldedBetweenWords) {
  EXPECT_EQ(
      subject("one two three four five six seven eight nine ten eleven  twelve thirteen fourteen"),
      "Subject: one two three four five six seven eight nine ten eleven  twelve\r\n"
      " thirteen fourteen\r\n");
}

TEST(HeaderLine, OtherLettersBecomeEncodedWordsThatKeepCharactersWhole) {
  EXPECT_EQ(subject("Tu plan mensual, José"),
            "Subject: =?utf-8?Q?Tu_plan_mensual=2C_Jos=C3=A9?=\r\n");
  EXPECT_EQ(subject("日本"), "Subject: =?utf-8?B?5pel5pys?=\r\n");
  std::string many;
  for (int i = 0; i < 60; ++i) many += "😀";
  const std::string folded = subject(many);
  EXPECT_LE(longest_line(folded), 77u);  // with its CR
  for (const std::string& word : encoded_words(many, 40))
    EXPECT_TRUE(is_utf8(*from_base64(word.substr(10, word.size() - 12)))) << word;
}

TEST(HeaderLine, WhatLooksEncodedIsEncoded) {
  EXPECT_EQ(subject("=?utf-8?Q?x?="), "Subject: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?=\r\n");
}

TEST(HeaderLine, ALongWordIsEncodedSoThatItFolds) {
  EXPECT_LE(longest_line(subject("x" + std::string(80, ' ') + "y")), 77u);
  EXPECT_LE(longest_line(subject(std::string(200, 'x'))), 77u);
}

TEST(HeaderLine, NamesAreAtomsQuotedOrEncoded) {
  EXPECT_EQ(phrase("Ana Lee"), "From: Ana Lee\r\n");
  EXPECT_EQ(phrase("Lee, Ana \"A\" \\"), "From: \"Lee, Ana \\\"A\\\" \\\\\"\r\n");
  EXPECT_EQ(phrase("\"><script>"), "From: \"\\\"><script>\"\r\n");
  EXPECT_EQ(phrase("José"), "From: =?utf-8?B?Sm9zw6k=?=\r\n");
}

TEST(HeaderLine, FileNamesAreQuotedOrEncodedInPieces) {
  HeaderLine line("Content-Disposition");
  line.add("attachment");
  line.add_parameter("filename", "a \"b\".pdf");
  EXPECT_EQ(std::move(line).take(),
            "Content-Disposition: attachment; filename=\"a \\\"b\\\".pdf\"\r\n");
  HeaderLine other("Content-Disposition");
  other.add("attachment");
  other.add_parameter("filename", "año.pdf");
  EXPECT_EQ(std::move(other).take(),
            "Content-Disposition: attachment; filename*=utf-8''a%C3%B1o.pdf\r\n");
  HeaderLine third("X");
  third.add("a");
  third.add_parameter("filename", std::string(70, 'n'));
  EXPECT_EQ(std::move(third).take(), "X: a; filename*0*=utf-8''" + std::string(45, 'n') +
                                         ";\r\n filename*1*=" + std::string(25, 'n') + "\r\n");
}

TEST(QuotedPrintable, KeepsTextReadableAndLinesShort) {
  EXPECT_EQ(to_quoted_printable("Hi Ana,\n1=1 \nñ\r.\rFrom me\n"),
            "Hi Ana,\r\n1=3D1=20\r\n=C3=B1\r\n=2E\r\n=46rom me\r\n");
  const std::string coded =
      to_quoted_printable(std::string(200, 'x') + "\n" + std::string(80, '\t'));
  EXPECT_LE(longest_line(coded), 77u);
}

TEST(QuotedPrintable, ComesBackTheSame) {
  std::string all;
  for (int i = 0; i < 256; ++i)
    if (i != '\r' && i != '\n') all.push_back(static_cast<char>(i));
  const std::string text = all + "\r\n" + all + all + " \r\n..\r\n" + std::string(300, '.') + " ";
  EXPECT_EQ(from_quoted_printable(to_quoted_printable(text)), text);
}

TEST(QuotedPrintable, WhatIsMalformedStays) {
  EXPECT_EQ(from_quoted_printable("a=zz=4=\n=3d="), "a=zz=4==");
}

TEST(Base64Lines, ComeBackTheSame) {
  const std::string bytes(1000, '\xfe');
  EXPECT_LE(longest_line(to_base64_lines(bytes)), 77u);
  EXPECT_EQ(from_base64_lines(to_base64_lines(bytes)), bytes);
  EXPECT_EQ(from_base64_lines("YW\r\nJj \tZA=="), "abcd");
}

}  // namespace
}  // namespace rapport::connect
