#include "flow/rebuild.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/posix_disk.h"
#include "testing/fakes.h"
#include "testing/world.h"

namespace rapport::flow {
namespace {

constexpr WorkspaceId kOne{1};

RebuildOptions with(Threads threads, Position from = {}) {
  RebuildOptions options;
  options.threads = threads;
  options.from = from;
  return options;
}

// A log of people who write, and states folded from it.
struct Folder {
  Folder() {
    auto opened = store::EventLog::open({.folder = folder / "data", .sqlite_vfs = "", .master = {}},
                                        disk, clock, random, failpoints, metrics, reporter);
    log = std::move(opened).value();
    EXPECT_TRUE(log->keys().add_workspace(kOne).ok());
    for (auto& subject : subjects) subject = log->keys().allocate(kOne).value();
  }

  void happen(int events) {
    for (int i = 0; i < events; ++i) {
      const SubjectId subject = subjects[random.below(std::size(subjects))];
      const std::string name = "u" + std::to_string(subject.value);
      model::Event event =
          random.chance(0.3)
              ? testing::identify(subject, {testing::external_id(name, subject),
                                            testing::email(name + "@acme.com", subject)})
              : testing::tracked(
                    "message.sent", subject,
                    Json::object()
                        .set("conversation_id", name + std::to_string(++happened / 100))
                        .set("author", "customer")
                        .set("text", "hello"));
      event.workspace = kOne;
      event.at = clock.now();
      ASSERT_TRUE(log->stage(event, {}).ok());
      clock.advance(minutes(static_cast<int64_t>(random.below(60))));
    }
    ASSERT_TRUE(log->commit().ok());
  }

  std::unique_ptr<store::State> state() {
    return store::open_sqlite_state(folder / (std::to_string(++states) + ".db"), "",
                                    store::StateMode::kWrite)
        .value();
  }
  Hash digest_of_rebuild(RebuildOptions options) {
    const auto fresh = state();
    const auto report = rebuild(*log, kOne, *fresh, engine, std::move(options)).value();
    EXPECT_EQ(report.cursor.sequence, log->log().head(kOne).sequence);
    EXPECT_EQ(report.events, report.cursor.sequence.value);
    EXPECT_EQ(fresh->cursor().value(), report.cursor) << "written when it returns";
    EXPECT_GT(fresh->count("contact").value(), 0);
    EXPECT_FALSE(fresh->timers_due(Micros{INT64_MAX}, 1).value().empty())
        << "a log without timers tests little";
    return fresh->digest().value();
  }

  TemporaryFolder folder;
  PosixDisk disk;
  ManualClock clock;
  SeededRandom random{4};
  NoFailpoints failpoints;
  Metrics metrics;
  KeepingReporter reporter;
  std::unique_ptr<store::EventLog> log;
  SubjectId subjects[40];
  decide::Engine engine{decide::first_basics()};
  int states = 0, happened = 0;
};

TEST(Rebuild, GivesTheSameStateHoweverItIsCarriedOut) {
  Folder folder;
  folder.happen(3'000);
  const Hash digest = folder.digest_of_rebuild(with(Threads::kOne));
  EXPECT_EQ(folder.digest_of_rebuild(with(Threads::kMore)), digest);
  for (const Threads threads : {Threads::kOne, Threads::kMore}) {
    RebuildOptions small = with(threads);
    small.events_per_write = 100;
    small.records_per_write = 30;
    small.kept_records = 10;
    EXPECT_EQ(folder.digest_of_rebuild(small), digest);
  }
}

TEST(Rebuild, GoesOnFromTheCursor) {
  Folder folder;
  const auto kept = folder.state();
  uint64_t before = 0;
  for (const Threads threads : {Threads::kMore, Threads::kOne, Threads::kMore}) {
    folder.happen(300);
    const Position from = kept->cursor().value().next;
    const auto report =
        rebuild(*folder.log, kOne, *kept, folder.engine, with(threads, from)).value();
    EXPECT_EQ(report.events, 300U);
    EXPECT_EQ(report.cursor.sequence.value, before += 300);
  }
  EXPECT_EQ(kept->digest().value(), folder.digest_of_rebuild(with(Threads::kOne)));
}

TEST(Rebuild, TellsHowFarItIs) {
  Folder folder;
  folder.happen(3'000);
  for (const Threads threads : {Threads::kOne, Threads::kMore}) {
    std::vector<uint64_t> done;
    RebuildOptions options = with(threads);
    options.progress = [&](uint64_t so_far, uint64_t all) {
      done.push_back(so_far);
      EXPECT_EQ(all, 3'000U);
    };
    folder.digest_of_rebuild(options);
    ASSERT_GT(done.size(), 1U);
    EXPECT_TRUE(std::ranges::is_sorted(done));
    EXPECT_EQ(done.back(), 3'000U);
  }
}

TEST(Rebuild, OfAnEmptyLogLeavesTheStateEmpty) {
  Folder folder;
  for (const Threads threads : {Threads::kOne, Threads::kMore}) {
    const auto fresh = folder.state();
    const auto report = rebuild(*folder.log, kOne, *fresh, folder.engine, with(threads)).value();
    EXPECT_EQ(report.events, 0U);
    EXPECT_EQ(fresh->cursor().value(), store::Cursor{});
  }
}

TEST(Rebuild, FailsWhenItsLastWriteDoes) {
  Folder folder;
  folder.happen(10);
  const auto written = folder.state();
  const auto reader = store::open_sqlite_state(folder.folder / "1.db", "", store::StateMode::kRead);
  for (const Threads threads : {Threads::kOne, Threads::kMore}) {
    EXPECT_FALSE(rebuild(*folder.log, kOne, **reader, folder.engine, with(threads)).ok());
    EXPECT_EQ(written->cursor().value(), store::Cursor{});
  }
}

}  // namespace
}  // namespace rapport::flow
