#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "testing/fakes.h"

namespace rapport {
namespace {

std::string problem(std::string_view text, JsonLimits limits = {}) {
  const auto parsed = parse_json(text, limits);
  return parsed.ok() ? "accepted" : parsed.error().message;
}

TEST(Json, PrintsWhatItParsed) {
  const char* const kTexts[] = {"null",
                                "true",
                                "false",
                                "0",
                                "-1",
                                "9223372036854775807",
                                "-9223372036854775808",
                                "1.5",
                                "1e+300",
                                "5e-324",
                                "0.1",
                                "-0.0",
                                "1.0",
                                R"("")",
                                R"("a\"b\\c\n\u0001é🙂")",
                                "[]",
                                "{}",
                                "[1,[2,[3]],{}]",
                                R"({"b":1,"a":[true,null],"c":{"d":"e"}})"};
  for (const char* text : kTexts) EXPECT_EQ(to_text(parse_json(text).value()), text);
}

TEST(Json, KeepsTypesOfNumbers) {
  EXPECT_TRUE(parse_json("1")->is_int());
  EXPECT_TRUE(parse_json("1.0")->is_double());
  EXPECT_TRUE(parse_json("1e2")->is_double());
  EXPECT_EQ(parse_json("1e2")->as_double(), 100);
  EXPECT_TRUE(parse_json("9223372036854775808")->is_double());
  EXPECT_EQ(parse_json("9223372036854775808")->as_double(), 9223372036854775808.0);
  EXPECT_EQ(to_text(Json(std::nan(""))), "null");
  SeededRandom random(3);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t bits = random.number();
    double d;
    std::memcpy(&d, &bits, sizeof d);
    if (!std::isfinite(d)) continue;
    EXPECT_EQ(parse_json(to_text(Json(d)))->as_double(), d);
  }
}

TEST(Json, UnescapesText) {
  EXPECT_EQ(parse_json(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u65e5\ud83d\ude42")")->as_string(),
            "\"\\/\b\f\n\r\tAé日🙂");
  EXPECT_EQ(parse_json(R"("a\u0000b")")->as_string(), std::string("a\0b", 3));
  const std::string at_every_offset = R"("0123456789abcdef\n0123456789é0123456789")";
  EXPECT_EQ(parse_json(at_every_offset)->as_string(), "0123456789abcdef\n0123456789é0123456789");
}

TEST(Json, RefusesWhatRfc8259DoesNotAllow) {
  const char* const kWrong[] = {"",
                                " ",
                                "nul",
                                "True",
                                "[1,]",
                                "[,1]",
                                "[1 2]",
                                "[",
                                "]",
                                "{",
                                "}",
                                "{,}",
                                R"({"a"})",
                                R"({"a":})",
                                R"({"a":1,})",
                                R"({a:1})",
                                R"({'a':1})",
                                R"({"a":1 "b":2})",
                                "01",
                                "-",
                                "+1",
                                "1.",
                                ".5",
                                "1e",
                                "1e+",
                                "0x1",
                                "1_0",
                                "NaN",
                                "Infinity",
                                "-Infinity",
                                "\"a",
                                "\"a\\\"",
                                "\"\\",
                                R"("\x")",
                                R"("\u12")",
                                R"("\u12g4")",
                                R"("\ud800")",
                                R"("\udc00\ud800")",
                                R"("\ud800\u0041")",
                                "\"a\nb\"",
                                "\"a\tb\"",
                                "\"\x01\"",
                                "1 2",
                                "{}x",
                                "// c\n1",
                                "[1]]",
                                "\xef\xbb\xbf{}",
                                "-01",
                                "--1",
                                "1.e5",
                                "\"\x7f\xff\""};
  for (const char* text : kWrong) EXPECT_FALSE(parse_json(text).ok()) << text;
  EXPECT_FALSE(parse_json(std::string_view("1\0", 2)).ok());
  EXPECT_FALSE(parse_json(std::string_view("\"a\0b\"", 5)).ok());
}

TEST(Json, RefusesTextThatIsNotUtf8AnywhereInTheString) {
  for (size_t before = 0; before < 20; ++before) {
    for (const char* wrong : {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xff", "\xe2\x82"}) {
      const std::string text = '"' + std::string(before, 'a') + wrong + "b\"";
      EXPECT_EQ(problem(text), "not valid JSON at byte 1: this text is not valid UTF-8");
      EXPECT_FALSE(parse_json("{" + text + ":1}").ok());
    }
  }
}

TEST(Json, NamesThePlaceAndTheProblem) {
  EXPECT_EQ(problem(R"({"a": tru})"),
            "not valid JSON at byte 6: expected a value (text needs double quotes)");
  EXPECT_EQ(problem("[1"), "not valid JSON at byte 2: expected ',' or ']'");
  EXPECT_EQ(parse_json("[1").error().where, "2");
  EXPECT_EQ(parse_json("[1").error().code, Code::kInvalid);
}

TEST(Json, RefusesRepeatedNamesInSmallAndLargeObjects) {
  EXPECT_EQ(problem(R"({"a":1,"b":2,"a":3})"),
            "not valid JSON at byte 13: this member name is there twice");
  EXPECT_NE(problem(R"({"a":1,"\u0061":2})"), "accepted");
  for (int size : {15, 16, 17, 18, 1000}) {
    std::string text = "{";
    for (int i = 0; i < size; ++i)
      text += "\"m" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    EXPECT_EQ(problem(text + R"("last":1})"), "accepted") << size;
    EXPECT_NE(problem(text + R"("m3":1})"), "accepted") << size;
  }
}

TEST(Json, RefusesWhatIsOverTheLimits) {
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(problem(nested(64)), "accepted");
  EXPECT_NE(problem(nested(65)), "accepted");
  EXPECT_NE(problem(std::string(1'000'000, '[')), "accepted");
  EXPECT_NE(problem("[[1]]", {.depth = 1}), "accepted");
  EXPECT_EQ(problem("[1,2,3]", {.members = 4}), "accepted");
  EXPECT_NE(problem("[1,2,3]", {.members = 3}), "accepted");
  EXPECT_NE(problem("1e999999"), "accepted");
  EXPECT_NE(problem("-1e400"), "accepted");
  EXPECT_NE(problem(std::string(400, '9')), "accepted");
}

TEST(Json, ReadsMembersAndPaths) {
  const Json json =
      parse_json(R"({"s":"x","n":7,"b":true,"z":null,"t":{"emails":[{"v":"a@b"},"c@d"]}})").value();
  EXPECT_EQ(json.text("s"), "x");
  EXPECT_EQ(json.text("n", "none"), "none");
  EXPECT_EQ(json.integer("n"), 7);
  EXPECT_EQ(json.integer("s", -1), -1);
  EXPECT_TRUE(json.flag("b"));
  EXPECT_TRUE(json.find("z")->is_null());
  EXPECT_EQ(json.find("absent"), nullptr);
  EXPECT_EQ(Json(1).find("a"), nullptr);
  EXPECT_EQ(json.at_path("t.emails.0.v")->as_string(), "a@b");
  EXPECT_EQ(json.at_path("t.emails.1")->as_string(), "c@d");
  for (const char* path : {"t.emails.2", "t.emails.x", "t.emails.-1", "t.emails.", "s.a", "", "t."})
    EXPECT_EQ(json.at_path(path), nullptr) << path;
}

TEST(Json, SetsErasesAndAppends) {
  Json json;
  json.set("a", 1).set("b", "x").set("a", Json::array());
  json.edit("a")->push_back(2.5);
  EXPECT_EQ(to_text(json), R"({"a":[2.5],"b":"x"})");
  json.erase("a");
  json.erase("absent");
  EXPECT_EQ(to_text(json), R"({"b":"x"})");
}

TEST(Json, CanonicalTextDoesNotDependOnOrder) {
  const auto a = parse_json(R"({"b":{"y":1,"x":2},"a":[{"d":1,"c":2}]})").value();
  const auto b = parse_json(R"({"a":[{"c":2,"d":1}],"b":{"x":2,"y":1}})").value();
  EXPECT_EQ(to_canonical_text(a), R"({"a":[{"c":2,"d":1}],"b":{"x":2,"y":1}})");
  EXPECT_EQ(to_canonical_text(a), to_canonical_text(b));
  EXPECT_FALSE(a == b) << "equality keeps the order";
}

TEST(Json, PrettyTextIsForPeople) {
  EXPECT_EQ(to_pretty_text(parse_json(R"({"a":[1,{}],"b":[]})").value()),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

// Random bytes and random changes to a valid text: no crash, and what is accepted prints and
// parses to itself.
TEST(Json, SurvivesDamagedTexts) {
  SeededRandom random(11);
  const std::string valid = R"({"a":[1,-2.5e3,"x\n\u00e9é"],"b":{"c":null,"d":true}})";
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = valid;
    for (uint64_t n = random.below(3) + 1; n > 0; --n)
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    const auto parsed = parse_json(text);
    if (!parsed.ok()) continue;
    ++accepted;
    EXPECT_EQ(parse_json(to_text(*parsed)).value(), *parsed);
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace rapport
