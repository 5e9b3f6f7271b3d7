#include "decide/buckets.h"

#include <gtest/gtest.h>

#include <memory>

namespace rapport::decide {
namespace {

const expr::Zone& zone(std::string_view name) {
  static const std::unique_ptr<const expr::Zones> zones = expr::open_system_zones().value();
  return *zones->find(name);
}

int64_t day(std::string_view where, std::string_view at) {
  return bucket_of(Grain::kDay, zone(where), *parse_time(at));
}
int64_t hour(std::string_view where, std::string_view at) {
  return bucket_of(Grain::kHour, zone(where), *parse_time(at));
}
Micros length(Grain grain, std::string_view where, int64_t bucket) {
  return start_of(grain, zone(where), bucket + 1) - start_of(grain, zone(where), bucket);
}

TEST(Buckets, ADayIsThatOfTheZonesOwnClocks) {
  EXPECT_EQ(day("UTC", "1970-01-02T00:00:00Z"), 1);
  EXPECT_EQ(day("UTC", "1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(day("America/New_York", "2025-06-02T03:59:59Z"), day("UTC", "2025-06-01"));
  EXPECT_EQ(day("America/New_York", "2025-06-02T04:00:00Z"), day("UTC", "2025-06-02"));
}

TEST(Buckets, DaysOfChangingClocksHave23And25Hours) {
  const auto of = [](std::string_view where, std::string_view at) {
    return length(Grain::kDay, where, day(where, at));
  };
  EXPECT_EQ(of("Europe/Berlin", "2025-03-30T12:00:00Z"), hours(23));
  EXPECT_EQ(of("Europe/Berlin", "2025-10-26T12:00:00Z"), hours(25));
  EXPECT_EQ(of("Europe/Berlin", "2025-10-27T12:00:00Z"), hours(24));
  EXPECT_EQ(of("Australia/Lord_Howe", "2025-10-05T00:00:00Z"), minutes(23 * 60 + 30));
}

TEST(Buckets, ADayThatTheClocksSkipIsEmpty) {  // Samoa had no 30 December 2011
  const int64_t skipped = day("UTC", "2011-12-30");
  EXPECT_EQ(length(Grain::kDay, "Pacific/Apia", skipped), Micros{0});
  EXPECT_EQ(day("Pacific/Apia", "2011-12-30T10:00:00Z"), skipped + 1);
  EXPECT_EQ(day("Pacific/Apia", "2011-12-30T09:59:59Z"), skipped - 1);
}

TEST(Buckets, ClocksTurnedBackOverMidnightStayInTheNewDay) {  // St. John's, at 00:01
  const int64_t next = day("UTC", "2005-10-30");
  EXPECT_EQ(day("America/St_Johns", "2005-10-30T02:30:30Z"), next);
  EXPECT_EQ(day("America/St_Johns", "2005-10-30T02:31:30Z"), next) << "shows 23:01 of the 29th";
}

TEST(Buckets, AnHourShownTwiceIsTwoHours) {
  const int64_t first = hour("Europe/Berlin", "2025-10-26T00:30:00Z");
  EXPECT_EQ(hour("Europe/Berlin", "2025-10-26T01:30:00Z"), first + 1);
  EXPECT_EQ(hour("Europe/Berlin", "2025-10-26T02:00:00Z"), first + 2);
}

TEST(Buckets, HoursBeginWhereTheClocksShowThem) {
  const int64_t bucket = hour("Asia/Kolkata", "2025-06-01T10:30:00Z");
  EXPECT_EQ(start_of(Grain::kHour, zone("Asia/Kolkata"), bucket),
            *parse_time("2025-06-01T10:30:00Z"));
  EXPECT_EQ(hour("Asia/Kolkata", "2025-06-01T10:29:59Z"), bucket - 1);
}

TEST(Buckets, HalfAnHourTurnedBackIsAnHourOfItsOwn) {  // Lord Howe, 2:00 to 1:30
  const int64_t repeated = hour("Australia/Lord_Howe", "2025-04-05T15:00:00Z");
  EXPECT_EQ(length(Grain::kHour, "Australia/Lord_Howe", repeated), minutes(30));
  EXPECT_EQ(hour("Australia/Lord_Howe", "2025-04-05T14:59:59Z"), repeated - 1);
  // And 2:30 to 3:00, after 2:00 was skipped, belongs to the hour before.
  const int64_t longer = hour("Australia/Lord_Howe", "2025-10-04T15:00:00Z");
  EXPECT_EQ(length(Grain::kHour, "Australia/Lord_Howe", longer), minutes(90));
}

TEST(Buckets, NumbersNeverFallAndStartsAreTheirFirstInstants) {
  for (const char* name : {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe",
                           "America/St_Johns", "Pacific/Apia", "Asia/Pyongyang", "America/Caracas",
                           "Africa/Casablanca", "Asia/Kathmandu"}) {
    for (const Grain grain : {Grain::kHour, Grain::kDay}) {
      const Micros end = *parse_time("2019-01-01T00:00:00Z");
      int64_t before = bucket_of(grain, zone(name), *parse_time("2004-12-31T23:59:00Z"));
      for (Micros at = *parse_time("2005-01-01T00:00:00Z"); at < end; at = at + minutes(15)) {
        const int64_t bucket = bucket_of(grain, zone(name), at);
        ASSERT_GE(bucket, before) << name << " " << format_time(at);
        if (bucket != before) {
          const Micros start = start_of(grain, zone(name), bucket);
          ASSERT_LE(start, at) << name << " " << format_time(at);
          ASSERT_LT(bucket_of(grain, zone(name), start - Micros{1}), bucket)
              << name << " " << format_time(at);
          ASSERT_EQ(bucket_of(grain, zone(name), start), bucket);
        }
        before = bucket;
      }
    }
  }
}

TEST(Buckets, InstantsFarAwayAreThoseAtTheEdge) {
  EXPECT_EQ(bucket_of(Grain::kDay, zone("UTC"), Micros{INT64_MAX}), 3'650'000);
  EXPECT_EQ(bucket_of(Grain::kHour, zone("UTC"), Micros{INT64_MIN}), -87'600'000);
}

}  // namespace
}  // namespace rapport::decide
