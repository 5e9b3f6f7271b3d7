#include "store/sqlite/sqlite_state.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "simulation/sim_disk.h"
#include "simulation/sqlite_vfs.h"
#include "testing/fakes.h"

namespace rapport::store {
namespace {

constexpr uint64_t kCuts = 100;
constexpr const char* kPath = "/7.db";

// A batch that can be known again: every row of it says its sequence.
Changes batch(uint64_t sequence) {
  Changes changes;
  changes.cursor.sequence = {sequence};
  changes.cursor.chain = sha256({std::to_string(sequence)});
  for (uint64_t n = 0; n < 8; ++n) {
    model::Record r;
    const std::string slot = std::to_string((sequence * 3 + n * 7) % 40);
    r.key = {"contact", "con_" + slot};
    r.created = {1};
    r.version = {sequence};
    r.fields.set("name", std::string(n * 90, 'n') + std::to_string(sequence));
    changes.puts.push_back({r, {}, {{"contact", "emails", slot}}});
    changes.postings.push_back({"list/" + slot, {sequence}, {sequence * 10}});
    changes.timers.push_back({{static_cast<int64_t>(sequence)}, "t" + slot, r.key, "k"});
  }
  if (sequence % 3 == 0) changes.removals.push_back({{"contact", "con_5"}, {}});
  return changes;
}

struct Simulated {
  explicit Simulated(uint64_t seed) : disk(seed), random(seed + 1) {
    vfs = simulation::register_sqlite_vfs("state-" + std::to_string(seed), disk, clock, random);
  }
  Result<std::unique_ptr<SqliteState>> open() {
    return SqliteState::open(kPath, vfs->name(), StateMode::kWrite);
  }
  simulation::SimDisk disk;
  ManualClock clock;
  SeededRandom random;
  std::unique_ptr<simulation::SqliteVfs> vfs;
};

// Digests of the state after each batch, from 0.
std::vector<Hash> expected_digests(uint64_t batches) {
  Simulated place(1);
  auto state = place.open().value();
  std::vector<Hash> digests = {state->digest().value()};
  for (uint64_t s = 1; s <= batches; ++s) {
    EXPECT_TRUE(state->apply(batch(s)));
    digests.push_back(state->digest().value());
  }
  return digests;
}

// F3: a power cut moves the cursor back to a consistent point, never into a torn batch.
TEST(SqliteState, AfterAPowerCutIsTheStateOfSomeWholeBatch) {
  constexpr uint64_t kBatches = 60;
  const std::vector<Hash> digests = expected_digests(kBatches);
  uint64_t moved_back = 0, cuts = 0;
  for (uint64_t seed = 1; seed <= kCuts; ++seed) {
    Simulated place(seed);
    uint64_t durable = 0;  // a checkpoint that returned makes all before it durable
    for (int life = 0; life < 3; ++life) {
      uint64_t applied = 0;
      {
        auto state = place.open();
        ASSERT_TRUE(state) << state.error().message;
        const Cursor cursor = (*state)->cursor().value();
        applied = cursor.sequence.value;
        ASSERT_LE(durable, applied);
        ASSERT_LE(applied, kBatches);
        ASSERT_EQ((*state)->digest().value(), digests[applied]) << "seed " << seed;
        const Hash chain = applied == 0 ? Hash{} : sha256({std::to_string(applied)});
        ASSERT_EQ(cursor.chain, chain);
        place.disk.power_off_at(1 + place.random.below(300));
        while (applied < kBatches && (*state)->apply(batch(applied + 1))) {
          ++applied;
          if (applied % 7 == 0 && (*state)->checkpoint()) durable = applied;
        }
        if (!place.disk.is_off()) place.disk.power_off();
      }
      place.disk.power_on();
      ++cuts;
      auto database = Database::open(kPath, place.vfs->name(), {});
      ASSERT_TRUE(database) << database.error().message;
      const auto whole = (*database)->check_integrity();
      ASSERT_TRUE(whole) << "seed " << seed << ": " << whole.error().message;
      database->reset();
      auto state = place.open();
      ASSERT_TRUE(state) << state.error().message;
      moved_back += (*state)->cursor().value().sequence.value < applied ? 1U : 0U;
    }
  }
  EXPECT_GT(moved_back, cuts / 10) << "the cuts must hurt, or this shows nothing";
}

TEST(SqliteState, FullDiskRefusesTheBatchAndResumesByItself) {
  Simulated place(3);
  auto state = place.open().value();
  ASSERT_TRUE(state->apply(batch(1)));
  const Hash before = state->digest().value();
  place.disk.set_capacity(1);
  const auto refused = state->apply(batch(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kDiskFull) << refused.error().message;
  EXPECT_EQ(state->cursor().value().sequence, Sequence{1}) << "reads go on";
  EXPECT_EQ(state->digest().value(), before);
  place.disk.set_capacity(uint64_t{1} << 40);
  ASSERT_TRUE(state->apply(batch(2)));
  EXPECT_EQ(state->cursor().value().sequence, Sequence{2});
}

TEST(SqliteState, FailedSyncIsNeverRepeated) {
  Simulated place(4);
  uint64_t whole = 0;
  {
    auto state = place.open().value();
    for (uint64_t s = 1; s <= 5; ++s) ASSERT_TRUE(state->apply(batch(s)));
    ASSERT_TRUE(state->checkpoint());
    whole = 5;
    for (uint64_t s = 6; s <= 9; ++s) ASSERT_TRUE(state->apply(batch(s)));
    place.disk.fail_sync(1);
    const auto failed = state->checkpoint();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::kIo);
    EXPECT_EQ(failed.error().retryable, Retryable::kNo);
    EXPECT_FALSE(state->apply(batch(10)));
    EXPECT_FALSE(state->checkpoint());
    EXPECT_FALSE(state->scrub());
    const uint64_t syncs = place.disk.syncs();
    state.reset();
    EXPECT_EQ(place.disk.syncs(), syncs) << "closing must not sync again";
  }
  place.disk.power_cut();
  auto state = place.open().value();
  const uint64_t after = state->cursor().value().sequence.value;
  EXPECT_GE(after, whole);
  EXPECT_EQ(state->digest().value(), expected_digests(9)[after]);
}

TEST(SqliteState, ScrubEmptiesTheWal) {
  Simulated place(5);
  auto state = place.open().value();
  ASSERT_TRUE(state->apply(batch(1)));
  EXPECT_FALSE(read_file(place.disk, std::string(kPath) + "-wal").value().empty());
  ASSERT_TRUE(state->scrub());
  EXPECT_TRUE(read_file(place.disk, std::string(kPath) + "-wal").value().empty());
}

// L4: the WAL stays bounded although the writer never pauses. A checkpoint now and then always
// finds the writer at work, and never the end of the WAL.
TEST(SqliteState, WalStartsAnewUnderABusyWriter) {
  constexpr uint64_t kBatches = 800;  // about 480 MB
  TemporaryFolder folder;
  auto state = SqliteState::open(folder / "7.db", "", StateMode::kWrite).value();
  std::atomic<uint64_t> applied{0};
  std::thread checkpoints([&] {
    for (uint64_t next = 20; next < kBatches; next = applied + 20) {
      for (uint64_t now = applied; now < next; now = applied) applied.wait(now);
      const auto moved = state->checkpoint();
      EXPECT_TRUE(moved) << moved.error().message;
    }
  });
  uint64_t largest = 0;
  for (uint64_t s = 1; s <= kBatches; ++s) {
    Changes changes;
    changes.cursor.sequence = {s};
    for (int n = 0; n < 150; ++n) {
      model::Record r;
      r.key = {"contact", "con_" + std::to_string(n)};
      r.created = {1};
      r.version = {s};
      r.fields.set("name", std::string(3000, static_cast<char>('a' + s % 26)));
      changes.puts.push_back({r, {}, {}});
    }
    EXPECT_TRUE(state->apply(changes));
    applied = s;
    applied.notify_all();
    largest = std::max(largest, uint64_t{std::filesystem::file_size(folder / "7.db-wal")});
  }
  checkpoints.join();
  // How far it overshoots before a checkpoint gets its turn is the scheduler's affair.
  EXPECT_LT(largest, uint64_t{320} << 20);
  EXPECT_EQ(state->count("contact").value(), 150);
}

TEST(SqliteState, BuiltStateEqualsTheWrittenOne) {
  const std::vector<Hash> digests = expected_digests(40);
  TemporaryFolder folder;
  const std::string path = folder / "7.db";
  for (const uint64_t last : {20, 40}) {  // the second time on what is there
    auto state = SqliteState::open(path, "", StateMode::kBuild).value();
    for (uint64_t s = last - 19; s <= last; ++s) {
      ASSERT_EQ(state->cursor().value().sequence, Sequence{s - 1});
      ASSERT_TRUE(state->apply(batch(s)));
      ASSERT_TRUE(
          state->load(std::vector<model::RecordKey>{batch(s).puts[0].record.key}).value()[0]);
    }
    ASSERT_TRUE(state->checkpoint());
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
    state = SqliteState::open(path, "", StateMode::kWrite).value();
    EXPECT_EQ(state->digest().value(), digests[last]);
    EXPECT_EQ(state->postings("list/3", {0}, 100, PageRequest::Order::kOldest).value().empty(),
              false);
  }
  EXPECT_TRUE(Database::open(path, "", {}).value()->check_integrity());
}

TEST(SqliteState, BuiltStateIsDurableAfterACheckpoint) {
  Simulated place(6);
  auto state = SqliteState::open(kPath, place.vfs->name(), StateMode::kBuild).value();
  for (uint64_t s = 1; s <= 20; ++s) ASSERT_TRUE(state->apply(batch(s)));
  ASSERT_TRUE(state->checkpoint());
  place.disk.power_off();
  state.reset();
  place.disk.power_on();
  EXPECT_EQ(place.open().value()->digest().value(), expected_digests(20)[20]);
}

TEST(SqliteState, FileOfAnOlderRapportHasToBeFoldedAgain) {
  TemporaryFolder folder;
  const std::string path = folder / "7.db";
  SqliteState::open(path, "", StateMode::kWrite).value().reset();
  Database::open(path, "", {"user_version=1"}).value().reset();
  EXPECT_EQ(SqliteState::open(path, "", StateMode::kWrite).error().code, Code::kCorrupt);
}

TEST(SqliteState, FileOfANewerRapportIsRefused) {
  TemporaryFolder folder;
  const std::string path = folder / "7.db";
  SqliteState::open(path, "", StateMode::kWrite).value().reset();
  Database::open(path, "", {"user_version=99"}).value().reset();
  const auto opened = SqliteState::open(path, "", StateMode::kWrite);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kUnsupported);
}

}  // namespace
}  // namespace rapport::store
