#include "connect/breaker.h"

#include <gtest/gtest.h>

#include "testing/fakes.h"

namespace rapport::connect {
namespace {

constexpr Micros kStart = seconds(1000);

TEST(Breaker, WaitsLittleAfterTheFirstFailuresAndThenAboutAMinute) {  // CH-95
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SeededRandom random(seed);
    Breaker breaker(random);
    for (const int64_t most : {1, 2, 4}) {
      breaker.failed(kStart, {});
      EXPECT_EQ(breaker.state(kStart), Breaker::State::kClosed);
      EXPECT_LE(breaker.next(), kStart + seconds(most));
    }
    for (int i = 0; i < 20; ++i) {
      breaker.failed(kStart, {});
      EXPECT_EQ(breaker.state(kStart), Breaker::State::kOpen);
      EXPECT_GE(breaker.next(), kStart + seconds(50));
      EXPECT_LE(breaker.next(), kStart + seconds(56));
      EXPECT_EQ(breaker.state(breaker.next()), Breaker::State::kHalfOpen);
    }
  }
}

TEST(Breaker, SpreadsItsWaits) {
  SeededRandom random(1);
  Micros least = seconds(100), most;
  for (int i = 0; i < 200; ++i) {
    Breaker breaker(random);
    breaker.failed({}, {});
    least = std::min(least, breaker.next());
    most = std::max(most, breaker.next());
  }
  EXPECT_LT(least, millis(100));
  EXPECT_GT(most, millis(900));
}

TEST(Breaker, NeverTriesBeforeTheTimeThatWasAskedFor) {
  SeededRandom random(1);
  Breaker breaker(random);
  breaker.failed(kStart, seconds(30));
  EXPECT_EQ(breaker.next(), kStart + seconds(30));
}

TEST(Breaker, IsClosedByOneSuccess) {
  SeededRandom random(1);
  Breaker breaker(random);
  for (int i = 0; i < 5; ++i) breaker.failed(kStart, {});
  breaker.worked();
  EXPECT_EQ(breaker.state(kStart), Breaker::State::kClosed);
  EXPECT_EQ(breaker.next(), Micros{});
}

}  // namespace
}  // namespace rapport::connect
