#include "expr/rule_set.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "expr/explain.h"
#include "expr/json_slots.h"
#include "expr/parser.h"
#include "expr/program.h"

namespace rapport::expr {
namespace {

const std::vector<std::string> kFields = {"event.type",    "event.intents", "event.text",
                                          "contact.email", "account.ltv",   "account.tier"};

class RuleSetTest : public ::testing::Test {
 protected:
  RuleSetTest() {
    auto built = Registry::build(all_libraries());
    EXPECT_TRUE(built.ok());
    registry_ = std::move(*built);
    EXPECT_TRUE(declare(registry_, declarations_).ok());
    for (const std::string& field : kFields)
      EXPECT_TRUE(declarations_.add_variable(field, Type()).ok());
    auto reader = JsonSlotReader::make(kFields);
    EXPECT_TRUE(reader.ok());
    reader_.emplace(std::move(*reader));
  }

  std::shared_ptr<const Binding> bind(const std::string& source) {
    Parsed parsed = parse(source);
    EXPECT_TRUE(parsed.ok()) << source;
    Checked checked = check(parsed.ast, declarations_);
    EXPECT_TRUE(checked.ok()) << source << ": "
                              << (checked.ok() ? "" : checked.problems[0].message);
    auto made = Binding::make(std::move(parsed.ast), std::move(checked), declarations_, registry_,
                              *reader_, nullptr);
    EXPECT_TRUE(made.ok()) << source;
    return std::make_shared<const Binding>(std::move(*made));
  }
  RuleSet set_of(const std::vector<std::string>& sources) {
    std::vector<std::shared_ptr<const Binding>> bindings;
    for (const std::string& source : sources) bindings.push_back(bind(source));
    return RuleSet(std::move(bindings));
  }
  void read(std::string json) {
    json_ = std::move(json);  // the record borrows it
    ASSERT_TRUE(reader_->read(json_, record_).ok()) << json_;
  }

  // "0 2 ?3 !4": true are 0 and 2, 3 is unknown, 4 an error.
  std::string told(const RuleSet& set, RuleSetState& state) {
    Arena arena;
    set.evaluate(record_, arena, state);
    std::vector<std::pair<uint32_t, std::string>> all;
    for (const uint32_t rule : state.matched()) all.emplace_back(rule, "");
    for (const auto& [rule, truth] : state.unsettled())
      all.emplace_back(rule, truth == Truth::kUnknown ? "?" : "!");
    std::ranges::sort(all);
    std::string text;
    for (const auto& [rule, mark] : all)
      text += (text.empty() ? "" : " ") + mark + std::to_string(rule);
    return text;
  }
  std::string told(const std::vector<std::string>& sources) {
    const RuleSet set = set_of(sources);
    RuleSetState state(set);
    return told(set, state);
  }

  Registry registry_;
  Declarations declarations_;
  std::optional<JsonSlotReader> reader_;
  std::string json_;
  JsonSlots record_;
};

const std::vector<std::string> kGuarded = {
    "event.type == 'message' && 'pricing' in event.intents",
    "event.type == 'ticket' && account.ltv > 100",
    "event.type in ['ticket', 'case'] && account.tier == 'gold'",
    "account.ltv > 100 && event.type == 'case'",
    "event.type == 'message'",
    "account.ltv > 100",
};

TEST_F(RuleSetTest, RulesAreFoundByTheTextTheyAskFor) {
  const RuleSet set = set_of(kGuarded);
  RuleSetState state(set);
  read(R"({"event":{"type":"message","intents":["faq","pricing"]},"account":{"ltv":50}})");
  EXPECT_EQ(told(set, state), "0 4");
  read(R"({"event":{"type":"ticket"},"account":{"ltv":500,"tier":"gold"}})");
  EXPECT_EQ(told(set, state), "1 2 5");
  read(R"({"event":{"type":"case"},"account":{"ltv":500,"tier":"silver"}})");
  EXPECT_EQ(told(set, state), "3 5");
  read(R"({"event":{"type":"else"},"account":{"ltv":50}})");
  EXPECT_EQ(told(set, state), "");
}

TEST_F(RuleSetTest, AMissingGuardLeavesOpenWhatNothingElseDecides) {
  const RuleSet set = set_of(kGuarded);
  RuleSetState state(set);
  read(R"({"event":{"intents":[]},"account":{"ltv":50,"tier":"gold"}})");
  EXPECT_EQ(told(set, state), "?2 ?4") << "the others are false whatever the type is";
  read(R"({"event":{"type":null},"account":{"ltv":500,"tier":"gold"}})");
  EXPECT_EQ(told(set, state), "5") << "null is no text";
}

TEST_F(RuleSetTest, RulesAreFoundByNumbersAndByElementsOfLists) {
  const RuleSet set =
      set_of({"account.ltv == 1 && event.type != 'x'", "account.ltv == 2", "account.ltv == 3.0",
              "account.ltv == 2.5 || account.ltv == 4", "'a' in event.intents && account.ltv > 1",
              "('a' in event.intents || 'b' in event.intents) && account.ltv > 0",
              "'c' in event.intents && account.ltv > 0"});
  RuleSetState state(set);
  read(R"({"event":{"intents":["b","a","z"],"type":"m"},"account":{"ltv":1}})");
  EXPECT_EQ(told(set, state), "0 5");
  read(R"({"event":{"intents":["a","a","b"],"type":"m"},"account":{"ltv":2.0}})");
  EXPECT_EQ(told(set, state), "1 4 5");
  read(R"({"event":{"intents":["c"]},"account":{"ltv":3}})");
  EXPECT_EQ(told(set, state), "2 6");
  read(R"({"event":{"intents":[]},"account":{"ltv":2.5}})");
  EXPECT_EQ(told(set, state), "3");
  read(R"({"account":{"ltv":"1"}})");
  EXPECT_EQ(told(set, state), "?4 ?5 ?6") << "text equals no number";
  read(R"({"event":{"intents":[1,"c"]}})");
  EXPECT_EQ(told(set, state), "?0 ?1 ?2 ?3 ?6") << "a list of other things is read itself";
}

TEST_F(RuleSetTest, WordsOfSeveralRulesAreFoundInOnePassOverTheText) {
  const std::vector<std::string> rules = {
      "event.text.hasAnyWord(['billing', 'charge'])", "event.text.hasAnyWord(['price', 'billing'])",
      "event.text.hasAnyWord(['social media'])", "event.text.hasAnyWord(['c++', 'lawyer'])"};
  const std::pair<const char*, const char*> kCases[] = {
      {"about BILLING, please", "0 1"},
      {"billings overcharge prices", ""},
      {"On Social Media.", "2"},
      {"social mediator, social  media", ""},
      {"lawyer", "3"},
      {"we like C++!", "3"},
      {"c+", ""},
      {"", ""},
      {"price", "1"},
      // Past the blocks of 64 bytes the text is read in.
      {"0123456789012345678901234567890123456789012345678901234567890 billing", "0 1"},
      {"01234567890123456789012345678901234567890123456789012345678 charge", "0"},
      {"0123456789012345678901234567890123456789012345678901234567890charge", ""},
      {"Rückfrage zur billing", "0 1"},
      {"billingü", ""},
  };
  const RuleSet set = set_of(rules);
  RuleSetState state(set);
  for (const auto& [text, expected] : kCases) {
    read(std::string(R"({"event":{"text":")") + text + R"("}})");
    EXPECT_EQ(told(set, state), expected) << text;
  }
}

TEST_F(RuleSetTest, WhatIsSharedIsEvaluatedOncePerRecordAndAnewForTheNext) {
  const std::vector<std::string> rules = {
      "contact.email.matches('^a.*@') && account.ltv > 1", "contact.email.matches('^a.*@')",
      "[1, 2].exists(x, x == account.ltv)", "!([1, 2].exists(x, x == account.ltv))",
      "['u', 'v'].all(y, [1, 2].exists(x, x == account.ltv) && y != 'w')"};
  const RuleSet set = set_of(rules);
  RuleSetState state(set);
  read(R"({"contact":{"email":"ana@acme.example"},"account":{"ltv":2}})");
  EXPECT_EQ(told(set, state), "0 1 2 4");
  read(R"({"contact":{"email":"bob@acme.example"},"account":{"ltv":7}})");
  EXPECT_EQ(told(set, state), "3");
  read(R"({"account":{"ltv":1}})");
  EXPECT_EQ(told(set, state), "?1 2 4");
}

TEST_F(RuleSetTest, UnknownBeatsErrorAndFalseSettles) {
  read(R"({"event":{"type":7},"account":{"ltv":1}})");
  EXPECT_EQ(told({"account.tier == 'gold' || 1 / 0 > 2", "1 / 0 > 2 && account.ltv > 5",
                  "1 / 0 > 2 || event.type < 'a'", "account.ltv"}),
            "?0 !2 !3");
}

TEST_F(RuleSetTest, RulesPastTheirCostAreErrorsAndTheOthersAreTold) {
  read(R"({"event":{"intents":["a","b","c","d"]},"account":{"ltv":1}})");
  const RuleSet set =
      set_of({"event.intents.all(x, event.intents.all(y, x + y != 'zz'))", "account.ltv == 1"});
  RuleSetState state(set);
  Arena arena;
  set.evaluate(record_, arena, state, {.cost = 20});
  ASSERT_EQ(state.matched().size(), 1u);
  EXPECT_EQ(state.matched()[0], 1u);
  ASSERT_EQ(state.unsettled().size(), 1u);
  EXPECT_EQ(state.unsettled()[0].truth, Truth::kError);
}

TEST_F(RuleSetTest, AnExplanationShowsEachPartWithItsText) {
  read(R"({"event":{"type":"ticket","intents":["faq"]},"account":{"ltv":500}})");
  const auto binding = bind(
      "event.type == 'ticket' && (account.tier == 'gold' || "
      "event.intents.exists(i, i == 'pricing')) && 1 < account.ltv");
  Arena arena;
  EXPECT_EQ(
      to_text(explain(*binding, record_, arena)),
      R"(event.type == 'ticket' && (account.tier == 'gold' || event.intents.exists(i, i == 'pricing')) && 1 < account.ltv: unknown(account.tier)
  event.type == 'ticket': true
    event.type: "ticket"
  account.tier == 'gold' || event.intents.exists(i, i == 'pricing'): unknown(account.tier)
    account.tier == 'gold': unknown(account.tier)
      account.tier: unknown(account.tier)
    event.intents.exists(i, i == 'pricing'): false
      event.intents: ["faq"]
      i == 'pricing', last: false
        i, last: "faq"
  1 < account.ltv: true
    account.ltv: 500
)");
}

}  // namespace
}  // namespace rapport::expr
