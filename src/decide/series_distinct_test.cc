#include "decide/series_distinct.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rapport::decide {
namespace {

Metric metric(Figure figure, int buckets = 30) {
  return {.name = "m", .of = "account", .on = {"a"}, .figure = figure, .buckets = buckets};
}

// Users `from` to `to` seen on a day.
void see(DistinctSeries& series, int64_t day, int from, int to) {
  for (int user = from; user < to; ++user) {
    const std::string id = "user-" + std::to_string(user);
    ASSERT_EQ(series.add(day, Given(std::string_view(id))), Added::kYes);
  }
}

double off(const Reading& reading, double truth) {
  const double unit = reading.kind == Reading::Kind::kDecimal ? 1e6 : 1;
  return std::abs(static_cast<double>(reading.amount) / unit / truth - 1);
}

TEST(Distinct, IsExactToAThousand) {
  const Metric users = metric(Figure::kDistinct);
  DistinctSeries series(users);
  for (int day = 0; day < 30; ++day) see(series, day, 0, 1000);
  const Reading reading = series.value(29);
  EXPECT_EQ(reading.amount, 1000);
  EXPECT_FALSE(reading.estimate);
  EXPECT_EQ(reading.sample, 1000);
}

TEST(Distinct, EstimatesAHundredThousandInBoundedMemory) {
  for (const int days : {1, 30}) {
    const Metric users = metric(Figure::kDistinct);
    DistinctSeries series(users);
    for (int day = 0; day < days; ++day)
      see(series, day, day * (100'000 / days), (day + 1) * (100'000 / days));
    const Reading reading = series.value(29);
    EXPECT_TRUE(reading.estimate);
    EXPECT_LE(off(reading, 100'000), 0.1) << reading.amount;
    EXPECT_LE(off(reading, 100'000), 4 / std::sqrt(static_cast<double>(reading.sample)));
    EXPECT_GE(reading.sample, 600);
    EXPECT_LE(series.text().size(), 32'000u);
  }
}

TEST(Distinct, IsExactAgainWhenTheDayOfABurstHasLeftTheWindow) {
  const Metric users = metric(Figure::kDistinct);
  DistinctSeries series(users);
  see(series, 0, 0, 50'000);
  for (int day = 1; day < 40; ++day) see(series, day, 100'000, 100'050);
  const Reading reading = series.value(39);
  EXPECT_EQ(reading.amount, 50);
  EXPECT_FALSE(reading.estimate);
}

TEST(Distinct, MergesSamplesOfTwoRecords) {
  for (const Figure figure : {Figure::kDistinct, Figure::kDailyDistinct}) {
    const Metric users = metric(figure, 2);
    DistinctSeries a(users), b(users), both(users);
    see(a, 1, 0, 20'000);
    see(a, 2, 0, 500);
    see(b, 1, 10'000, 30'000);
    DistinctSeries back = b;
    back.merge(a);
    a.merge(b);
    EXPECT_EQ(a.text(), back.text()) << "in either order";
    const double truth = figure == Figure::kDistinct ? 30'000 : 15'250;
    EXPECT_LE(off(a.value(2), truth), 0.1) << a.value(2).amount;
    const auto again = DistinctSeries::read(users, a.text());
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->text(), a.text());
  }
}

TEST(Distinct, MeanOfDaysCountsDaysWithoutEvents) {  // CS-48
  const Metric users = metric(Figure::kDailyDistinct, 10);
  DistinctSeries series(users);
  EXPECT_EQ(series.value(9).amount, 0);
  see(series, 8, 0, 3);
  see(series, 9, 0, 2);
  EXPECT_EQ(series.value(9).amount, 500'000);
  EXPECT_EQ(series.value(9).sample, 3);
  EXPECT_EQ(series.next_change(9), 18);
  EXPECT_EQ(series.value(18).amount, 200'000);
}

TEST(Distinct, MeanOfDaysEstimatesLargeDays) {  // CS-48
  const Metric users = metric(Figure::kDailyDistinct);
  DistinctSeries same(users), others(users);
  for (int day = 0; day < 30; ++day) {
    see(same, day, 0, 10'000);
    see(others, day, day * 3000, day * 3000 + 3000);
  }
  EXPECT_LE(off(same.value(29), 10'000), 0.1) << same.value(29).amount;
  EXPECT_LE(off(others.value(29), 3000), 0.1) << others.value(29).amount;
  EXPECT_TRUE(same.value(29).estimate);
  EXPECT_LE(same.text().size(), 45'000u);
}

TEST(Distinct, KindsOfValuesDiffer) {
  const Metric users = metric(Figure::kDistinct, 0);
  DistinctSeries series(users);
  series.add(0, Given(std::string_view("5000000")));
  series.add(0, Given(Decimal{5'000'000}));
  series.add(0, Given(expr::Money{5'000'000, 'E' | 'U' << 8 | 'R' << 16}));
  EXPECT_EQ(series.value(0).amount, 3);
}

}  // namespace
}  // namespace rapport::decide
