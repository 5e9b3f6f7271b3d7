#include "base/system.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/disk.h"
#include "base/posix_disk.h"
#include "testing/fakes.h"

namespace rapport {
namespace {

TEST(SystemClock, MovesOnWhileSleeping) {
  SystemClock clock;
  EXPECT_GT(clock.now(), parse_time("2024-01-01").value());
  const Micros before = clock.monotonic();
  clock.sleep(millis(5));
  EXPECT_GE(clock.monotonic() - before, millis(5));
  clock.sleep(millis(-5));
}

TEST(SystemRandom, NeverRepeats) {
  SystemRandom random;
  std::set<uint64_t> seen;
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(seen.insert(random.number()).second);
  std::vector<uint8_t> large(10'000);
  random.fill(large);
  EXPECT_LT(std::count(large.begin(), large.end(), 0), 200);
}

TEST(Logging, PrintsOneJsonObjectALine) {
  ManualClock clock;
  const auto logger = make_logger(Level::kInfo, clock);
  ::testing::internal::CaptureStderr();
  logger->report(Level::kDebug, "not.shown");
  logger->report(Level::kWarning, "disk.low", Json::object().set("free", 12).set("line", "a\nb"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "{\"time\":\"2026-03-02T09:00:00.000Z\",\"level\":\"warning\",\"event\":\"disk.low\","
            "\"free\":12,\"line\":\"a\\nb\"}\n");
}

// S20: no secret in a log line.
TEST(Logging, HidesValuesUnderSecretNamesAtAnyDepth) {
  KeepingReporter reporter;
  Json inner = parse_json(R"([{"refresh_token":{"a":"canary"},"ok":1}])").value();
  reporter.report(Level::kInfo, "e",
                  Json::object()
                      .set("Authorization", "canary")
                      .set("list", inner)
                      .set("client_Secret", "canary")
                      .set("db_PASSWORD", "canary")
                      .set("write_key", "canary")
                      .set("name", "shown"));
  ASSERT_EQ(reporter.lines().size(), 1U);
  EXPECT_EQ(reporter.lines()[0].find("canary"), std::string::npos);
  EXPECT_NE(reporter.lines()[0].find(R"("list":[{"refresh_token":"***","ok":1}])"),
            std::string::npos);
  EXPECT_NE(reporter.lines()[0].find("shown"), std::string::npos);
}

TEST(FailpointsDeathTest, EndsTheProcessAtTheNthReach) {
  const auto points = EnvironmentFailpoints::parse("ack.before:2, ack.after:1").value();
  points->reach("ack.before");
  points->reach("append.after_sync");
  EXPECT_EXIT(points->reach("ack.before"), ::testing::ExitedWithCode(137), "");
  EXPECT_EXIT(points->reach("ack.after"), ::testing::ExitedWithCode(137), "");
  EXPECT_DEATH(points->reach("unknown"), "not listed");
}

TEST(Failpoints, CountsInAFile) {
  TemporaryFolder folder;
  const std::string path = folder / "reached";
  {
    const auto points = EnvironmentFailpoints::parse("count=" + path + ",ack.after:9").value();
    points->reach("ack.before");
    points->reach("ack.after");
    points->reach("ack.before");
  }
  PosixDisk disk;
  EXPECT_EQ(read_file(disk, path).value(), "ack.before\nack.after\nack.before\n");
}

TEST(Failpoints, RefusesAWrongSpecification) {
  const auto unknown = EnvironmentFailpoints::parse("ack.befor:1");
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("did you mean 'ack.before'?"), std::string::npos);
  for (const char* wrong : {"ack.before:0", "ack.before:x", "ack.before:", "", "count=/no/such/f"})
    EXPECT_FALSE(EnvironmentFailpoints::parse(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace rapport
