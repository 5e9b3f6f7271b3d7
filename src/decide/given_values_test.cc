#include "decide/given_values.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

SettingSpec setting(SettingType type) {
  SettingSpec spec;
  spec.id = "s";
  spec.type = type;
  return spec;
}

TEST(GivenValues, ASettingTakesItsTypeAlone) {
  struct Row {
    SettingType type;
    Json given;
    bool fits;
  };
  const Row rows[] = {
      {SettingType::kInt, 3, true},
      {SettingType::kInt, 3.5, false},
      {SettingType::kInt, "3", false},
      {SettingType::kNumber, 0.5, true},
      {SettingType::kNumber, "x", false},
      {SettingType::kText, "x", true},
      {SettingType::kText, 1, false},
      {SettingType::kBool, true, true},
      {SettingType::kBool, "true", false},
      {SettingType::kMoney, "50000 USD", true},
      {SettingType::kMoney, "50000", false},
      {SettingType::kMoney, "5 XXY", false},
      {SettingType::kSpan, "3d", true},
      {SettingType::kSpan, 1'000'000, true},
      {SettingType::kSpan, -1, false},
      {SettingType::kSpan, "soon", false},
      {SettingType::kTexts, Json::Array{Json("a")}, true},
      {SettingType::kTexts, Json::Array{Json(1)}, false},
  };
  for (const Row& row : rows) {
    const auto taken = take_setting(setting(row.type), row.given);
    EXPECT_EQ(taken.ok(), row.fits) << name(row.type) << " " << to_text(row.given);
    if (!taken.ok()) {
      EXPECT_EQ(taken.error().where, "s");
    }
  }
}

TEST(GivenValues, SpansAreShownAsPeopleWriteThem) {
  const SettingSpec spec = setting(SettingType::kSpan);
  for (const char* text : {"3d", "36h", "90m", "45s"})
    EXPECT_EQ(show_setting(spec, *take_setting(spec, text)), Json(text));
}

std::string refusal(const Json& fields, std::string_view object = "ticket") {
  const Vocabulary words;
  const auto checked = check_given(words.object(words.find_object(object)), fields);
  return checked.ok() ? "" : checked.error().where + ": " + checked.error().message;
}

TEST(GivenValues, FieldsAreCheckedAgainstTheVocabulary) {
  EXPECT_EQ(refusal(Json::object().set("priority", "high").set("subject", "x")), "");
  EXPECT_EQ(refusal(Json::object().set("team", nullptr)), "");
  EXPECT_EQ(refusal(Json::object().set("priority", "very")),
            "fields.priority: 'priority' must be one of low, medium, high, urgent");
  EXPECT_EQ(refusal(Json::object().set("closed_at", "soon")),
            "fields.closed_at: 'closed_at' must be a time such as \"2026-03-02T09:00:00Z\"");
  EXPECT_NE(refusal(Json::object().set("subjekt", "x")).find("did you mean 'subject'"),
            std::string::npos);
  EXPECT_EQ(refusal(Json::object()), "fields: fields must be an object with one field at least");
}

TEST(GivenValues, WhatEventsOrTheEngineMakeIsNotSetByHand) {
  EXPECT_EQ(refusal(Json::object().set("emails", Json::array()), "contact"),
            "fields.emails: 'emails' of contact is made by the server and cannot be set");
  EXPECT_NE(refusal(Json::object().set("severity", "low"), "alert"), "");
  EXPECT_EQ(refusal(Json::object().set("status", "closed"), "alert"), "");
}

}  // namespace
}  // namespace rapport::decide
