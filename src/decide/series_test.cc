#include "decide/series.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "expr/functions/money.h"

namespace rapport::decide {
namespace {

const expr::Zone& utc() {
  static const auto zone = expr::find_zone("UTC", nullptr);
  return *zone;
}
const Micros kNoon = *parse_time("2025-06-15T12:00:00Z");

Metric metric(Figure figure, int buckets = 30) {
  return {.name = "m", .of = "account", .on = {"a"}, .figure = figure, .buckets = buckets};
}
Given money(std::string_view text) {
  return *expr::read_money(text);
}
Given number(double amount) {
  return *decimal(amount);
}

// "12", "1.5", "12.50 EUR", a text, or the reason why there is none.
std::string shown(const Reading& reading) {
  std::string out;
  switch (reading.kind) {
    case Reading::Kind::kAbsent:
      return std::string(reason(reading.absence));
    case Reading::Kind::kInt:
      out = std::to_string(reading.amount);
      break;
    case Reading::Kind::kDecimal:
      out = std::to_string(static_cast<double>(reading.amount) / 1e6);
      break;
    case Reading::Kind::kMoney:
      expr::append_money(out, {reading.amount, reading.currency});
      break;
    case Reading::Kind::kText:
      out = reading.text;
  }
  return out + (reading.estimate ? " about" : "") + (reading.saturated ? " at least" : "");
}

struct Kept {
  explicit Kept(Metric of) : metric(std::move(of)), series(metric) {}
  Added add(Micros age, const Given& value = {}) { return series.add(utc(), kNoon - age, value); }
  std::string at(Micros later = {}) { return shown(series.value(utc(), kNoon + later)); }

  Metric metric;
  Series series;
};

TEST(Series, CountsTheDaysOfTheWindow) {  // CS-44
  Kept logins(metric(Figure::kCount));
  EXPECT_EQ(logins.at(), "0");
  logins.add(hours(1));
  logins.add(days(29));
  EXPECT_EQ(logins.add(days(30)), Added::kYes) << "just outside, kept for clocks that run ahead";
  EXPECT_EQ(logins.add(days(31)), Added::kTooLate);
  EXPECT_EQ(logins.at(), "2");
  EXPECT_EQ(logins.series.next_change(utc(), kNoon), *parse_time("2025-06-16T00:00:00Z"));
  EXPECT_EQ(logins.at(days(1)), "1");
  EXPECT_EQ(logins.at(days(30)), "0");
  EXPECT_EQ(logins.series.next_change(utc(), kNoon + days(30)), std::nullopt);
}

TEST(Series, AnEventDatedAheadOfNowCountsAtOnce) {
  Kept logins(metric(Figure::kCount));
  logins.add(days(29));
  logins.add(hours(-13));
  EXPECT_EQ(logins.at(), "2");
}

TEST(Series, WithoutAWindowAllEventsCount) {
  Kept ever(metric(Figure::kCount, 0));
  ever.add(days(3000));
  ever.add(hours(0));
  EXPECT_EQ(ever.at(days(9000)), "2");
  EXPECT_EQ(ever.series.next_change(utc(), kNoon), std::nullopt);
  EXPECT_EQ(ever.series.text(), "0:2");
}

TEST(Series, SumsMoneyOfOneCurrency) {
  Kept spend(metric(Figure::kSum));
  EXPECT_EQ(spend.at(), "no events in the window") << "not zero: of which currency?";
  spend.add(days(1), money("10.25 EUR"));
  spend.add(days(2), money("-0.50 EUR"));
  EXPECT_EQ(spend.at(), "9.75 EUR");
  EXPECT_EQ(spend.series.value(utc(), kNoon).sample, 2);
  spend.add(days(20), money("3 USD"));
  EXPECT_EQ(spend.at(), "the events of the window have values of several currencies or units");
  EXPECT_EQ(spend.at(days(10)), "9.75 EUR") << "once the dollars have left the window";
}

TEST(Series, ManyCurrenciesAreCountedTogetherWithoutAnAmount) {
  Kept spend(metric(Figure::kSum));
  for (const char* currency :
       {"EUR", "USD", "JPY", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK"})
    spend.add(days(2), expr::Money{100, expr::pack_currency(currency)});
  EXPECT_EQ(spend.series.value(utc(), kNoon).sample, 10);
  auto again = Series::read(spend.metric, spend.series.text());
  ASSERT_TRUE(again.ok()) << spend.series.text();
  EXPECT_EQ(again->text(), spend.series.text());
}

TEST(Series, AveragesRoundHalvesAwayFromZero) {  // CS-48
  Kept csat(metric(Figure::kAverage, 90));
  csat.add(days(1), number(5));
  csat.add(days(2), number(4));
  csat.add(days(3), number(4));
  EXPECT_EQ(csat.series.value(utc(), kNoon).amount, 4'333'333);
  Kept cents(metric(Figure::kAverage));
  cents.add(days(1), money("-0.01 EUR"));
  cents.add(days(1), money("0.00 EUR"));
  EXPECT_EQ(cents.at(), "-0.01 EUR");
}

TEST(Series, ExtremesLeaveWithTheirBucket) {
  Kept most(metric(Figure::kMax)), least(metric(Figure::kMin));
  for (Kept* kept : {&most, &least}) {
    kept->add(days(25), number(kept == &most ? 9 : 1));
    kept->add(days(1), number(5));
    kept->add(days(1), number(4));
  }
  EXPECT_EQ(most.at(), "9.000000");
  EXPECT_EQ(most.at(days(5)), "5.000000");
  EXPECT_EQ(least.at(), "1.000000");
  EXPECT_EQ(least.at(days(5)), "4.000000");
}

TEST(Series, LastAndFirstGoByTheDateOfTheEvent) {
  Kept last(metric(Figure::kLast, 0)), first(metric(Figure::kFirst, 0));
  for (Kept* kept : {&last, &first}) {
    kept->add(days(5), std::string_view("middle"));
    kept->add(days(1), number(9.5));
    kept->add(days(8), money("7 EUR"));
  }
  EXPECT_EQ(last.at(), "9.500000");
  EXPECT_EQ(first.at(), "7.00 EUR");
  last.add(days(1), std::string_view("again"));
  EXPECT_EQ(last.at(), "again") << "of two at an instant the one added later";
}

TEST(Series, TextsOfAnyBytesAreKeptAsPlainAsciiUpToALength) {
  Kept last(metric(Figure::kLast, 0));
  const std::string given = "\"é\\,;.\n";
  last.add(days(1), std::string_view(given));
  EXPECT_EQ(last.series.text().find_first_of("\"\\,;\n"), std::string::npos);
  EXPECT_EQ(shown(Series::read(last.metric, last.series.text())->value(utc(), kNoon)), given);
  const std::string whole(255, 'a'), longer = whole + "éé";
  last.add(days(0), std::string_view(longer));
  EXPECT_EQ(last.at(), whole);
}

TEST(Series, AgesAreWholeUnitsUntilTheyStay) {  // CS-45, CS-48
  Metric since = metric(Figure::kSince, 0);
  since.until = days(3);
  Kept login(since);
  EXPECT_EQ(login.at(), "no events in the window");
  login.add(hours(20));
  EXPECT_EQ(login.at(), "0");
  EXPECT_EQ(login.series.next_change(utc(), kNoon), kNoon + hours(4));
  EXPECT_EQ(login.at(hours(4)), "1");
  EXPECT_EQ(login.at(days(9)), "3");
  EXPECT_EQ(login.series.next_change(utc(), kNoon + days(9)), std::nullopt);
  EXPECT_EQ(login.add(days(7)), Added::kYes);
  EXPECT_EQ(login.at(hours(4)), "1") << "an older login changes nothing";
}

TEST(Series, ChangeNeedsAWindowToCompareWith) {  // CS-44
  Kept actions(metric(Figure::kChange, 10));
  actions.add(days(1));
  EXPECT_EQ(actions.at(), "no events in the window before, to compare with");
  for (int i = 0; i < 3; ++i) actions.add(days(15));
  EXPECT_EQ(actions.at(), "-0.666667");
  actions.add(days(-1));
  actions.add(days(-1));
  EXPECT_EQ(actions.at(days(9)), "1.000000") << "two, after one";
}

TEST(Series, SumsOutOfRangeSayThatTheyAreABound) {
  Kept sum(metric(Figure::kSum));
  for (int i = 0; i < 2; ++i) sum.add(days(1), Decimal{std::numeric_limits<int64_t>::max()});
  EXPECT_TRUE(sum.series.value(utc(), kNoon).saturated);
  EXPECT_EQ(sum.series.value(utc(), kNoon).amount, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Series::read(sum.metric, sum.series.text())->value(utc(), kNoon),
            sum.series.value(utc(), kNoon));
}

TEST(Series, RefusesValuesTheFigureCannotTake) {
  EXPECT_EQ(Kept(metric(Figure::kSum)).add(days(1), std::string_view("5")), Added::kUnfit);
  EXPECT_EQ(Kept(metric(Figure::kAverage)).add(days(1)), Added::kUnfit);
  EXPECT_EQ(Kept(metric(Figure::kLast)).add(days(1)), Added::kUnfit);
  EXPECT_EQ(Kept(metric(Figure::kDistinct)).add(days(1)), Added::kUnfit);
  for (const Figure figure : {Figure::kMax, Figure::kLast, Figure::kDistinct})
    EXPECT_EQ(Kept(metric(figure)).add(days(1), expr::Money{1, 7}), Added::kUnfit) << "no currency";
}

TEST(Series, DecimalsAreExactOrRefused) {
  EXPECT_EQ(decimal(0.1)->millionths, 100'000);
  EXPECT_EQ(decimal(-2.0000005)->millionths, -2'000'001);
  EXPECT_EQ(decimal(int64_t{9'223'372'036'854})->millionths, 9'223'372'036'854'000'000);
  EXPECT_FALSE(decimal(int64_t{9'223'372'036'855}));
  EXPECT_FALSE(decimal(1e13));
  EXPECT_FALSE(decimal(std::nan("")));
}

TEST(Series, WhatCannotBeTakenOutAgainSaysSo) {
  for (const Figure figure : {Figure::kMin, Figure::kLast, Figure::kDistinct, Figure::kSince}) {
    Kept kept(metric(figure, figure == Figure::kSince ? 0 : 30));
    const auto done = kept.series.subtract(kept.series);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, Code::kUnsupported);
  }
}

TEST(Series, TakingOutMoreThanThereIsLeavesNothing) {
  Kept account(metric(Figure::kCount)), contact(metric(Figure::kCount));
  account.add(days(1));
  for (int i = 0; i < 2; ++i) contact.add(days(1));
  ASSERT_TRUE(account.series.subtract(contact.series).ok());
  EXPECT_TRUE(account.series.empty());
  EXPECT_EQ(account.series.text(), "");
}

TEST(Series, AStateIsShort) {
  Kept logins(metric(Figure::kCount));
  for (int day = 0; day < 30; ++day)
    for (int i = 0; i <= day; ++i) logins.add(days(day));
  EXPECT_LE(logins.series.text().size(), 70u) << logins.series.text();
}

TEST(Series, DamagedTextsAreRefused) {
  const auto refused = [](Figure figure, int buckets, std::string_view text) {
    const Metric declared = metric(figure, buckets);
    const auto read = Series::read(declared, text);
    return !read.ok() && read.error().code == Code::kCorrupt;
  };
  for (const char* text : {"1", "1:", "1:0", "1:-1", "1:1,", "1:01", "1:A", "1:1;", "1:1;1:1", ":1",
                           "#1:1/1", "1:1/1", "1:1!", "zzzzzz:1", "1:1,z_1", "1:2_1", "1: 1"})
    EXPECT_TRUE(refused(Figure::kCount, 30, text)) << text;
  for (const char* text : {"1:1", "#1:1", "#1:1/", "EU1:1/1", "EUR1:1/1;EUR1:1/1",
                           "USD1:1/1;#1:1/1", "#1:1/zzzzzzzzzzzzzz", "#1:1/1?"})
    EXPECT_TRUE(refused(Figure::kSum, 30, text)) << text;
  EXPECT_TRUE(refused(Figure::kCount, 0, "1:1")) << "without a window there is one bucket";
  for (const char* text : {"1", "1.1", "1.1.", "1.1.x", "1.1.=%g0", "1.1.=é", "1.1.#1,2.2.#1",
                           "1.1.#", "1.1.EUR", "1.1.=a,"})
    EXPECT_TRUE(refused(Figure::kLast, 30, text)) << text;
  for (const char* text : {"1", "1:", "1::", "1::aaaaaaaa", "1::aaaaaaaa-z", "1:0.--------:",
                           "1::aaaaaaaa--aaaaaaaa--", "1:0.a:", "1:0.0000000z:aaaaaaaa--",
                           "1::aaaaaaaa--:", "1:1.00000000,2.00000000:", "1::aaaaaaaa--;"})
    EXPECT_TRUE(refused(Figure::kDistinct, 30, text)) << text;
  EXPECT_TRUE(refused(Figure::kDailyDistinct, 30, "1::aaaaaaaa------"));
  EXPECT_TRUE(refused(Figure::kDailyDistinct, 30, "1::aaaaaaaazzzzzz"));
}

TEST(Series, AnErrorNamesTheMetricAndTheRemedy) {
  const Metric declared = metric(Figure::kCount);
  EXPECT_EQ(Series::read(declared, "?").error().message,
            "the state of metric 'm' cannot be read (not the text of cells); rebuild the state");
}

}  // namespace
}  // namespace rapport::decide
