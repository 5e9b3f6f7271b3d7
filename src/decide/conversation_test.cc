#include "decide/conversation.h"

#include <gtest/gtest.h>

#include "testing/world.h"

namespace rapport::decide {
namespace {

using testing::own;
using testing::tracked;
using testing::World;

class Talk {
 public:
  void say(int hour) {
    auto event = tracked(
        "message.sent", {1},
        Json::object().set("conversation_id", "c").set("author", "customer").set("text", "hello"));
    event.at = start_ + hours(hour);
    world_.send(std::move(event));
  }
  void pass_until(int hour) {
    auto tick = own("tick", Json::object());
    tick.at = start_ + hours(hour);
    world_.send(std::move(tick));
  }
  const Json& fields() const { return world_.all("conversation").at(0)->fields; }

 private:
  World world_;
  Micros start_{1'767'225'600'000'000};
};

TEST(Conversation, ClosesAfterADayWithoutAnEvent) {
  Talk talk;
  talk.say(0);
  talk.say(20);
  talk.pass_until(43);
  EXPECT_EQ(talk.fields().text("status"), "open");
  talk.pass_until(45);
  EXPECT_EQ(talk.fields().text("status"), "closed");
  EXPECT_EQ(talk.fields().text("closed_by"), "idle");
}

TEST(Conversation, AMessageOpensItAgainAndItClosesAgainWhenIdle) {
  Talk talk;
  talk.say(0);
  talk.pass_until(30);
  talk.say(31);
  EXPECT_EQ(talk.fields().text("status"), "open");
  EXPECT_FALSE(talk.fields().find("closed_by"));
  EXPECT_FALSE(talk.fields().find("ended_at"));
  talk.pass_until(54);
  EXPECT_EQ(talk.fields().text("status"), "open");
  talk.pass_until(56);
  EXPECT_EQ(talk.fields().text("status"), "closed");
}

}  // namespace
}  // namespace rapport::decide
