#include "decide/mapping.h"

#include <gtest/gtest.h>

#include <map>

namespace rapport::decide {
namespace {

using model::FieldMapping;
using model::FieldType;
using model::NamePart;

Json source() {
  return *parse_json(R"({
    "contact": {"emails": ["ana@acme.example", "a@b.example"], "name": "Ana María Lee",
                "first_name": "", "age": 41, "worth": "2000.50 USD", "score": 2.50, "vip": true, "none": null,
                "tags": ["a", "b", 3], "seen": "2026-03-02T10:00:00.5+01:00",
                "address": {"city": "Köln"}},
    "account": {"name": "Acme"}})");
}

Json map(FieldMapping field) {
  field.to = "p";
  return map_fields({.object = "o", .record = "contact", .fields = {field}}, source()).properties;
}

std::string value(FieldMapping field) {
  return std::string(map(field).text("p", "(absent)"));
}

FieldMapping from(std::string path, NamePart part = NamePart::kWhole) {
  FieldMapping field;
  field.from.push_back({std::move(path), part});
  return field;
}

TEST(MapFields, ReadsPathsIntoNestedDataAndLists) {  // CH-90
  EXPECT_EQ(value(from("contact.emails.0")), "ana@acme.example");
  EXPECT_EQ(value(from("contact.address.city")), "Köln");
  EXPECT_EQ(value(from("contact.emails.7")), "(absent)");
  EXPECT_EQ(value(from("contact.address")), "(absent)");
  EXPECT_EQ(value(from("contact.none")), "(absent)");
}

TEST(MapFields, TakesTheFirstSourceThatIsNotEmpty) {
  FieldMapping field = from("contact.first_name");
  field.from.push_back({"contact.name", NamePart::kFirst});
  EXPECT_EQ(value(field), "Ana");
}

TEST(MapFields, SplitsNames) {  // CH-90
  EXPECT_EQ(value(from("contact.name", NamePart::kLast)), "María Lee");
  Json reversed = Json::object();
  reversed.set("n", "Lee, Ana");
  FieldMapping first = from("n", NamePart::kFirst), last = from("n", NamePart::kLast);
  first.to = "f";
  last.to = "l";
  const auto mapped = [&] {
    return map_fields({.object = "", .record = "", .fields = {first, last}}, reversed).properties;
  };
  const Json split = mapped();
  EXPECT_EQ(to_text(split), R"({"f":"Ana","l":"Lee"})");
  reversed.set("n", "Cher");
  EXPECT_EQ(to_text(mapped()), R"({"f":"Cher"})");
}

TEST(MapFields, JoinsTextsByPatternAndConstants) {  // CH-90
  FieldMapping field;
  field.pattern = "{contact.name} at {account.name} {{x}";
  EXPECT_EQ(value(field), "Ana María Lee at Acme {x}");
  field.pattern = "at {account.nothing}";
  EXPECT_EQ(value(field), "(absent)");
  FieldMapping constant;
  constant.constant = "0";
  EXPECT_EQ(value(constant), "0");
}

TEST(MapFields, TranslatesValuesAndFallsBack) {  // CH-90
  FieldMapping field = from("account.name");
  field.values = {{"Acme", "A"}};
  EXPECT_EQ(value(field), "A");
  field.values = {{"Other", "O"}};
  EXPECT_EQ(value(field), "(absent)");
  field.fallback = "none";
  EXPECT_EQ(value(field), "none");
}

TEST(MapFields, ConvertsTypes) {  // CH-90
  const auto typed = [](std::string path, FieldType type) {
    FieldMapping field = from(std::move(path));
    field.type = type;
    return value(field);
  };
  EXPECT_EQ(typed("contact.age", FieldType::kNumber), "41");
  EXPECT_EQ(typed("contact.score", FieldType::kNumber), "2.5");
  EXPECT_EQ(typed("contact.worth", FieldType::kNumber), "2000.5");
  EXPECT_EQ(typed("contact.name", FieldType::kNumber), "(absent)");
  EXPECT_EQ(typed("contact.vip", FieldType::kText), "true");
  EXPECT_EQ(typed("contact.seen", FieldType::kTime), "2026-03-02T09:00:00.500Z");
  EXPECT_EQ(typed("contact.seen", FieldType::kDate), "2026-03-02");
  EXPECT_EQ(typed("contact.seen", FieldType::kEpochMillis), "1772442000500");
  EXPECT_EQ(typed("contact.name", FieldType::kTime), "(absent)");
}

// An owner is named by e-mail here and by a number there (BO-88).
class Owners {
 public:
  model::MappedFields map(std::string_view owner, std::string_view team, std::string_view id) {
    Json source = *parse_json(R"({"directories": {"owners": {
        "ids": {"rosa@portal.example": "71"}, "groups": {"support": ["71", "72", "73"]}}}})");
    source.set("ticket", Json::object().set("assignee", owner));
    source.set("settings", Json::object().set("default_team", team));
    source.set("record", Json::object().set("id", id));
    FieldMapping field = from("ticket.assignee");
    field.to = "owner";
    field.directory = "owners";
    field.member_of = "settings.default_team";
    return map_fields({.object = "o", .record = "ticket", .fields = {field}}, source);
  }
};

TEST(MapFields, LooksUpValuesInDirectories) {
  const auto mapped = Owners().map("Rosa@Portal.example", "", "t1");
  EXPECT_EQ(mapped.properties.text("owner"), "71");
  EXPECT_TRUE(mapped.unresolved.empty());
  EXPECT_TRUE(mapped.chosen.empty());
}

TEST(MapFields, ReportsAValueThatIsInNoDirectory) {
  const auto mapped = Owners().map("nobody@portal.example", "Support", "t1");
  EXPECT_FALSE(mapped.properties.find("owner"));
  ASSERT_EQ(mapped.unresolved.size(), 1u);
  EXPECT_EQ(mapped.unresolved[0].property, "owner");
  EXPECT_EQ(mapped.unresolved[0].directory, "owners");
  EXPECT_EQ(mapped.unresolved[0].value, "nobody@portal.example");
}

TEST(MapFields, GivesWhatHasNoOwnerToTheGroupEvenly) {  // KU-13
  std::map<std::string, int> given;
  for (int i = 0; i < 300; ++i) {
    const auto mapped = Owners().map("", "support", "t" + std::to_string(i));
    EXPECT_EQ(mapped.chosen, std::vector<std::string>{"owner"});
    ++given[std::string(mapped.properties.text("owner"))];
  }
  for (const char* owner : {"71", "72", "73"}) EXPECT_NEAR(given[owner], 100, 30) << owner;
  EXPECT_EQ(Owners().map("", "support", "t1").properties,
            Owners().map("", "support", "t1").properties);
  EXPECT_FALSE(Owners().map("", "", "t1").properties.find("owner"));
}

TEST(MapFields, JoinsListsAndCutsAtCharacters) {
  FieldMapping field = from("contact.tags");
  field.separator = ";";
  EXPECT_EQ(value(field), "a;b;3");
  field = from("contact.address.city");
  field.max_length = 2;
  EXPECT_EQ(value(field), "Kö");
}

}  // namespace
}  // namespace rapport::decide
