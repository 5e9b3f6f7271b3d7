#include "store/ids.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "simulation/sim_disk.h"
#include "simulation/sqlite_vfs.h"
#include "store/ids_bloom.h"
#include "testing/fakes.h"

namespace rapport::store {
namespace {

constexpr WorkspaceId kOne{1}, kTwo{2};

Digest16 digest(uint64_t n) {
  static const Key key{};
  return keyed_hash(key, {{reinterpret_cast<const char*>(&n), sizeof n}});
}

LogPoint point(uint64_t one, uint64_t two = 0) {
  LogPoint p;
  p.position = {(uint64_t{1} << 32) + one + two};
  p.heads[kOne] = {{one}, Hash{1, 2, 3}, Micros{77}};
  if (two != 0) p.heads[kTwo] = {{two}, Hash{4}, Micros{78}};
  return p;
}

struct IdsOnSimDisk {
  explicit IdsOnSimDisk(uint64_t seed = 1) : disk(seed), random(seed) {
    vfs = simulation::register_sqlite_vfs("ids", disk, clock, random);
  }
  ~IdsOnSimDisk() { ids.reset(); }
  void open(IdsSizes sizes = {}) {
    ids.reset();
    auto opened = Ids::open("/ids.db", "ids", failpoints, sizes);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    ids = std::move(*opened);
  }
  uint64_t sequence_of(WorkspaceId workspace, uint64_t n) {
    const auto found = ids->sequence_of(workspace, digest(n));
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found.ok() && *found ? (*found)->value : 0;
  }
  uint64_t bound(WorkspaceId workspace, uint64_t n) {
    const auto found = ids->bound(workspace, digest(n));
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found.ok() && *found ? (*found)->subject.value : 0;
  }

  simulation::SimDisk disk;
  ManualClock clock;
  SeededRandom random;
  NoFailpoints failpoints;
  std::unique_ptr<simulation::SqliteVfs> vfs;
  std::unique_ptr<Ids> ids;
};

TEST(Ids, FindsWhatWasRememberedInMemoryAndInTheFile) {
  IdsOnSimDisk t;
  t.open();
  for (uint64_t i = 1; i <= 100; ++i) t.ids->remember(kOne, digest(i), {i});
  EXPECT_EQ(t.sequence_of(kOne, 42), 42U);
  EXPECT_EQ(t.sequence_of(kTwo, 42), 0U);
  EXPECT_EQ(t.sequence_of(kOne, 101), 0U);
  ASSERT_TRUE(t.ids->flush(point(100)).ok());
  EXPECT_EQ(t.sequence_of(kOne, 42), 42U);
  t.open();
  EXPECT_EQ(t.sequence_of(kOne, 42), 42U);
  EXPECT_EQ(t.sequence_of(kTwo, 42), 0U);
  EXPECT_EQ(t.sequence_of(kOne, 101), 0U);
}

TEST(Ids, SavesThePointWithEveryFlush) {
  IdsOnSimDisk t;
  t.open();
  EXPECT_EQ(t.ids->flushed().position.value, 0U);
  EXPECT_TRUE(t.ids->flushed().heads.empty());
  const LogPoint p = point(5, 9);
  ASSERT_TRUE(t.ids->flush(p).ok());
  EXPECT_EQ(t.ids->flushed().heads, p.heads);
  t.open();
  EXPECT_EQ(t.ids->flushed().position, p.position);
  EXPECT_EQ(t.ids->flushed().heads, p.heads);
}

// What the point does not cover is not in the file: after a crash the log would not bring it back.
TEST(Ids, KeepsInMemoryWhatThePointDoesNotCover) {
  IdsOnSimDisk t;
  t.open();
  for (uint64_t i = 1; i <= 10; ++i) {
    t.ids->remember(kOne, digest(i), {i});
    t.ids->bind(kOne, {digest(1000 + i), {i}, {}}, {i});
  }
  t.ids->remember(kTwo, digest(77), {1});
  ASSERT_TRUE(t.ids->flush(point(6)).ok());
  EXPECT_EQ(t.sequence_of(kOne, 10), 10U);
  EXPECT_EQ(t.bound(kOne, 1010), 10U);
  t.open();
  EXPECT_EQ(t.sequence_of(kOne, 6), 6U);
  EXPECT_EQ(t.sequence_of(kOne, 7), 0U);
  EXPECT_EQ(t.bound(kOne, 1006), 6U);
  EXPECT_EQ(t.bound(kOne, 1007), 0U);
  EXPECT_EQ(t.sequence_of(kTwo, 77), 0U);
}

TEST(Ids, WritesInTheNextFlushWhatThePointDidNotCover) {
  IdsOnSimDisk t;
  t.open();
  for (uint64_t i = 1; i <= 10; ++i) t.ids->remember(kOne, digest(i), {i});
  ASSERT_TRUE(t.ids->flush(point(6)).ok());
  ASSERT_TRUE(t.ids->flush(point(10)).ok());
  t.open();
  for (uint64_t i = 1; i <= 10; ++i) EXPECT_EQ(t.sequence_of(kOne, i), i);
}

// A filter that says yes too often costs look-ups, never a wrong answer.
TEST(Ids, AnswersRightWhenTheFilterIsWrong) {
  IdsOnSimDisk t;
  const IdsSizes sizes{.tail = 100, .generation = 300, .bits_per_id = 1};
  t.open(sizes);
  Bloom bloom(400, 1);
  for (uint64_t i = 1; i <= 300; ++i) bloom.add(digest(i));
  int wrong = 0;
  for (uint64_t i = 10'000; i < 11'000; ++i) wrong += bloom.may_hold(digest(i));
  ASSERT_GT(wrong, 500);
  for (uint64_t i = 1; i <= 1000; ++i) {
    t.ids->remember(kOne, digest(i), {i});
    if (t.ids->wants_flush()) ASSERT_TRUE(t.ids->flush(point(i)).ok());
  }
  t.open(sizes);
  for (uint64_t i = 1; i <= 1000; ++i) ASSERT_EQ(t.sequence_of(kOne, i), i);
  for (uint64_t i = 10'000; i < 11'000; ++i) ASSERT_EQ(t.sequence_of(kOne, i), 0U);
}

TEST(Bloom, IsWrongTwiceInAThousandAtMost) {
  Bloom bloom(100'000, 16);
  for (uint64_t i = 0; i < 100'000; ++i) bloom.add(digest(i));
  int wrong = 0;
  for (uint64_t i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(bloom.may_hold(digest(i)));
    wrong += bloom.may_hold(digest(1'000'000 + i));
  }
  EXPECT_LT(wrong, 200);
  const Bloom again(bloom.bytes());
  EXPECT_TRUE(again.may_hold(digest(5)));
}

TEST(Ids, ReplacesAnEarlierBinding) {
  IdsOnSimDisk t;
  t.open();
  t.ids->bind(kOne, {digest(1), {10}, {}}, {1});
  ASSERT_TRUE(t.ids->flush(point(1)).ok());
  t.ids->bind(kOne, {digest(1), {10}, {20}}, {2});
  EXPECT_EQ((*t.ids->bound(kOne, digest(1)))->claimed_by.value, 20U);
  ASSERT_TRUE(t.ids->flush(point(2)).ok());
  ASSERT_TRUE(t.ids->flush(point(2)).ok());
  t.open();
  EXPECT_EQ((*t.ids->bound(kOne, digest(1)))->subject.value, 10U);
  EXPECT_EQ((*t.ids->bound(kOne, digest(1)))->claimed_by.value, 20U);
}

TEST(Ids, GivesTheSubjectsOfExpectedIdentifiersAndAnswersAsWithoutExpecting) {
  IdsOnSimDisk t;
  t.open();
  t.ids->bind(kOne, {digest(1), {11}, {}}, {1});
  t.ids->bind(kOne, {digest(2), {12}, {}}, {2});
  ASSERT_TRUE(t.ids->flush(point(2)).ok());
  t.open();  // nothing in memory
  t.ids->bind(kOne, {digest(3), {13}, {}}, {3});
  const Digest16 messages[] = {digest(100)};
  const Digest16 asked[] = {digest(1), digest(3), digest(4), digest(2)};
  const auto subjects = t.ids->expect(kOne, messages, asked);
  ASSERT_TRUE(subjects.ok()) << subjects.error().message;
  EXPECT_EQ(*subjects, (std::vector<SubjectId>{{13}, {11}, {12}}));  // memory first
  EXPECT_EQ(t.bound(kOne, 1), 11U);
  EXPECT_EQ(t.bound(kOne, 3), 13U);
  EXPECT_EQ(t.bound(kOne, 4), 0U);
  EXPECT_EQ(t.bound(kTwo, 1), 0U);
  // That it was absent is forgotten once it is bound, also when it has left memory.
  t.ids->bind(kOne, {digest(4), {14}, {}}, {4});
  EXPECT_EQ(t.bound(kOne, 4), 14U);
  ASSERT_TRUE(t.ids->flush(point(4)).ok());
  ASSERT_TRUE(t.ids->flush(point(4)).ok());
  EXPECT_EQ(t.bound(kOne, 4), 14U);
  const SubjectId erased[] = {{14}};
  ASSERT_TRUE(t.ids->unbind(kOne, erased).ok());
  EXPECT_EQ(t.bound(kOne, 4), 0U);
}

TEST(Ids, UnbindsFromMemoryAndFileWithoutALeftover) {
  IdsOnSimDisk t;
  t.open();
  for (uint64_t i = 1; i <= 5000; ++i) t.ids->bind(kOne, {digest(i), {i % 100 + 1}, {}}, {i});
  ASSERT_TRUE(t.ids->flush(point(4000)).ok());
  ASSERT_TRUE(t.ids->bound(kOne, digest(50)).ok());
  const std::vector<SubjectId> erased = {{7}, {51}};
  ASSERT_TRUE(t.ids->unbind(kOne, erased).ok());
  std::string bytes;
  for (const std::string& path : t.disk.files()) bytes += *read_file(t.disk, path);
  for (int round = 0; round < 2; ++round) {
    for (uint64_t i = 1; i <= 5000; ++i) {
      const uint64_t subject = i % 100 + 1;
      const bool gone = subject == 7 || subject == 51;
      if (gone) EXPECT_EQ(bytes.find(bytes_of(digest(i))), std::string::npos);
      if (round == 0 || i <= 4000) ASSERT_EQ(t.bound(kOne, i), gone ? 0 : subject);
    }
    t.open();
  }
}

TEST(Ids, ForgetsAWorkspace) {
  IdsOnSimDisk t;
  t.open();
  for (const WorkspaceId workspace : {kOne, kTwo}) {
    t.ids->remember(workspace, digest(1), {1});
    t.ids->bind(workspace, {digest(2), {5}, {}}, {1});
  }
  ASSERT_TRUE(t.ids->flush(point(1, 1)).ok());
  t.ids->remember(kOne, digest(3), {2});
  ASSERT_TRUE(t.ids->forget(kOne).ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(t.sequence_of(kOne, 1), 0U);
    EXPECT_EQ(t.sequence_of(kOne, 3), 0U);
    EXPECT_EQ(t.bound(kOne, 2), 0U);
    EXPECT_EQ(t.sequence_of(kTwo, 1), 1U);
    EXPECT_EQ(t.bound(kTwo, 2), 5U);
    t.open();
  }
}

TEST(Ids, KeepsEverythingWhenAFlushFails) {
  IdsOnSimDisk t;
  t.open();
  for (uint64_t i = 1; i <= 5000; ++i) t.ids->remember(kOne, digest(i), {i});
  t.disk.set_capacity(100'000);
  EXPECT_EQ(t.ids->flush(point(5000)).error().code, Code::kDiskFull);
  t.disk.set_capacity(100 << 20);
  EXPECT_EQ(t.sequence_of(kOne, 4321), 4321U);
  EXPECT_EQ(t.ids->flushed().position.value, 0U);
  ASSERT_TRUE(t.ids->flush(point(5000)).ok());
  t.open();
  EXPECT_EQ(t.sequence_of(kOne, 4321), 4321U);
}

// After any power cut the file holds exactly what its point says.
TEST(Ids, AgreesWithItsPointAfterPowerCuts) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    IdsOnSimDisk t(seed);
    SeededRandom random(seed);
    const IdsSizes sizes{.tail = 50, .generation = 200};
    for (int life = 0; life < 4; ++life) {
      t.disk.power_off_at(1 + random.below(200));
      auto opened = Ids::open("/ids.db", "ids", t.failpoints, sizes);
      if (opened.ok()) {
        t.ids = std::move(*opened);
        const LogPoint from = t.ids->flushed();
        uint64_t i = from.heads.contains(kOne) ? from.heads.at(kOne).sequence.value : 0;
        for (bool going = true; going;) {
          ++i;
          t.ids->remember(kOne, digest(i), {i});
          t.ids->bind(kOne, {digest(100'000 + i % 70), {i}, {}}, {i});
          if (t.ids->wants_flush()) going = t.ids->flush(point(i)).ok() && !t.disk.is_off();
        }
      }
      if (!t.disk.is_off()) t.disk.power_off();
      t.ids.reset();
      t.disk.power_on();
    }
    t.open(sizes);
    const LogPoint at = t.ids->flushed();
    const uint64_t head = at.heads.contains(kOne) ? at.heads.at(kOne).sequence.value : 0;
    for (uint64_t i = 1; i <= head; ++i) ASSERT_EQ(t.sequence_of(kOne, i), i) << "seed " << seed;
    for (uint64_t i = head + 1; i <= head + 60; ++i) ASSERT_EQ(t.sequence_of(kOne, i), 0U);
    for (uint64_t i = head < 70 ? 1 : head - 69; i <= head; ++i)
      ASSERT_EQ(t.bound(kOne, 100'000 + i % 70), i) << "seed " << seed;
  }
}

// Nothing is missed by a look-up that runs beside a flush.
TEST(Ids, FindsEverythingWhileFlushing) {
  TemporaryFolder folder;
  NoFailpoints failpoints;
  const auto ids = *Ids::open(folder / "ids.db", "", failpoints, {.tail = 500, .generation = 2000});
  std::atomic<uint64_t> remembered{0};
  std::atomic<bool> stop{false};
  std::thread flusher([&] {
    while (!stop) {
      if (ids->wants_flush()) EXPECT_TRUE(ids->flush(point(remembered)).ok());
    }
  });
  SeededRandom random(3);
  uint64_t missed = 0;
  for (uint64_t i = 1; i <= 6'000; ++i) {
    ids->remember(kOne, digest(i), {i});
    remembered = i;
    const Sequence back{1 + random.below(i)};
    const auto found = ids->sequence_of(kOne, digest(back.value));
    missed += !found.ok() || *found != back;
  }
  stop = true;
  flusher.join();
  EXPECT_EQ(missed, 0U);
}

TEST(Ids, StaysSmallInMemory) {
  // Bytes handed out, not those resident: what other tests left behind plays no part.
  const auto in_use = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
  TemporaryFolder folder;
  NoFailpoints failpoints;
  auto ids = Ids::open(folder / "ids.db", "", failpoints, {.tail = 20'000, .generation = 200'000});
  ASSERT_TRUE(ids.ok());
  size_t before = 0;
  for (uint64_t i = 1; i <= 600'000; ++i) {
    (*ids)->remember(kOne, digest(i), {i});
    if ((*ids)->wants_flush()) ASSERT_TRUE((*ids)->flush(point(i)).ok());
    if (i == 300'000) before = in_use();
  }
  // Two bytes an id in filters; nothing else may grow.
  EXPECT_LT(in_use(), before + (300'000 * 2) + (2 << 20));
}

}  // namespace
}  // namespace rapport::store
