#include "decide/said.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

std::optional<int64_t> said_on(std::string_view day, std::string_view timeline) {
  return timeline_days(timeline, parse_time(day).value());
}

// BO-133
TEST(Said, ATimelineWithAYearIsItsLastDay) {
  EXPECT_EQ(said_on("2026-06-01", "2026-06-15"), 14);
  EXPECT_EQ(said_on("2026-06-01", "2026-06"), 27);
  EXPECT_EQ(said_on("2026-06-01", "2026-Q3"), 119) << "28 September";
  EXPECT_EQ(said_on("2026-06-01", "2026-05"), 0) << "over";
}

TEST(Said, WithoutAYearItIsTheFirstThatIsNotOver) {
  EXPECT_EQ(said_on("2026-06-01", "Q3"), 119);
  EXPECT_EQ(said_on("2026-09-28T18:00:00Z", "Q3"), 0) << "its last day is not over";
  EXPECT_EQ(said_on("2026-09-29", "Q3"), 364);
  EXPECT_EQ(said_on("2026-06-01", "--06-15"), 14);
  EXPECT_EQ(said_on("2026-06-16", "--06-15"), 364);
  EXPECT_EQ(said_on("2026-06-01", "--05"), 361);
  EXPECT_EQ(said_on("2026-06-01", "--02-29"), 638) << "2028 has one";
}

TEST(Said, WhatIsNoTimeIsNone) {
  for (std::string_view timeline : {"", "Q5", "--13", "--06-31", "soon", "2026-Q0"})
    EXPECT_EQ(said_on("2026-06-01", timeline), std::nullopt) << timeline;
}

TEST(Said, SpansCountFromNow) {
  EXPECT_EQ(said_on("2026-06-01", "P0D"), 0);
  EXPECT_EQ(said_on("2026-06-01", "P2W"), 14);
  EXPECT_EQ(said_on("2026-06-01", "P0M"), 30) << "within this month";
}

}  // namespace
}  // namespace rapport::decide
