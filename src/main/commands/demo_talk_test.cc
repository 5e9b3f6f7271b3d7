#include "main/commands/demo_talk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "intake/conversation_events.h"

namespace rapport {
namespace {

int count(const std::vector<DemoCall>& calls, std::string_view event) {
  return static_cast<int>(std::count_if(calls.begin(), calls.end(), [&](const DemoCall& c) {
    return c.call.text("event") == event;
  }));
}

TEST(DemoTalk, TheSameSeedTellsTheSame) {
  const auto one = demo_calls(1), again = demo_calls(1), other = demo_calls(2);
  ASSERT_EQ(one.size(), again.size());
  for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].call, again[i].call);
  EXPECT_FALSE(one.front().call == other.front().call);
}

TEST(DemoTalk, EightCustomersChatForTwentySeconds) {
  for (uint64_t seed = 1; seed < 50; ++seed) {
    const auto calls = demo_calls(seed);
    EXPECT_EQ(count(calls, "conversation.started"), 8);
    EXPECT_EQ(count(calls, "conversation.escalated"), 3);
    std::set<std::string> people, ids;
    Micros last{0};
    for (const auto& call : calls) {
      people.insert(std::string(call.call.text("userId")));
      EXPECT_TRUE(ids.insert(std::string(call.call.text("messageId"))).second);
      EXPECT_LE(last, call.after);
      last = call.after;
    }
    EXPECT_EQ(people.size(), 8u);
    EXPECT_GT(last, seconds(12));
    EXPECT_LT(last, seconds(24));
  }
}

TEST(DemoTalk, IntakeTakesEveryConversationEvent) {
  for (const auto& call : demo_calls(3)) {
    if (call.call.text("type") != "track") continue;
    ASSERT_TRUE(intake::is_conversation_event(call.call.text("event")));
    const auto checked =
        intake::check_conversation_event(call.call.text("event"), *call.call.find("properties"));
    EXPECT_TRUE(checked.ok()) << checked.error().message;
  }
}

}  // namespace
}  // namespace rapport
