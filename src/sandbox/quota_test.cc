#include "sandbox/quota.h"

#include <gtest/gtest.h>

namespace rapport::sandbox {
namespace {

Moment at(Micros since) {
  return {hours(24 * 365) + since, seconds(7) + since};
}

TEST(Quota, ARollingWindowForgetsEachCallByItself) {
  Quota quota(Micros{0});
  const std::vector<QuotaWindow> windows = {{2, seconds(10)}};
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(seconds(0))), nullptr);
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(seconds(6))), nullptr);
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(millis(9'999))), &windows[0]);
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(seconds(10))), nullptr);
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(seconds(15))), &windows[0]);
  EXPECT_EQ(quota.remaining("a", windows[0], at(seconds(16))), 1);
}

TEST(Quota, AnAlignedWindowBeginsAnewAtItsEdge) {
  Quota quota(hours(-1));  // midnight at 23:00 UTC
  const std::vector<QuotaWindow> windows = {
      {1, days(1), "DAILY", QuotaWindow::Counts::kAllCalls, QuotaWindow::Edge::kAligned}};
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(hours(22))), nullptr);
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(hours(23) - millis(1))), &windows[0]);
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(hours(23))), nullptr);
}

TEST(Quota, CountsCallersApartAndARefusedCallNowhere) {
  Quota quota(Micros{0});
  const std::vector<QuotaWindow> windows = {{5, seconds(1)}, {2, seconds(10)}, {9, minutes(1)}};
  for (int i = 0; i < 4; ++i) quota.admit("a", windows, CallKind::kOther, at(seconds(0)));
  EXPECT_EQ(quota.remaining("a", windows[0], at(seconds(0))), 3);
  EXPECT_EQ(quota.remaining("a", windows[1], at(seconds(0))), 0);
  EXPECT_EQ(quota.remaining("a", windows[2], at(seconds(0))), 7);
  EXPECT_EQ(quota.remaining("b", windows[1], at(seconds(0))), 2);
}

TEST(Quota, SearchesHaveAWindowOnTop) {
  Quota quota(Micros{0});
  const std::vector<QuotaWindow> windows = {{10, seconds(10)},
                                            {1, seconds(1), "", QuotaWindow::Counts::kSearches}};
  EXPECT_EQ(quota.admit("a", windows, CallKind::kSearch, at(seconds(0))), nullptr);
  EXPECT_EQ(quota.admit("a", windows, CallKind::kSearch, at(seconds(0))), &windows[1]);
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(seconds(0))), nullptr);
  EXPECT_EQ(quota.remaining("a", windows[0], at(seconds(0))), 8);
}

TEST(Quota, AWallClockThatJumpsDoesNotOpenARollingWindow) {
  Quota quota(Micros{0});
  const std::vector<QuotaWindow> windows = {{1, seconds(10)}};
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(seconds(0))), nullptr);
  EXPECT_NE(quota.admit("a", windows, CallKind::kOther, {at(hours(5)).wall, seconds(8)}), nullptr);
}

TEST(Quota, OthersCanUseItUp) {
  Quota quota(Micros{0});
  const std::vector<QuotaWindow> windows = {{100, seconds(10)}};
  quota.use("a", windows[0], 99, at(seconds(0)));
  EXPECT_EQ(quota.admit("a", windows, CallKind::kOther, at(seconds(1))), nullptr);
  EXPECT_NE(quota.admit("a", windows, CallKind::kOther, at(seconds(1))), nullptr);
  EXPECT_EQ(quota.remaining("a", windows[0], at(seconds(10))), 99);
  EXPECT_EQ(windows[0].policy_name(), "TEN_SECONDLY_ROLLING");
}

}  // namespace
}  // namespace rapport::sandbox
