#include "connect/mail/address.h"

#include <gtest/gtest.h>

namespace rapport::connect {
namespace {

std::string checked(std::string_view address) {
  const auto result = check_address(address);
  return result.ok() ? result->text() : result.error().message;
}

TEST(MailAddress, StaysAsItIsButForItsDomain) {
  EXPECT_EQ(checked("Ana.Lee+news@ACME.Example"), "Ana.Lee+news@acme.example");
  EXPECT_EQ(checked("o'brien_{x}@a-b.example"), "o'brien_{x}@a-b.example");
}

TEST(MailAddress, InternationalDomainsGetTheirAsciiForm) {
  EXPECT_EQ(checked("info@Bücher.example"), "info@xn--bcher-kva.example");
  EXPECT_EQ(checked("info@faß.example"), "info@xn--fa-hia.example");
  EXPECT_EQ(checked("info@例え.example"), "info@xn--r8jz45g.example");
}

TEST(MailAddress, NamesBeyondAsciiNeedAServerThatKnowsThem) {
  EXPECT_TRUE(check_address("аня@acme.example")->needs_utf8());
  EXPECT_FALSE(check_address("ana@bücher.example")->needs_utf8());
}

TEST(MailAddress, BecomesAUrl) {
  EXPECT_EQ(mailto(*check_address("a+b%c&d?@acme.example")), "mailto:a+b%25c%26d%3F@acme.example");
  EXPECT_EQ(mailto(*check_address("ñ@acme.example")), "mailto:%C3%B1@acme.example");
}

TEST(MailAddress, SaysWhatIsWrong) {
  struct Case {
    std::string_view address, message;
  };
  const Case cases[] = {
      {"", "has no @"},
      {"ana", "has no @"},
      {"@acme.example", "has no name of up to 64 bytes before the @"},
      {"ana@", "has no domain of up to 253 bytes"},
      {"ana@acme", "has a domain without a dot"},
      {"ana@acme..example", "has a domain that is malformed"},
      {"ana@-acme.example", "has a domain that is malformed"},
      {"ana@acme.example.", "has a domain that is malformed"},
      {"ana@[127.0.0.1]", "has a domain that is malformed"},
      {"ana@ac me.example", "has a domain that is malformed"},
      {"a..b@acme.example", "has a dot too many before the @"},
      {".a@acme.example", "has a dot too many before the @"},
      {"a b@acme.example", "has a character before the @ that addresses may not hold"},
      {"\"a\"@acme.example", "has a character before the @ that addresses may not hold"},
      {"a@b@acme.example", "has a character before the @ that addresses may not hold"},
      {"a\r\nBcc:x@acme.example", "has a character before the @ that addresses may not hold"},
      {"ana@acme.example\r\nBcc: x", "has a domain that is malformed"},
      {"ana@b\xc3\xbc\xe2\x80\xae.example", "has a domain that is no international domain name"},
      {"ana@aא.example", "has a domain that is no international domain name"},
      {"\xff@acme.example", "is not UTF-8"}};
  for (const Case& one : cases) EXPECT_EQ(checked(one.address), one.message) << one.address;
  EXPECT_EQ(checked(std::string(65, 'a') + "@acme.example"),
            "has no name of up to 64 bytes before the @");
}

}  // namespace
}  // namespace rapport::connect
