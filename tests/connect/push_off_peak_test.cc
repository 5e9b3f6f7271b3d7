#include <gtest/gtest.h>

#include "connect/push_world.h"

namespace rapport::connect {
namespace {

// Open from 22:00 to 06:00 in Berlin; the world begins at some time of day, moved to the hour
// meant.
class OffPeakHours : public testing::Test {
 protected:
  OffPeakHours() {
    DailyWindow night{.days = {}, .from = 22 * 60, .to = 6 * 60};
    night.days.fill(true);
    off_peak_.emplace(OffPeak::make("Europe/Berlin", {night}).value());
    world.window = [this](Micros now) { return off_peak_->at(now); };
    const WindowState state = off_peak_->at(world.clock.now());
    world.clock.advance((state.open ? state.until : off_peak_->at(state.until).until) -
                        world.clock.now() + hours(2));
  }

  // As long as there is something to do at this hour.
  Progress work() {
    for (;;) {
      const Progress progress = world.step().value();
      if (!progress.worked) return progress;
    }
  }

  void escalate(const std::string& user) {
    world.say(user, "chat-" + user, "hello");
    world.track(user, "conversation.escalated",
                Json::object().set("conversation_id", "chat-" + user).set("reason", "angry"));
  }

  PushWorld world;
  std::optional<OffPeak> off_peak_;
};

TEST_F(OffPeakHours, UsualRecordsWaitForThem) {
  for (int i = 0; i < 5; ++i)
    world.identify("u" + std::to_string(i), "p" + std::to_string(i) + "@gmail.com");
  work();
  EXPECT_TRUE(world.remote("contacts").empty());
  EXPECT_EQ(world.transport.calls.size(), 0u);
  const Json status = world.push->status();
  EXPECT_EQ(status.text("state"), "off_peak");
  const std::string opens = format_time(off_peak_->at(world.clock.now()).until);
  EXPECT_EQ(status.text("next_try_at"), opens);
  EXPECT_EQ(status.text("why"),
            "outside the off-peak hours until " + opens + "; urgent records are sent meanwhile");
  world.clock.advance(off_peak_->at(world.clock.now()).until - world.clock.now() - Micros{1});
  work();
  EXPECT_TRUE(world.remote("contacts").empty());
  world.clock.advance(Micros{1});
  work();
  EXPECT_EQ(world.remote("contacts").size(), 5u);
  EXPECT_EQ(world.push->status().text("state"), "idle");
  EXPECT_EQ(world.push->status().text("why"), "");
}

TEST_F(OffPeakHours, AnUrgentTicketGoesAtOnceWithWhatItNeeds) {  // KU-12
  for (int i = 0; i < 5; ++i)
    world.identify("u" + std::to_string(i), "p" + std::to_string(i) + "@gmail.com");
  work();
  escalate("u3");
  work();
  EXPECT_EQ(world.remote("tickets").size(), 1u);
  ASSERT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_EQ(world.property("contacts", "email"), "p3@gmail.com");
}

TEST_F(OffPeakHours, AWriteWithoutOutcomeIsLookedForAtAnyHour) {
  world.lose_next(1, "/crm/v3/objects/tickets");
  world.identify("u1", "ana@gmail.com");
  escalate("u1");
  const Micros opens = off_peak_->at(world.clock.now()).until;
  work();
  EXPECT_EQ(world.records("call").size(), 1u);
  while (world.clock.now() < opens && !world.records("call").empty())
    if (!work().worked) world.clock.advance(seconds(1));
  EXPECT_TRUE(world.records("call").empty());
  EXPECT_EQ(world.effects("create", "tickets"), 1);
  EXPECT_LT(world.clock.now(), opens);
}

// The forecast counts with how fast it went while it could.
TEST_F(OffPeakHours, TheRateIsThatOfOpenTime) {
  world.clock.advance(off_peak_->at(world.clock.now()).until - world.clock.now());
  work();
  world.transport.latency = millis(100);
  for (int i = 0; i < 30; ++i) {
    world.identify("u" + std::to_string(i), "p" + std::to_string(i) + "@gmail.com");
    work();
    world.clock.advance(seconds(1));
  }
  const double open = world.push->status().find("records_per_s")->as_double();
  EXPECT_GT(open, 0.5);
  world.clock.advance(off_peak_->at(world.clock.now()).until - world.clock.now() + hours(3));
  work();
  const double closed = world.push->status().find("records_per_s")->as_double();
  EXPECT_GT(closed, 0.0);
  world.clock.advance(off_peak_->at(world.clock.now()).until - world.clock.now());
  work();
  EXPECT_EQ(world.push->status().find("records_per_s")->as_double(), closed);
}

}  // namespace
}  // namespace rapport::connect
