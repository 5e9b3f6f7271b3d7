#include "store/log.h"

#include <atomic>
#include <thread>

#include "simulation/log_on_sim_disk.h"
#include "store/log_segment.h"

namespace rapport::store {
namespace {

std::string body(int n, size_t size = 100) {
  return std::string(size, static_cast<char>('a' + n % 26));
}

TEST(Log, KeepsWhatWasCommittedAcrossRestarts) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.append(1, "one").ok());
  ASSERT_TRUE(t.stage(2, "two").ok());
  ASSERT_TRUE(t.append(1, "three").ok());
  const std::vector<std::string> all = {"1/1/one", "2/1/two", "1/2/three"};
  EXPECT_EQ(t.read_all(), all);
  const Head head = t.log->head({1});
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.found, all);
  EXPECT_EQ(t.log->head({1}), head);
  EXPECT_EQ(t.log->head({3}), Head());
  ASSERT_TRUE(t.append(1, "four").ok());
  EXPECT_EQ(t.read_all().back(), "1/3/four");
  EXPECT_EQ(t.check().records, 4U);
  EXPECT_TRUE(t.check().findings.empty());
}

TEST(Log, ShowsNothingToReadersBeforeItsCommit) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.stage(1, "one").ok());
  EXPECT_TRUE(t.read_all().empty());
  EXPECT_EQ(t.log->head({1}), Head());
  EXPECT_GT(t.log->staged_bytes(), 0U);
  ASSERT_TRUE(t.log->commit().ok());
  EXPECT_EQ(t.read_all().size(), 1U);
  EXPECT_EQ(t.log->staged_bytes(), 0U);
}

TEST(Log, GoesOnFromAPointWithoutReadingWhatLiesBefore) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(t.append(1 + i % 3, body(i)).ok());
  const LogPoint point = t.log->end();
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(t.append(1 + i % 3, body(i)).ok());
  ASSERT_GT(segment_of(t.log->end().position), 3U);
  ASSERT_TRUE(t.open(point).ok());
  EXPECT_EQ(t.found.size(), 300U);
  EXPECT_EQ(t.log->head({1}).sequence.value, 200U);
  EXPECT_EQ(t.read_all(point.position), t.found);
  EXPECT_EQ(t.read_all().size(), 600U);
}

TEST(Log, RefusesAPointThatIsNoPlaceOfThisLog) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(t.append(1, body(i)).ok());
  LogPoint beside = t.log->end();
  beside.position.value -= 10;
  EXPECT_EQ(t.open(beside).error().code, Code::kCorrupt);
  LogPoint behind;
  behind.position = position_of(1, 5000);
  EXPECT_EQ(t.open(behind).error().code, Code::kCorrupt);
  LogPoint elsewhere;
  elsewhere.position = position_of(9, 0);
  EXPECT_EQ(t.open(elsewhere).error().code, Code::kCorrupt);
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.found.size(), 5U);
}

// Every prefix and every single missing 100 bytes of a last group that was never synced.
TEST(Log, CutsATornTailAtOpen) {
  LogOnSimDisk whole;
  ASSERT_TRUE(whole.open().ok());
  ASSERT_TRUE(whole.append(1, "kept").ok());
  const uint64_t start = offset_of(whole.log->end().position);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(whole.stage(1, body(i, 150)).ok());
  ASSERT_TRUE(whole.log->commit().ok());
  const uint64_t end = offset_of(whole.log->end().position);
  const std::string bytes = *read_file(whole.disk, segment_path("/log", 1));
  for (uint64_t hole = start; hole < end; hole += 37) {
    for (const bool to_the_end : {true, false}) {
      LogOnSimDisk t;
      ASSERT_TRUE(t.open().ok());
      std::string torn = bytes;
      const uint64_t until = to_the_end ? end : std::min(hole + 100, end);
      torn.replace(hole, until - hole, until - hole, '\0');
      ASSERT_TRUE(write_file(t.disk, segment_path("/log", 1), torn).ok());
      ASSERT_TRUE(t.open().ok()) << "hole at " << hole;
      ASSERT_GE(t.found.size(), 1U);
      EXPECT_EQ(t.found[0], "1/1/kept");
      EXPECT_LT(t.found.size(), 5U);
      EXPECT_TRUE(t.check().findings.empty());
      ASSERT_TRUE(t.append(1, "after").ok());
      ASSERT_TRUE(t.open().ok());
      EXPECT_TRUE(t.found.back().ends_with("/after"));
    }
  }
}

TEST(Log, RefusesDamageThatALaterGroupProvesToBeNoTornTail) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.append(4, "one").ok());
  const uint64_t second = offset_of(t.log->end().position);
  ASSERT_TRUE(t.append(4, "two").ok());
  ASSERT_TRUE(t.append(5, "three").ok());
  t.log.reset();
  t.disk.flip_bit(segment_path("/log", 1), second + 94);
  const auto refused = t.open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kCorrupt);
  EXPECT_NE(refused.error().message.find("workspace 4, event 2,"), std::string::npos)
      << refused.error().message;
  // Nothing was cut: the damage can still be repaired.
  t.disk.flip_bit(segment_path("/log", 1), second + 94);
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.found.size(), 3U);
}

TEST(Log, RefusesDamageInASegmentThatIsNotTheLast) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  uint64_t last_of_first = 0;
  while (segment_of(t.log->end().position) == 1) {
    last_of_first = offset_of(t.log->end().position);
    ASSERT_TRUE(t.append(1, body(1)).ok());
  }
  t.log.reset();
  t.disk.flip_bit(segment_path("/log", 1), last_of_first - 1);
  EXPECT_EQ(t.open().error().code, Code::kCorrupt);
  t.disk.flip_bit(segment_path("/log", 1), last_of_first - 1);
  EXPECT_TRUE(t.open().ok());  // nothing was cut
}

// Acknowledged events survive, the log opens again and its chain is whole; also when the power
// goes off while it recovers.
TEST(Log, LosesNothingAcknowledgedInPowerCuts) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    LogOnSimDisk t(seed, 4096);
    SeededRandom random(seed);
    std::vector<std::string> acked;
    for (int life = 0; life < 6; ++life) {
      t.disk.power_off_at(1 + random.below(life % 2 == 0 ? 60 : 8));
      if (t.open().ok()) {
        ASSERT_GE(t.found.size(), acked.size()) << "seed " << seed;
        ASSERT_TRUE(std::equal(acked.begin(), acked.end(), t.found.begin())) << "seed " << seed;
        acked = t.found;
        while (!t.disk.is_off()) {
          std::vector<std::string> group;
          bool staged = true;
          for (uint64_t i = random.below(4) + 1; i > 0 && staged; --i) {
            const std::string text = body(static_cast<int>(i), random.below(900));
            const auto e = t.stage(1 + static_cast<uint32_t>(random.below(3)), text);
            staged = e.ok();
            if (staged) group.push_back(LogOnSimDisk::line(*e, text));
          }
          if (!t.log->commit().ok()) break;
          acked.insert(acked.end(), group.begin(), group.end());
        }
      }
      t.log.reset();
      if (!t.disk.is_off()) t.disk.power_off();
      t.disk.power_on();
    }
    const auto opened = t.open();
    ASSERT_TRUE(opened.ok()) << "seed " << seed << ": " << opened.error().message;
    ASSERT_GE(t.found.size(), acked.size()) << "seed " << seed;
    EXPECT_TRUE(std::equal(acked.begin(), acked.end(), t.found.begin())) << "seed " << seed;
    EXPECT_TRUE(t.check().findings.empty()) << "seed " << seed;
    EXPECT_EQ(t.read_all(), t.found) << "seed " << seed;
  }
}

// After kill -9 the page cache holds what was written and not synced. What open() has told of must
// stay, or the state would run ahead of the log.
TEST(Log, MakesDurableAtOpenWhatItFinds) {
  LogOnSimDisk whole;
  ASSERT_TRUE(whole.open().ok());
  ASSERT_TRUE(whole.append(1, "one").ok());
  const uint64_t start = offset_of(whole.log->end().position);
  ASSERT_TRUE(whole.append(1, "two").ok());
  const uint64_t end = offset_of(whole.log->end().position);
  const std::string bytes = *read_file(whole.disk, segment_path("/log", 1));
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    LogOnSimDisk t(seed);
    ASSERT_TRUE(t.open().ok());
    ASSERT_TRUE(t.append(1, "one").ok());
    t.log.reset();
    const auto file = *t.disk.open(segment_path("/log", 1), OpenMode::kReadWrite);
    ASSERT_TRUE(file->write(start, bytes.substr(start, end - start)).ok());
    ASSERT_TRUE(t.open().ok());
    ASSERT_EQ(t.found.size(), 2U);
    t.disk.power_cut();
    ASSERT_TRUE(t.open().ok());
    EXPECT_EQ(t.found.size(), 2U) << "seed " << seed;
  }
}

TEST(Log, StopsForGoodAfterAFailedSync) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.append(1, "one").ok());
  t.disk.fail_sync(1);
  ASSERT_TRUE(t.stage(1, "two").ok());
  EXPECT_EQ(t.log->commit().error().code, Code::kIo);
  EXPECT_TRUE(t.log->broken());
  EXPECT_EQ(t.log->commit().error().code, Code::kIo);
  EXPECT_EQ(t.stage(1, "three").error().code, Code::kIo);
  EXPECT_EQ(t.read_all().size(), 1U);
  EXPECT_EQ(t.log->head({1}).sequence.value, 1U);
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.found[0], "1/1/one");
}

TEST(Log, ResumesByItselfWhenAFullDiskHasSpaceAgain) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  t.disk.set_capacity(2 * LogOnSimDisk::kSegment + 100);  // this segment and the next
  int staged = 0;
  Result<Envelope> last = t.stage(1, body(0, 1000));
  for (; last.ok(); last = t.append(1, body(staged, 1000))) ++staged;
  EXPECT_EQ(last.error().code, Code::kDiskFull);
  EXPECT_GE(staged, 2 * 14);
  EXPECT_TRUE(t.log->disk_full());
  EXPECT_FALSE(t.log->broken());
  ASSERT_TRUE(t.log->commit().ok());
  EXPECT_EQ(t.read_all().size(), static_cast<size_t>(staged));  // reads go on
  EXPECT_FALSE(t.disk.exists(segment_path("/log", 3)));

  t.disk.set_capacity(10 * LogOnSimDisk::kSegment);
  EXPECT_EQ(t.append(1, body(0, 1000)).error().code, Code::kDiskFull);  // not asked each time
  t.clock.advance(millis(101));
  EXPECT_FALSE(t.log->disk_full());
  ASSERT_TRUE(t.append(1, "again").ok());
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.found.size(), static_cast<size_t>(staged) + 1);
  EXPECT_TRUE(t.check().findings.empty());
}

TEST(Log, RefusesARecordThatFitsNoSegment) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.stage(1, body(0, LogOnSimDisk::kSegment)).error().code, Code::kTooLarge);
  ASSERT_TRUE(t.append(1, "small").ok());
  EXPECT_EQ(t.read_all().size(), 1U);
}

TEST(Log, GivesReceivedTimesThatNeverGoBack) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  const Micros first = t.append(1, "a")->received_at;
  EXPECT_EQ(first, t.clock.now());
  t.clock.jump(minutes(-5));
  EXPECT_EQ(t.append(1, "b")->received_at, first);
  EXPECT_EQ(t.append(2, "c")->received_at, t.clock.now());  // another workspace has its own order
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.append(1, "d")->received_at, first);
  t.clock.advance(minutes(10));
  EXPECT_EQ(t.append(1, "e")->received_at, t.clock.now());
}

TEST(Log, DoesNotBelieveAForwardJumpOfTheClock) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  const Micros before = t.append(1, "a")->received_at;
  t.clock.jump(minutes(59));
  EXPECT_FALSE(t.log->clock_jumped());
  EXPECT_EQ(t.append(1, "b")->received_at, before + minutes(59));
  t.clock.jump(hours(2));
  EXPECT_TRUE(t.log->clock_jumped());
  t.clock.advance(seconds(3));
  EXPECT_EQ(t.append(1, "c")->received_at, before + minutes(59) + seconds(3));
  t.clock.jump(hours(-2));
  EXPECT_FALSE(t.log->clock_jumped());
  EXPECT_EQ(t.append(1, "d")->received_at, t.clock.now());
}

TEST(Log, ForgetsTheHeadOfAWorkspaceAndStillOpens) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.append(1, "a").ok());
  ASSERT_TRUE(t.append(2, "b").ok());
  t.log->forget({1});
  EXPECT_FALSE(t.log->end().heads.contains({1}));
  const LogPoint point = t.log->end();
  ASSERT_TRUE(t.append(2, "c").ok());
  ASSERT_TRUE(t.open(point).ok());
  EXPECT_EQ(t.found, std::vector<std::string>{"2/2/c"});
}

// A disk whose syncs wait while the gate is closed.
class GatedDisk final : public Disk {
 public:
  explicit GatedDisk(simulation::SimDisk& disk) : disk_(disk) {}
  void close_gate() { open_ = false; }
  void open_gate() {
    open_ = true;
    open_.notify_all();
  }
  int waiting() const { return waiting_; }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    TRY_ASSIGN(auto file, disk_.open(path, mode));
    return std::unique_ptr<File>(std::make_unique<GatedFile>(*this, std::move(file)));
  }
  Result<void> make_folders(const std::string& p) override { return disk_.make_folders(p); }
  Result<std::vector<std::string>> list(const std::string& p) override { return disk_.list(p); }
  bool exists(const std::string& p) override { return disk_.exists(p); }
  Result<void> remove(const std::string& p) override { return disk_.remove(p); }
  Result<void> rename(const std::string& a, const std::string& b) override {
    return disk_.rename(a, b);
  }
  Result<void> sync_folder(const std::string& p) override { return disk_.sync_folder(p); }
  Result<uint64_t> free_space(const std::string& p) override { return disk_.free_space(p); }

 private:
  class GatedFile final : public File {
   public:
    GatedFile(GatedDisk& disk, std::unique_ptr<File> file) : disk_(disk), file_(std::move(file)) {}
    Result<size_t> read(uint64_t at, std::span<char> out) const override {
      return file_->read(at, out);
    }
    Result<void> write(uint64_t at, std::string_view bytes) override {
      return file_->write(at, bytes);
    }
    Result<void> sync() override {
      ++disk_.waiting_;
      disk_.open_.wait(false);
      --disk_.waiting_;
      return file_->sync();
    }
    Result<void> allocate(uint64_t size) override { return file_->allocate(size); }
    Result<void> truncate(uint64_t size) override { return file_->truncate(size); }
    Result<uint64_t> size() const override { return file_->size(); }

   private:
    GatedDisk& disk_;
    std::unique_ptr<File> file_;
  };
  simulation::SimDisk& disk_;
  std::atomic<bool> open_{true};
  std::atomic<int> waiting_{0};
};

struct GatedLog : LogOnSimDisk {
  GatedLog() : LogOnSimDisk(1, 256 << 10), gated(disk) {
    auto opened = Log::open({.folder = "/log", .segment_bytes = segment_bytes}, gated, clock,
                            failpoints, metrics, {}, nullptr);
    EXPECT_TRUE(opened.ok());
    log = std::move(*opened);
  }
  ~GatedLog() { log.reset(); }
  template <class Condition>
  static void wait_until(const Condition& condition) {
    while (!condition()) std::this_thread::yield();
  }
  GatedDisk gated;
};

TEST(Log, SharesOneSyncBetweenAllThreadsThatWaitForIt) {
  GatedLog t;
  const uint64_t syncs_before = t.disk.syncs();
  t.gated.close_gate();
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  const auto append = [&](uint32_t workspace) {
    threads.emplace_back([&, workspace] {
      const auto e = t.append(workspace, body(1));
      if (!e.ok() || t.log->head(e->workspace).sequence < e->sequence) ++failed;
    });
  };
  append(0);
  t.wait_until([&] { return t.gated.waiting() == 1; });
  const size_t one = t.log->staged_bytes();
  for (uint32_t i = 1; i < 8; ++i) append(i % 3);
  t.wait_until([&] { return t.log->staged_bytes() == 8 * one; });
  t.gated.open_gate();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(t.disk.syncs() - syncs_before, 2U);
  EXPECT_EQ(t.read_all().size(), 8U);
}

TEST(Log, KeepsOrderAndChainUnderManyThreads) {
  constexpr int kThreads = 8, kEach = 300;
  GatedLog t;
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kEach; ++n) {
        const auto e = t.append(static_cast<uint32_t>(i % 3), body(n));
        if (!e.ok() || t.log->head(e->workspace).sequence < e->sequence) ++failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(t.read_all().size(), size_t{kThreads * kEach});
  EXPECT_TRUE(t.check().findings.empty());
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.found.size(), size_t{kThreads * kEach});
}

TEST(Log, ReportsAFailedSyncToEveryWaitingThread) {
  GatedLog t;
  t.gated.close_gate();
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  const auto append = [&](uint32_t workspace) {
    threads.emplace_back([&, workspace] {
      const auto e = t.append(workspace, body(1));
      if (!e.ok() && e.error().code == Code::kIo) ++failed;
    });
  };
  append(0);
  t.wait_until([&] { return t.gated.waiting() == 1; });
  const size_t one = t.log->staged_bytes();
  for (uint32_t i = 1; i < 8; ++i) append(i % 3);
  t.wait_until([&] { return t.log->staged_bytes() == 8 * one; });
  t.disk.fail_sync(1);
  t.gated.open_gate();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 8);
  EXPECT_TRUE(t.log->broken());
  EXPECT_TRUE(t.read_all().empty());
}

}  // namespace
}  // namespace rapport::store
