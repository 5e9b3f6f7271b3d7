#include "decide/read_metric.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

std::vector<Metric> read(std::string_view text, YamlDocument& document) {
  const YamlNode tree = parse_yaml(text, document.name).value();
  return read_metrics(tree, document);
}

Metric good(std::string_view fields) {
  YamlDocument document{"pack.yaml"};
  auto metrics = read("m: {of: account, on: a.b, " + std::string(fields) + "}\n", document);
  EXPECT_FALSE(document.error) << document.error->message;
  return metrics.at(0);
}

std::string problem(std::string_view text) {
  YamlDocument document{"p"};
  read(text, document);
  return document.error ? document.error->message : "none";
}
std::string wrong(std::string_view fields) {
  return problem("m: {of: account, on: a.b, " + std::string(fields) + "}\n");
}

TEST(ReadMetric, ReadsEveryField) {
  YamlDocument document{"pack.yaml"};
  const auto metrics = read(
      "users_30d:\n"
      "  of: account\n"
      "  on: [user.logged_in, feature.used]\n"
      "  distinct: event.user_id\n"
      "  where: event.source != 'test'\n"
      "  within: 30d\n"
      "  grain: day\n"
      "  spec: [CS-44, CS-48]\n",
      document);
  ASSERT_FALSE(document.error) << document.error->message;
  const Metric& metric = metrics.at(0);
  EXPECT_EQ(metric.name, "users_30d");
  EXPECT_EQ(metric.of, "account");
  EXPECT_EQ(metric.on, (std::vector<std::string>{"user.logged_in", "feature.used"}));
  EXPECT_EQ(metric.figure, Figure::kDistinct);
  EXPECT_EQ(metric.value.text, "event.user_id");
  EXPECT_EQ(metric.value.line, 4);
  EXPECT_EQ(metric.value.column, 13);
  EXPECT_EQ(metric.where.text, "event.source != 'test'");
  EXPECT_EQ(metric.grain, Grain::kDay);
  EXPECT_EQ(metric.buckets, 30);
  EXPECT_EQ(metric.spec, (std::vector<std::string>{"CS-44", "CS-48"}));
}

TEST(ReadMetric, GrainFollowsFromTheWindow) {
  EXPECT_EQ(good("count: events, within: 2d").grain, Grain::kDay);
  EXPECT_EQ(good("count: events, within: 2d").buckets, 2);
  EXPECT_EQ(good("count: events, within: 1d").grain, Grain::kHour);
  EXPECT_EQ(good("count: events, within: 1d").buckets, 24);
  EXPECT_EQ(good("count: events, within: 1d, grain: day").buckets, 1);
  EXPECT_EQ(good("count: events, within: 30d, grain: hour").buckets, 720);
  EXPECT_EQ(good("count: events").buckets, 0) << "for ever";
}

TEST(ReadMetric, SinceHasAUnitAndAnEnd) {
  EXPECT_EQ(good("since: event").unit, days(1));
  EXPECT_EQ(good("since: event").until, days(400));
  EXPECT_EQ(good("since: event, unit: hour").until, hours(400));
  EXPECT_EQ(good("since: event, unit: week, until: 70d").until, days(70));
}

TEST(ReadMetric, RefusesWithPlaceAndRemedy) {
  EXPECT_EQ(wrong("count: events, within: 0d"),
            "p:1:50: metric 'm' needs a window of whole hours, one at least: within: 24h");
  EXPECT_EQ(wrong("count: events, within: 36h, grain: day"),
            "p:1:50: metric 'm' needs a window of whole days, one at least: within: 30d");
  EXPECT_EQ(wrong("count: events, within: 801d"),
            "p:1:50: metric 'm' has a window of 801 days, of which 800 at most are kept: make it "
            "shorter");
  EXPECT_EQ(wrong("change: events, within: 401d"),
            "p:1:51: metric 'm' has a window of 401 days, of which 400 at most are kept: make it "
            "shorter");
  EXPECT_EQ(wrong("count: event"), "p:1:34: 'count' must be one of events; did you mean 'events'?");
  EXPECT_EQ(wrong("cuont: events"),
            "p:1:4: metric 'm' needs a figure: one of count, sum, average, min, max, first, last, "
            "distinct, daily_distinct, since or change");
  EXPECT_EQ(wrong("count: events, sum: event.x"),
            "p:1:47: metric 'm' has two figures, 'count' and 'sum': make it two metrics");
  EXPECT_EQ(wrong("count: events, witin: 30d"),
            "p:1:42: metric 'm' has no 'witin'; did you mean 'within'?");
  EXPECT_EQ(wrong("sum: [a]"),
            "p:1:32: 'sum' must be an expression over the event, such as event.amount");
  EXPECT_EQ(wrong("change: events"),
            "p:1:4: metric 'm' is a change and needs a window, such as within: 30d");
  EXPECT_EQ(wrong("daily_distinct: event.x, within: 30d, grain: hour"),
            "p:1:72: metric 'm' counts by day: its grain is day");
  EXPECT_EQ(wrong("count: events, grain: day"),
            "p:1:49: metric 'm' has a grain but no window: add within, or leave it out");
  EXPECT_EQ(wrong("since: event, within: 30d"),
            "p:1:49: metric 'm' is an age and has no window: use until for the age at which it "
            "stays");
  EXPECT_EQ(wrong("since: event, until: 1h"),
            "p:1:48: metric 'm' is kept up to date for less than one unit: make 'until' longer");
  EXPECT_EQ(wrong("count: events, unit: day"),
            "p:1:48: metric 'm' has no age: 'unit' and 'until' belong to 'since: event'");
  EXPECT_EQ(problem("m: {of: account, on: [], count: events}\n"),
            "p:1:22: metric 'm' needs one type of event at least");
  EXPECT_EQ(problem("m: {of: account, on: [a, a], count: events}\n"),
            "p:1:22: metric 'm' names the event 'a' twice, or none");
  EXPECT_EQ(problem("m: {on: a, count: events}\n"), "p:1:4: metric 'm' needs 'of'");
  EXPECT_EQ(problem("Logins: {of: a, on: a, count: events}\n"),
            "p:1:9: metric 'Logins' is named with other than up to 64 small letters, digits and "
            "'_', a letter first");
  EXPECT_EQ(problem("m: 3\n"), "p:1:4: metric 'm' must be a mapping");
  EXPECT_EQ(problem("[m]\n"), "p:1:1: 'metrics' must be a mapping of names to metrics");
}

}  // namespace
}  // namespace rapport::decide
