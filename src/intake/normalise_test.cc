#include "intake/normalise.h"

#include <gtest/gtest.h>

namespace rapport::intake {
namespace {

TEST(NormaliseEmail, GivesOneFormForOneMailbox) {
  for (const std::string_view text : {"ana@acme.example", "ANA@ACME.EXAMPLE", "Ana@Acme.Example",
                                      " ana@acme.example ", "\tana@acme.example\r\n"}) {
    EXPECT_EQ(normalise_email(text), "ana@acme.example") << text;
  }
}

TEST(NormaliseEmail, KeepsWhatCanBeAnotherMailbox) {
  EXPECT_EQ(normalise_email("a.na+news@gmail.com"), "a.na+news@gmail.com");
  EXPECT_EQ(normalise_email("jörg@bücher.example"), "jörg@bücher.example");
  EXPECT_EQ(normalise_email("o'neil!#$%&*/=?^_`{|}~-@x.example"),
            "o'neil!#$%&*/=?^_`{|}~-@x.example");
  EXPECT_EQ(normalise_email("a..b.@docomo.ne.jp"), "a..b.@docomo.ne.jp");
  EXPECT_EQ(normalise_email("a@x.xn--p1ai"), "a@x.xn--p1ai");
}

TEST(NormaliseEmail, GivesNoneForWhatIsNoAddress) {
  const std::string_view cases[] = {
      "",
      " ",
      "ana",
      "ana@",
      "@acme.example",
      "ana@acme",
      "ana@@acme.example",
      "ana@acme@example.com",
      "ana@.example",
      "ana@acme.",
      "ana@acme..example",
      "ana@-acme.example",
      "ana@acme-.example",
      "ana@acme.example-",
      "a na@acme.example",
      "ana@ac me.example",
      "Ana <ana@acme.example>",
      "<ana@acme.example>",
      "\"a b\"@acme.example",
      "ana@[10.0.0.1]",
      "ana@10.0.0.1",
      "ana@acme.example, bob@acme.example",
      "ana;b@acme.example",
      "mailto:ana@acme.example",
      "ana@acme.example\nbcc: x@y.example",
      "ana\x7f@acme.example",
      "ana\xC2\x85@acme.example",
      "ana\xff@acme.example",
      "ana@acme.example/x",
  };
  for (const std::string_view text : cases) EXPECT_FALSE(normalise_email(text)) << text;
  EXPECT_FALSE(normalise_email(std::string_view("a\0b@acme.example", 16)));
}

TEST(NormaliseEmail, HoldsTheLimitsOfTheMailStandards) {
  const std::string local(64, 'a');
  EXPECT_TRUE(normalise_email(local + "@acme.example"));
  EXPECT_FALSE(normalise_email(local + "a@acme.example"));
  const std::string domain = std::string(180, 'd') + ".example";  // 188
  EXPECT_TRUE(normalise_email(local + "@" + domain + "x"));       // 254
  EXPECT_FALSE(normalise_email(local + "@" + domain + "xx"));
}

TEST(NormaliseId, TrimsAndRefusesWhatPeopleCannotSee) {
  EXPECT_EQ(normalise_id("user-17"), "user-17");
  EXPECT_EQ(normalise_id("  user 17\n"), "user 17");
  EXPECT_EQ(normalise_id("Ünï-17"), "Ünï-17");
  EXPECT_EQ(normalise_id("User"), "User");  // case is kept: another id
  for (const std::string_view bad :
       {"", "   ", "a\nb", "a\tb", "a\x7f", "a\xff", "a\xC2\x80", "a\xE2\x80\xA8"}) {
    EXPECT_FALSE(normalise_id(bad)) << bad;
  }
  EXPECT_FALSE(normalise_id(std::string_view("a\0b", 3)));
  EXPECT_TRUE(normalise_id(std::string(256, 'x')));
  EXPECT_FALSE(normalise_id(std::string(257, 'x')));
}

TEST(NormalisePhone, GivesOneFormForOneNumber) {
  const std::string_view cases[] = {
      "+4915112345678",
      "+49 151 12345678",
      "+49 151 1234 5678",
      "+49 (0)151 12345678",
      "+49 (0) 151 / 12345678",
      "+49(151)123-456-78",
      "(+49) 151 12345678",
      "+49-151-1234-5678",
      "+49.151.12345678",
      "+49/151/12345678",
      "+ 49 151 12345678",
      "++49 151 12345678",
      "+49 0151 12345678",
      "0049 151 12345678",
      "004915112345678",
      "(0049) 151 12345678",
      "(00) 49 151 12345678",
      "00 49 (0)151 12345678",
      " \t+49 151 12345678\n",
      "+49\u00a0151\u00a012345678",      // no-break spaces
      "+49\u2011151\u201112345678",      // no-break hyphens
      "\u200e+49 151 12345678",          // direction mark, as copied from a chat
      "＋４９ １５１ １２３４５６７８",  // full width
      "tel:+49-151-12345678",
      "Tel. +49 151 12345678",
      "whatsapp:+4915112345678",
  };
  for (const std::string_view text : cases) {
    EXPECT_EQ(normalise_phone(text, ""), "+4915112345678") << text;
    EXPECT_EQ(normalise_phone(text, "US"), "+4915112345678") << text;
  }
}

TEST(NormalisePhone, NeedsARegionForNationalNumbers) {
  for (const std::string_view text :
       {"0151 12345678", "015112345678", "0151/12345678", "(0151) 123 456 78", "151 12345678"}) {
    EXPECT_EQ(normalise_phone(text, "DE"), "+4915112345678") << text;
    EXPECT_EQ(normalise_phone(text, "de"), "+4915112345678") << text;
    EXPECT_FALSE(normalise_phone(text, "")) << text;
  }
  EXPECT_EQ(normalise_phone("(415) 555-0100", "US"), "+14155550100");
  EXPECT_EQ(normalise_phone("020 7946 0018", "GB"), "+442079460018");
  EXPECT_EQ(normalise_phone("06 12 34 56 78", "FR"), "+33612345678");
  EXPECT_EQ(normalise_phone("02 1234 5678", "IT"), "+390212345678");  // keeps its zero
}

TEST(NormalisePhone, GivesNoneForWhatNamesNobody) {
  const std::string_view cases[] = {
      "",
      " ",
      "+",
      "00",
      "phone",
      "n/a",
      "12345",
      "+49",
      "+49 151",
      "+999 1234567",
      "000049 151 12345678",
      "+49 151 12345678 ext. 5",  // a switchboard
      "+1 415 555 0100;ext=12",
      "+49 151 12345678901234567890",
      "4915112345678",  // could be national
      "555-0100",
  };
  for (const std::string_view text : cases) EXPECT_FALSE(normalise_phone(text, "")) << text;
  EXPECT_FALSE(normalise_phone("555-0100", "US"));  // lacks its area code
  EXPECT_FALSE(normalise_phone("0151 12345678", "XX"));
  EXPECT_FALSE(normalise_phone(std::string(1000, '1'), "DE"));
  EXPECT_FALSE(normalise_phone("\xff\xfe", "DE"));
}

}  // namespace
}  // namespace rapport::intake
