#include "connect/quota.h"

#include <gtest/gtest.h>

#include <deque>

#include "testing/fakes.h"

namespace rapport::connect {
namespace {

using model::Urgency;

QuotaWindow window(std::string name, int64_t calls, Micros per, std::string only = "") {
  return {.name = std::move(name), .calls = calls, .per = per, .only = std::move(only)};
}

QuotaSpec spec(std::vector<QuotaWindow> windows, int reserve_percent = 0) {
  return {.windows = std::move(windows), .reserve_percent = reserve_percent};
}

// KU-83: 10 a second, 100 a minute, 10,000 a day, all at once.
QuotaSpec three_windows() {
  return spec({window("second", 10, seconds(1)), window("minute", 100, minutes(1)),
               window("day", 10'000, hours(24))},
              5);
}

// The vendor's own count: of the calls that arrived in the last `per`.
class Vendor {
 public:
  Vendor(int64_t calls, Micros per) : calls_(calls), per_(per) {}
  bool takes(Micros at) {
    while (!arrived_.empty() && arrived_.front() + per_ <= at) arrived_.pop_front();
    if (static_cast<int64_t>(arrived_.size()) >= calls_) return false;
    arrived_.push_back(at);
    return true;
  }

 private:
  int64_t calls_;
  Micros per_;
  std::deque<Micros> arrived_;
};

TEST(Quota, NoRollingWindowOfTheVendorIsEverFullForUs) {  // KU-83
  ManualClock clock;
  QuotaLedger ledger(three_windows(), clock);
  std::vector<Vendor> vendors{{10, seconds(1)}, {100, minutes(1)}, {10'000, hours(24)}};
  SeededRandom random(7);
  int64_t sent = 0;
  const Micros start = clock.monotonic();
  while (clock.monotonic() < start + minutes(20)) {
    const Micros wait = ledger.take("", Urgency::kUsual).value();
    if (wait > Micros{}) {
      clock.advance(wait);
      continue;
    }
    const Micros latency = millis(static_cast<int64_t>(random.below(200)));
    const auto on_the_way = static_cast<int64_t>(random.below(latency.value + 1));
    clock.advance(Micros{on_the_way});
    for (Vendor& vendor : vendors) ASSERT_TRUE(vendor.takes(clock.monotonic())) << sent;
    clock.advance(latency - Micros{on_the_way});
    ledger.done("", nullptr);
    ++sent;
  }
  EXPECT_GE(sent, 20 * 95 - 20) << "at least 95 % of what is permitted, but for the reserve";
}

TEST(Quota, UsualWorkIsSpreadOverTheWindowAndUrgentWorkIsNot) {
  ManualClock clock;
  QuotaLedger ledger(spec({window("w", 100, seconds(10))}, 5), clock);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(ledger.take("", Urgency::kUsual).value(), Micros{}) << i;
  const Micros wait = ledger.take("", Urgency::kUsual).value();
  EXPECT_GT(wait, Micros{});
  EXPECT_LE(wait, millis(110));
  for (int i = 0; i < 90; ++i) ASSERT_EQ(ledger.take("", Urgency::kUrgent).value(), Micros{}) << i;
  EXPECT_GT(ledger.take("", Urgency::kUrgent).value(), Micros{}) << "the window itself is full";
}

TEST(Quota, KeepsAReserveForUrgentWork) {
  ManualClock clock;
  QuotaLedger ledger(spec({window("w", 100, seconds(10))}, 10), clock);
  int64_t usual = 0;
  const Micros end = clock.monotonic() + millis(9'900);
  while (clock.monotonic() < end) {
    const Micros wait = ledger.take("", Urgency::kUsual).value();
    if (wait > Micros{}) {
      clock.advance(std::min(wait, end - clock.monotonic()));
      continue;
    }
    ledger.done("", nullptr);
    ++usual;
  }
  EXPECT_EQ(usual, 90);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(ledger.take("", Urgency::kUrgent).value(), Micros{});
    ledger.done("", nullptr);
  }
  EXPECT_GT(ledger.take("", Urgency::kUrgent).value(), Micros{});
}

TEST(Quota, ACallCountsInItsOwnWindowBesideTheCommonOnes) {
  ManualClock clock;
  QuotaLedger ledger(spec({window("all", 100, seconds(10)), window("s", 2, seconds(1), "search")}),
                     clock);
  EXPECT_EQ(ledger.take("search", Urgency::kUrgent).value(), Micros{});
  EXPECT_EQ(ledger.take("search", Urgency::kUrgent).value(), Micros{});
  EXPECT_GT(ledger.take("search", Urgency::kUrgent).value(), Micros{});
  EXPECT_EQ(ledger.take("", Urgency::kUrgent).value(), Micros{});
}

TEST(Quota, BelievesTheVendorWhereItCountsOtherwise) {
  ManualClock clock;
  QuotaWindow told = window("w", 100, seconds(10));
  told.limit_header = "X-Max";
  told.left_header = "X-Left";
  QuotaLedger ledger(spec({told}), clock);
  ASSERT_EQ(ledger.take("", Urgency::kUrgent).value(), Micros{});
  const HttpResponse answer{200, {{"X-Max", "50"}, {"X-Left", "10"}}, ""};
  ledger.done("", &answer);
  const Json shown = ledger.describe();
  const Json& one = shown.find("windows")->as_array().front();
  EXPECT_EQ(one.integer("limit"), 50);
  EXPECT_EQ(one.integer("used"), 40) << "somebody else uses the account as well";
}

TEST(Quota, NothingLeavesBeforeTheTimeThatARefusalNames) {
  ManualClock clock;
  QuotaLedger ledger(spec({window("w", 100, seconds(10))}), clock);
  ledger.refused("", seconds(20), "");
  EXPECT_EQ(ledger.take("", Urgency::kUrgent).value(), seconds(20));
  clock.jump(hours(1));
  EXPECT_EQ(ledger.take("", Urgency::kUrgent).value(), seconds(20)) << "the wall clock jumped";
  clock.advance(seconds(20));
  EXPECT_EQ(ledger.take("", Urgency::kUrgent).value(), Micros{});
}

TEST(Quota, ARefusalWithoutATimeFillsTheWindowItNames) {
  ManualClock clock;
  QuotaWindow day = window("day", 1000, hours(24));
  day.policy = "DAILY";
  QuotaLedger ledger(spec({window("w", 100, seconds(10)), day}), clock);
  ledger.refused("", {}, "DAILY");
  EXPECT_GT(ledger.take("", Urgency::kUrgent).value(), hours(23));
  QuotaLedger other(spec({window("w", 100, seconds(10)), day}), clock);
  other.refused("", {}, "");
  const Micros wait = other.take("", Urgency::kUrgent).value();
  EXPECT_GT(wait, seconds(9));
  EXPECT_LE(wait, seconds(11)) << "the shortest one";
}

TEST(Quota, ARefusalWhereNoWindowIsDeclaredIsNotAnsweredAtOnce) {
  ManualClock clock;
  QuotaLedger ledger(spec({}), clock);
  EXPECT_EQ(ledger.take("", Urgency::kUsual).value(), Micros{});
  ledger.refused("", {}, "");
  EXPECT_EQ(ledger.take("", Urgency::kUrgent).value(), seconds(10));
}

// What outlives the process.
struct Kept {
  Json use;
  int saves = 0;
  QuotaStore store() {
    return {[this](const std::string&) { return Result<Json>(use); },
            [this](const std::string&, const Json& now) {
              use = now;
              ++saves;
              return Result<void>();
            }};
  }
};

TEST(Quota, TheDayIsReservedInBlocksBeforeItIsUsed) {
  ManualClock clock;
  Kept kept;
  const QuotaSpec day = spec({window("day", 10'000, hours(24))});
  {
    QuotaLedger ledger(day, clock, "k", kept.store());
    ASSERT_TRUE(ledger.open().ok());
    for (int i = 0; i < 25; ++i) {
      ASSERT_EQ(ledger.take("", Urgency::kUrgent).value(), Micros{});
      ledger.done("", nullptr);
    }
    EXPECT_EQ(ledger.describe().find("windows")->as_array()[0].integer("used"), 25);
    EXPECT_LE(kept.saves, 5);
  }
  QuotaLedger after(day, clock, "k", kept.store());
  ASSERT_TRUE(after.open().ok());
  const int64_t used = after.describe().find("windows")->as_array()[0].integer("used");
  EXPECT_GE(used, 25) << "never less than was sent";
  EXPECT_LE(used, 35) << "and at most a block more";
}

TEST(Quota, AfterAnUncleanEndAShortWindowCountsAsSpent) {
  ManualClock clock;
  Kept kept;
  const QuotaSpec short_one = spec({window("w", 10, seconds(10))});
  {
    QuotaLedger ledger(short_one, clock, "k", kept.store());
    ASSERT_TRUE(ledger.open().ok());
    EXPECT_EQ(ledger.take("", Urgency::kUrgent).value(), Micros{}) << "never used before";
  }
  QuotaLedger crashed(short_one, clock, "k", kept.store());
  ASSERT_TRUE(crashed.open().ok());
  EXPECT_GT(crashed.take("", Urgency::kUrgent).value(), seconds(9));
  ASSERT_TRUE(crashed.close().ok());
  clock.advance(seconds(11));
  QuotaLedger clean(short_one, clock, "k", kept.store());
  ASSERT_TRUE(clean.open().ok());
  EXPECT_EQ(clean.take("", Urgency::kUrgent).value(), Micros{});
}

TEST(Quota, WhatARefusalAskedForOutlivesTheProcess) {
  ManualClock clock;
  Kept kept;
  const QuotaSpec any = spec({window("w", 10, seconds(1))});
  {
    QuotaLedger ledger(any, clock, "k", kept.store());
    ASSERT_TRUE(ledger.open().ok());
    ledger.refused("", seconds(60), "");
  }
  clock.advance(seconds(15));
  QuotaLedger after(any, clock, "k", kept.store());
  ASSERT_TRUE(after.open().ok());
  EXPECT_EQ(after.take("", Urgency::kUrgent).value(), seconds(45));
}

TEST(Quota, NothingLeavesWhereTheUseCannotBeKept) {
  ManualClock clock;
  QuotaLedger ledger(
      spec({window("day", 10, hours(24))}), clock, "k",
      {[](const std::string&) { return Result<Json>(Json()); },
       [](const std::string&, const Json&) { return Result<void>(Error{Code::kIo, "no room"}); }});
  EXPECT_FALSE(ledger.open().ok());
  EXPECT_FALSE(ledger.take("", Urgency::kUsual).ok());
}

// A store that fails while `broken`.
struct Store {
  bool broken = false;
  Json kept;
  int tries = 0;
  std::vector<bool> told;
  QuotaStore ports() {
    return {[this](const std::string&) { return Result<Json>(kept); },
            [this](const std::string&, const Json& use) -> Result<void> {
              ++tries;
              if (broken) return io_error("disk full");
              kept = use;
              return {};
            },
            [this](const Result<void>& saved) { told.push_back(saved.ok()); }};
  }
};

TEST(Quota, AWaitThatCannotBeSavedIsToldAndTriedUntilItIs) {
  ManualClock clock;
  Store store;
  QuotaLedger ledger(three_windows(), clock, "key", store.ports());
  ASSERT_TRUE(ledger.open().ok());
  store.broken = true;
  store.tries = 0;
  ledger.refused("", minutes(5), "");
  EXPECT_EQ(store.tries, 1);
  for (int i = 0; i < 30; ++i) {
    ledger.keep();
    clock.advance(millis(100));
  }
  EXPECT_EQ(store.tries, 3);  // at once, and once a second
  EXPECT_EQ(store.told, std::vector<bool>({false, false, false}));
  EXPECT_EQ(store.kept.integer("blocked_until"), 0);
  store.broken = false;
  clock.advance(seconds(1));
  ledger.keep();
  ledger.keep();
  EXPECT_EQ(store.told, std::vector<bool>({false, false, false, true}));
  EXPECT_GT(store.kept.integer("blocked_until"), 0);
  // As after a crash.
  QuotaLedger next(three_windows(), clock, "key", store.ports());
  ASSERT_TRUE(next.open().ok());
  EXPECT_GT(next.take("", Urgency::kUrgent).value(), minutes(4));
}

TEST(Quota, AWaitThatIsSavedAtOnceIsNotTold) {
  ManualClock clock;
  Store store;
  QuotaLedger ledger(three_windows(), clock, "key", store.ports());
  ASSERT_TRUE(ledger.open().ok());
  ledger.refused("", minutes(5), "");
  ledger.keep();
  EXPECT_TRUE(store.told.empty());
}

}  // namespace
}  // namespace rapport::connect
