#include "expr/json_slots.h"

#include <gtest/gtest.h>

#include <random>

#include "base/json.h"
#include "expr/collections.h"

namespace rapport::expr {
namespace {

class JsonSlotsTest : public ::testing::Test {
 protected:
  JsonSlotsTest() {
    auto made =
        JsonSlotReader::make({"event.type", "event.list", "a", "a.b", "price", "deep.er.x"});
    EXPECT_TRUE(made.ok());
    reader_.emplace(std::move(*made));
  }
  // "event.type" and so on as describe() shows them, or the error.
  std::string read(std::string_view json, std::string_view path) {
    const auto done = reader_->read(json, record_);
    if (!done.ok()) return "refused: " + done.error().message;
    return describe(record_.read(*reader_->slot(path), arena_));
  }

  std::optional<JsonSlotReader> reader_;
  JsonSlots record_;
  Arena arena_;
};

TEST_F(JsonSlotsTest, DeclaredFieldsAreReadAndOthersAreAbsent) {
  const std::string json =
      R"( {"x":{"event":{"type":1}}, "event" : {"list":[1, -2.5, "a", null, [true]], "type":"m"},)"
      R"( "price":12e2, "deep":{"er":{"x":false}} } )";
  EXPECT_EQ(read(json, "event.type"), "\"m\"");
  EXPECT_EQ(read(json, "event.list"), "[1, -2.5, \"a\", null, [true]]");
  EXPECT_EQ(read(json, "price"), "1200");
  EXPECT_EQ(read(json, "deep.er.x"), "false");
  EXPECT_EQ(read(json, "a"), "unknown()");
  EXPECT_EQ(read(json, "a.b"), "unknown()");
}

TEST_F(JsonSlotsTest, AnObjectMayBeReadWholeAndInParts) {
  EXPECT_EQ(read(R"({"a":{"c":[{}],"b":7}})", "a"), R"({"c": [{}], "b": 7})");
  EXPECT_EQ(read(R"({"a":{"c":[{}],"b":7}})", "a.b"), "7");
  EXPECT_EQ(read(R"({"a":7})", "a"), "7");
  EXPECT_EQ(read(R"({"a":7})", "a.b"), "unknown()");
}

TEST_F(JsonSlotsTest, EscapesAndBytesBeyondAsciiAreRead) {
  EXPECT_EQ(read(R"({"price":"caf\u00e9 \"x\" é"})", "price"), R"("café \"x\" é")");
  EXPECT_EQ(read(R"({"pr\u0069ce":1})", "price"), "1") << "names may have escapes too";
}

TEST_F(JsonSlotsTest, AnotherRecordReplacesTheFirstAndAnErrorEmptiesIt) {
  EXPECT_EQ(read(R"({"price":1})", "price"), "1");
  EXPECT_EQ(read(R"({"a":1})", "price"), "unknown()");
  EXPECT_EQ(read(R"({"price":1)", "price"),
            "refused: not valid JSON at byte 10: expected ',' or '}'");
  EXPECT_TRUE(record_.read(*reader_->slot("price"), arena_).is_absent());
  EXPECT_EQ(read(R"({"price":1,"price":1})", "price"), "refused: a declared field is there twice");
}

TEST_F(JsonSlotsTest, WrongPathsAreRefused) {
  for (const auto& paths : {std::vector<std::string>{"a", "a"}, {""}, {"a..b"}, {".a"}})
    EXPECT_FALSE(JsonSlotReader::make(paths).ok()) << paths[0];
}

// Whatever is done to a text, it is accepted and refused as parse_json does.
TEST_F(JsonSlotsTest, MalformedTextIsRefusedAsByTheParserOfAllJson) {
  const std::string whole =
      R"({"event":{"type":"m\u00e9\ud83d\ude00","list":[0,-0,10,1.5,-2e-3,123456789012345678]},)"
      R"("z":[{"a":null},"é",true,[]],"price":99999999999999999999,"deep":{"er":{"x":0.1}}})";
  const std::string_view kBytes = "{}[]\",:\\u0019e+-. \ntn\x01\xC3\xFF";
  std::mt19937 random(5);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = whole;
    for (size_t changes = random() % 3; changes > 0; --changes) {
      const size_t at = random() % text.size();
      const char c = kBytes[random() % kBytes.size()];
      if (random() % 2 == 0)
        text[at] = c;
      else
        text.replace(at, random() % 2, random() % 2, c);
    }
    const auto json = parse_json(text);
    const auto read = reader_->read(text, record_);
    const bool repeated = !json.ok() && json.error().message.find("twice") != std::string::npos;
    ASSERT_TRUE(repeated || json.ok() == read.ok()) << text;
    if (!json.ok() || !read.ok()) continue;
    ++accepted;
    const Json* price = json->find("price");
    const Value value = record_.read(*reader_->slot("price"), arena_);
    ASSERT_EQ(price == nullptr, value.is_absent()) << text;
    const bool real = price != nullptr && price->is_double();
    ASSERT_TRUE(!real || price->as_double() == value.as_double()) << text;
  }
  EXPECT_GT(accepted, 5'000);
}

TEST_F(JsonSlotsTest, NumbersAreTheNearestDoubles) {
  std::mt19937_64 random(9);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = random() % 2 == 0 ? "-" : "";
    text += std::to_string(random() % (random() % 2 == 0 ? 1000 : 10'000'000'000));
    text += "." + std::to_string(random() % (random() % 2 == 0 ? 100 : 100'000'000));
    ASSERT_TRUE(reader_->read("{\"price\":" + text + "}", record_).ok()) << text;
    ASSERT_EQ(record_.read(*reader_->slot("price"), arena_).as_double(),
              std::strtod(text.c_str(), nullptr))
        << text;
  }
}

}  // namespace
}  // namespace rapport::expr
