#include "connect/off_peak.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace rapport::connect {
namespace {

Micros at(std::string_view text) {
  return parse_time(text).value();
}

// "mon tue 22:00-06:00"; without days: on all.
DailyWindow window(std::string_view text) {
  DailyWindow one;
  bool any = false;
  while (text.size() > 11) {
    one.days[static_cast<size_t>(parse_weekday(text.substr(0, 3)).value())] = any = true;
    text.remove_prefix(4);
  }
  if (!any) one.days.fill(true);
  one.from = parse_clock(text.substr(0, 5)).value();
  one.to = parse_clock(text.substr(6)).value();
  return one;
}

OffPeak hours_of(const std::string& zone, std::vector<std::string_view> texts) {
  std::vector<DailyWindow> windows;
  for (const std::string_view text : texts) windows.push_back(window(text));
  return OffPeak::make(zone, std::move(windows)).value();
}

struct Case {
  std::string_view what, zone;
  std::vector<std::string_view> windows;
  std::string_view now;
  bool open;
  std::string_view until;
};

class OffPeakHours : public testing::TestWithParam<Case> {};

TEST_P(OffPeakHours, AreThoseOfTheWallClock) {
  const Case& c = GetParam();
  const OffPeak off_peak = hours_of(std::string(c.zone), c.windows);
  const WindowState state = off_peak.at(at(c.now));
  EXPECT_EQ(state.open, c.open) << c.what;
  EXPECT_EQ(format_time(state.until), format_time(at(c.until))) << c.what;
}

// In 2026 Berlin puts its clocks forward on 29 March at 02:00 and back on 25 October at 03:00.
INSTANTIATE_TEST_SUITE_P(Table, OffPeakHours,
                         testing::Values(Case{"an evening in winter",
                                              "Europe/Berlin",
                                              {"22:00-06:00"},
                                              "2026-01-05T20:59:59Z",
                                              false,
                                              "2026-01-05T21:00:00Z"},
                                         Case{"an evening in summer",
                                              "Europe/Berlin",
                                              {"22:00-06:00"},
                                              "2026-07-06T20:00:00Z",
                                              true,
                                              "2026-07-07T04:00:00Z"},
                                         Case{"over midnight, from the day before",
                                              "Europe/Berlin",
                                              {"mon 22:00-06:00"},
                                              "2026-07-07T03:59:59Z",
                                              true,
                                              "2026-07-07T04:00:00Z"},
                                         Case{"the end is outside",
                                              "Europe/Berlin",
                                              {"mon 22:00-06:00"},
                                              "2026-07-07T04:00:00Z",
                                              false,
                                              "2026-07-13T20:00:00Z"},
                                         Case{"a day without window",
                                              "Europe/Berlin",
                                              {"sat sun 00:00-24:00"},
                                              "2026-07-06T12:00:00Z",
                                              false,
                                              "2026-07-10T22:00:00Z"},
                                         Case{"days that meet are one",
                                              "Europe/Berlin",
                                              {"sat sun 00:00-24:00"},
                                              "2026-07-11T12:00:00Z",
                                              true,
                                              "2026-07-12T22:00:00Z"},
                                         Case{"overlapping windows are one",
                                              "UTC",
                                              {"20:00-23:00", "22:00-02:00"},
                                              "2026-07-06T21:00:00Z",
                                              true,
                                              "2026-07-07T02:00:00Z"},
                                         Case{"the night is an hour short",
                                              "Europe/Berlin",
                                              {"22:00-06:00"},
                                              "2026-03-28T21:00:00Z",
                                              true,
                                              "2026-03-29T04:00:00Z"},
                                         Case{"the night is an hour long",
                                              "Europe/Berlin",
                                              {"22:00-06:00"},
                                              "2026-10-24T20:00:00Z",
                                              true,
                                              "2026-10-25T05:00:00Z"},
                                         Case{"it begins in the hour that is skipped",
                                              "Europe/Berlin",
                                              {"02:30-05:00"},
                                              "2026-03-29T00:59:59Z",
                                              false,
                                              "2026-03-29T01:00:00Z"},
                                         Case{"it ends in the hour that is skipped",
                                              "Europe/Berlin",
                                              {"01:00-02:30"},
                                              "2026-03-29T00:30:00Z",
                                              true,
                                              "2026-03-29T01:00:00Z"},
                                         Case{"it is skipped whole",
                                              "Europe/Berlin",
                                              {"02:10-02:50"},
                                              "2026-03-29T00:30:00Z",
                                              false,
                                              "2026-03-30T00:10:00Z"},
                                         Case{"it begins in the hour that comes twice",
                                              "Europe/Berlin",
                                              {"02:30-05:00"},
                                              "2026-10-25T00:29:59Z",
                                              false,
                                              "2026-10-25T00:30:00Z"},
                                         Case{"it ends in the hour that comes twice",
                                              "Europe/Berlin",
                                              {"01:00-02:30"},
                                              "2026-10-25T00:45:00Z",
                                              true,
                                              "2026-10-25T01:30:00Z"},
                                         Case{"south of the equator",
                                              "Australia/Sydney",
                                              {"22:00-06:00"},
                                              "2026-04-04T11:00:00Z",
                                              true,
                                              "2026-04-04T20:00:00Z"},
                                         Case{"half an hour of summer time",
                                              "Australia/Lord_Howe",
                                              {"00:00-04:00"},
                                              "2026-04-04T13:00:00Z",
                                              true,
                                              "2026-04-04T17:30:00Z"},
                                         Case{"a zone at a quarter",
                                              "Asia/Kathmandu",
                                              {"22:00-06:00"},
                                              "2026-07-06T16:14:59Z",
                                              false,
                                              "2026-07-06T16:15:00Z"},
                                         Case{"a day that a country left out",
                                              "Pacific/Apia",
                                              {"fri 08:00-12:00"},
                                              "2011-12-29T18:00:00Z",
                                              false,
                                              "2012-01-05T18:00:00Z"}));

TEST(OffPeak, NeverStopsAndGoesOnWithoutReasonThroughTwoYears) {
  for (const char* zone : {"Europe/Berlin", "America/New_York", "Asia/Tokyo"}) {
    const OffPeak off_peak = hours_of(zone, {"22:00-06:00"});
    Micros now = at("2026-01-01T12:00:00Z");
    const Micros end = now + days(730);
    int windows = 0;
    Micros open;
    while (now < end) {
      const WindowState state = off_peak.at(now);
      ASSERT_GT(state.until, now);
      EXPECT_EQ(off_peak.at(state.until - Micros{1}).open, state.open);
      EXPECT_NE(off_peak.at(state.until).open, state.open);
      windows += state.open ? 1 : 0;
      if (state.open) open = open + (state.until - now);
      now = state.until;
    }
    EXPECT_EQ(windows, 730);
    EXPECT_EQ(open, hours(730 * 8));  // as many long nights as short ones
  }
}

TEST(OffPeak, ForecastsOnlyWithHoursThatAreOpen) {
  const OffPeak off_peak = hours_of("Europe/Berlin", {"22:00-06:00"});
  const Micros noon = at("2026-03-28T11:00:00Z");
  EXPECT_EQ(off_peak.end_of(noon, minutes(1)), at("2026-03-28T21:01:00Z"));
  EXPECT_EQ(off_peak.end_of(noon, hours(7)), at("2026-03-29T04:00:00Z"));  // the short night
  EXPECT_EQ(off_peak.end_of(noon, hours(8)), at("2026-03-29T21:00:00Z"));
  EXPECT_EQ(off_peak.end_of(noon, days(200)), std::nullopt);
}

TEST(OffPeak, SaysWhatIsWrong) {
  EXPECT_EQ(OffPeak::make("Europe/Berln", {window("22:00-06:00")}).error().message,
            "there is no time zone 'Europe/Berln'; write one of the IANA names, such as "
            "Europe/Berlin; did you mean 'Europe/Berlin'?");
  for (const char* zone : {"", "CEST", "../etc/passwd", "Europe", "UTC+2", "europe/berlin", "/"})
    EXPECT_FALSE(OffPeak::make(zone, {window("22:00-06:00")}).ok()) << zone;
  EXPECT_NE(parse_weekday("tus").error().message.find("did you mean 'tue'?"), std::string::npos);
  EXPECT_NE(parse_weekday("Thrusday").error().message.find("'thursday'?"), std::string::npos);
  EXPECT_EQ(parse_weekday("Sunday").value(), 6);
  for (const char* time :
       {"", "24:01", "25:00", "7:00", "07:60", "0700", "07-00", "-1:00", "+1:00"})
    EXPECT_FALSE(parse_clock(time).ok()) << time;
  EXPECT_EQ(parse_clock("24:00").value(), 1440);
}

}  // namespace
}  // namespace rapport::connect
