#include "intake/event_time.h"

#include <gtest/gtest.h>

namespace rapport::intake {
namespace {

constexpr TimeBounds kBounds{.max_past = days(3650), .max_future = minutes(5)};

Micros at(std::string_view text) {
  return parse_time(text).value();
}

const Micros kReceived = at("2026-03-02T09:00:00Z");

TEST(EventTime, IsCorrectedByTheSendersClock) {
  const struct {
    std::string_view timestamp, sent_at, time;
  } cases[] = {
      // right clock: 2 s on the way are no error of the clock, 3 s are taken for one
      {"2026-03-02T08:59:48Z", "2026-03-02T08:59:58Z", "2026-03-02T08:59:48Z"},
      {"2026-03-02T08:59:48Z", "2026-03-02T08:59:57Z", "2026-03-02T08:59:51Z"},
      // an hour slow, an hour fast, ten years off
      {"2026-03-02T07:59:48Z", "2026-03-02T07:59:58Z", "2026-03-02T08:59:50Z"},
      {"2026-03-02T10:59:48Z", "2026-03-02T10:59:58Z", "2026-03-02T08:59:50Z"},
      {"2016-03-02T08:59:48Z", "2016-03-02T08:59:58Z", "2026-03-02T08:59:50Z"},
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:05Z", "2026-03-02T08:59:55Z"},
      // another offset, kept offline for a day
      {"2026-03-01T10:00:00+01:00", "2026-03-02T09:00:00Z", "2026-03-01T09:00:00Z"},
      // "after" its own sending: within five minutes it stays, beyond it is the time of receipt
      {"2026-03-02T09:04:00Z", "2026-03-02T09:00:00Z", "2026-03-02T09:04:00Z"},
      {"2026-03-02T09:06:00Z", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"},
  };
  for (const auto& c : cases) {
    Json call = Json::object();
    call.set("timestamp", c.timestamp).set("sentAt", c.sent_at);
    EXPECT_EQ(event_time(call, nullptr, kReceived, kBounds).value(), at(c.time)) << c.timestamp;
    call.erase("sentAt");
    const Json batch_sent_at(c.sent_at);
    EXPECT_EQ(event_time(call, &batch_sent_at, kReceived, kBounds).value(), at(c.time));
  }
}

TEST(EventTime, PrefersTheCallsOwnSentAtAndTheOriginalTimestamp) {
  Json call = Json::object();
  call.set("timestamp", "2020-01-01T00:00:00Z").set("originalTimestamp", "2026-03-02T08:00:00Z");
  EXPECT_EQ(event_time(call, nullptr, kReceived, kBounds).value(), at("2026-03-02T08:00:00Z"));
  call.set("sentAt", "2026-03-02T08:00:10Z");
  const Json batch_sent_at("2026-03-02T10:00:00Z");
  EXPECT_EQ(event_time(call, &batch_sent_at, kReceived, kBounds).value(),
            at("2026-03-02T08:59:50Z"));
}

TEST(EventTime, IsTheTimeOfReceiptWhenNoneIsGiven) {
  Json call = Json::object();
  EXPECT_EQ(event_time(call, nullptr, kReceived, kBounds).value(), kReceived);
  call.set("timestamp", nullptr).set("sentAt", "2020-01-01T00:00:00Z");
  EXPECT_EQ(event_time(call, nullptr, kReceived, kBounds).value(), kReceived);
}

TEST(EventTime, IsBounded) {
  Json call = Json::object();
  call.set("timestamp", "2026-03-02T09:05:00Z");
  EXPECT_EQ(event_time(call, nullptr, kReceived, kBounds).value(), kReceived + minutes(5));
  call.set("timestamp", "2026-03-02T09:05:00.001Z");
  EXPECT_EQ(event_time(call, nullptr, kReceived, kBounds).value(), kReceived);
  call.set("timestamp", "9999-12-31T23:59:59Z");
  EXPECT_EQ(event_time(call, nullptr, kReceived, kBounds).value(), kReceived);

  call.set("timestamp", format_time(kReceived - days(3650)));
  EXPECT_EQ(event_time(call, nullptr, kReceived, kBounds).value(), kReceived - days(3650));
  call.set("timestamp", format_time(kReceived - days(3650) - millis(1)));
  const auto old = event_time(call, nullptr, kReceived, kBounds);
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().where, "timestamp");
  EXPECT_NE(old.error().message.find("3650 days"), std::string::npos);
}

TEST(EventTime, RefusesWhatIsNoTime) {
  for (const Json& bad : {Json(1772442000), Json(1.5), Json(true), Json::object(), Json::array(),
                          Json(""), Json("yesterday"), Json("2026-13-01T00:00:00Z")}) {
    for (const std::string_view field : {"timestamp", "originalTimestamp", "sentAt"}) {
      Json call = Json::object();
      call.set(field, bad);
      const auto time = event_time(call, nullptr, kReceived, kBounds);
      ASSERT_FALSE(time) << field << to_text(bad);
      EXPECT_EQ(time.error().where, field);
    }
    EXPECT_FALSE(event_time(Json::object(), &bad, kReceived, kBounds));
  }
}

}  // namespace
}  // namespace rapport::intake
