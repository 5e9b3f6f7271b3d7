#include "base/time.h"

#include <gtest/gtest.h>

#include "testing/fakes.h"

namespace rapport {
namespace {

TEST(Time, ReadsRfc3339) {
  const std::pair<const char*, int64_t> kTimes[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01", 0},
      {"1969-12-31T23:59:59Z", -1'000'000},
      {"2026-03-02T09:00:00Z", 1'772'442'000'000'000},
      {"2026-03-02t09:00:00z", 1'772'442'000'000'000},
      {"2026-03-02 09:00:00Z", 1'772'442'000'000'000},
      {"2026-03-02T10:30:00+01:30", 1'772'442'000'000'000},
      {"2026-03-02T04:00:00-05:00", 1'772'442'000'000'000},
      {"2026-03-02T09:00:00.123456Z", 1'772'442'000'123'456},
      {"2026-03-02T09:00:00.1Z", 1'772'442'000'100'000},
      {"2026-03-02T09:00:00.123456789Z", 1'772'442'000'123'456},
      {"2000-02-29T00:00:00Z", 951'782'400'000'000},
      {"2024-02-29T23:59:59Z", 1'709'251'199'000'000},
      {"2024-03-01T00:30:00+01:00", 1'709'249'400'000'000},
      {"0001-01-01T00:00:00Z", -62'135'596'800'000'000},
      {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999},
      {"2016-12-31T23:59:60Z", 1'483'228'800'000'000},
  };
  for (const auto& [text, micros] : kTimes) {
    const auto parsed = parse_time(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed->value, micros) << text;
  }
}

TEST(Time, RefusesWhatIsNoTime) {
  const char* const kWrong[] = {"",
                                "now",
                                "2026",
                                "2026-03",
                                "2026-3-2",
                                "2026-13-01",
                                "2026-00-01",
                                "2026-01-00",
                                "2026-01-32",
                                "2026-04-31",
                                "2025-02-29",
                                "1900-02-29",
                                "2100-02-29",
                                "0000-01-01",
                                "2026-03-02T",
                                "2026-03-02T09",
                                "2026-03-02T09:00:00",
                                "2026-03-02T24:00:00Z",
                                "2026-03-02T09:60:00Z",
                                "2026-03-02T09:00:61Z",
                                "2026-03-02T09:00:00.Z",
                                "2026-03-02T09:00:00Zx",
                                "2026-03-02T09:00:00+25:00",
                                "2026-03-02T09:00:00+01:60",
                                "2026-03-02T09:00:00+1",
                                "02.03.2026",
                                "-026-03-02",
                                "2026-03-02X09:00:00Z",
                                "2026-03-02T09:00:00.1234567890Z"};
  for (const char* text : kWrong) {
    const auto parsed = parse_time(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.error().message.find(text), std::string::npos);
  }
}

TEST(Time, WritesWhatItReads) {
  EXPECT_EQ(format_time(Micros{1'772'442'000'123'456}), "2026-03-02T09:00:00.123Z");
  EXPECT_EQ(format_time_micros(Micros{1'772'442'000'123'456}), "2026-03-02T09:00:00.123456Z");
  EXPECT_EQ(format_time_micros(Micros{-1}), "1969-12-31T23:59:59.999999Z");
  SeededRandom random(5);
  for (int i = 0; i < 10'000; ++i) {
    const Micros instant{-62'135'596'800'000'000 +
                         static_cast<int64_t>(random.below(315'537'897'600'000'000))};
    EXPECT_EQ(parse_time(format_time_micros(instant))->value, instant.value);
  }
}

}  // namespace
}  // namespace rapport
