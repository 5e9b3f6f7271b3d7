#include "main/commands/demo_talk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "intake/known_events.h"
#include "intake/normalise.h"

namespace rapport {
namespace {

std::vector<DemoCall> calls(uint64_t seed, size_t how_many = 400) {
  DemoTalk talk(seed);
  std::vector<DemoCall> all;
  while (all.size() < how_many) all.push_back(talk.next());
  return all;
}

int count(const std::vector<DemoCall>& calls, std::string_view event, Micros until) {
  return static_cast<int>(std::count_if(calls.begin(), calls.end(), [&](const DemoCall& c) {
    return c.after <= until && c.call.text("event") == event;
  }));
}

TEST(DemoTalk, TheSameSeedTellsTheSame) {
  const auto one = calls(1), again = calls(1), other = calls(2);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].call, again[i].call);
  EXPECT_FALSE(one.front().call == other.front().call);
}

TEST(DemoTalk, EightCustomersChatAtOnceAndMoreFollow) {
  for (uint64_t seed = 1; seed < 20; ++seed) {
    const auto all = calls(seed);
    EXPECT_EQ(count(all, "conversation.started", seconds(12)), 8);
    EXPECT_GE(count(all, "conversation.escalated", seconds(24)), 3);
    EXPECT_GE(count(all, "conversation.started", minutes(2)), 40);
    std::set<std::string> emails, ids, languages;
    Micros last{0};
    for (const auto& call : all) {
      EXPECT_TRUE(ids.insert(std::string(call.call.text("messageId"))).second);
      EXPECT_LE(last, call.after);
      last = call.after;
      if (call.call.text("type") != "identify") continue;
      const Json& traits = *call.call.find("traits");
      EXPECT_TRUE(emails.insert(std::string(traits.text("email"))).second) << traits.text("email");
      languages.emplace(traits.text("language"));
    }
    EXPECT_EQ(languages, (std::set<std::string>{"en", "es", "id"}));
  }
}

TEST(DemoTalk, IntakeTakesEveryCall) {
  for (const auto& call : calls(3)) {
    if (call.call.text("type") == "identify") {
      const std::string email(call.call.find("traits")->text("email"));
      EXPECT_EQ(intake::normalise_email(email), email);
      continue;
    }
    ASSERT_TRUE(intake::is_known_event(call.call.text("event")));
    const auto checked =
        intake::check_known_event(call.call.text("event"), *call.call.find("properties"));
    EXPECT_TRUE(checked.ok()) << checked.error().message;
  }
}

// A line's variants say the same, so none is empty before one that is not, and no text is told
// with a bare {} in it.
TEST(DemoTalk, EveryStoryCanBeTold) {
  for (const DemoStory& story : demo_stories())
    for (const DemoLine& line : story.lines) {
      EXPECT_FALSE(line.texts[0].empty());
      EXPECT_TRUE(!line.texts[1].empty() || line.texts[2].empty());
    }
  for (const auto& call : calls(5))
    if (const Json* properties = call.call.find("properties"))
      EXPECT_EQ(properties->text("text").find('{'), std::string_view::npos);
}

}  // namespace
}  // namespace rapport
