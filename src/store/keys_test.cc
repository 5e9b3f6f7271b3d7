#include "store/keys.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "simulation/sim_disk.h"
#include "simulation/sqlite_vfs.h"
#include "store/sqlite/database.h"
#include "testing/fakes.h"

namespace rapport::store {
namespace {

constexpr WorkspaceId kOne{1}, kTwo{2};
Key master(uint8_t n = 9) {
  Key key;
  key.fill(n);
  return key;
}

struct KeysOnSimDisk {
  explicit KeysOnSimDisk(uint64_t seed = 1) : disk(seed), random(seed) {
    vfs = simulation::register_sqlite_vfs("keys", disk, clock, random);
  }
  ~KeysOnSimDisk() { keys.reset(); }

  Result<void> open(const Key& with = master()) {
    keys.reset();
    auto opened = Keys::open("/keys.db", "keys", with, random, failpoints);
    if (!opened.ok()) return opened.error();
    keys = std::move(*opened);
    TRY(keys->add_workspace(kOne));
    return keys->add_workspace(kTwo);
  }
  // All bytes of keys.db, its write-ahead log and whatever else is on the disk.
  std::string all_bytes() {
    std::string bytes;
    for (const std::string& path : disk.files()) bytes += *read_file(disk, path);
    return bytes;
  }

  simulation::SimDisk disk;
  ManualClock clock;
  SeededRandom random;
  NoFailpoints failpoints;
  std::unique_ptr<simulation::SqliteVfs> vfs;
  std::unique_ptr<Keys> keys;
};

TEST(Keys, GivesGrowingNumbersWithKeysThatStay) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  std::vector<Key> keys;
  SubjectId last;
  for (int i = 0; i < 3000; ++i) {
    const auto subject = t.keys->allocate(kOne);
    ASSERT_TRUE(subject.ok());
    ASSERT_GT(*subject, last);
    last = *subject;
    keys.push_back(*t.keys->find(kOne, *subject));
  }
  EXPECT_EQ(last.value, 3000U);
  EXPECT_EQ(std::set<Key>(keys.begin(), keys.end()).size(), keys.size());
  const Key hash_key = *t.keys->hash_key(kOne);
  const Key own = *t.keys->find(kOne, {0});
  ASSERT_TRUE(t.open().ok());
  for (uint64_t i = 0; i < keys.size(); ++i) ASSERT_EQ(*t.keys->find(kOne, {i + 1}), keys[i]);
  EXPECT_EQ(*t.keys->hash_key(kOne), hash_key);
  EXPECT_EQ(*t.keys->find(kOne, {0}), own);
  EXPECT_NE(*t.keys->hash_key(kTwo), hash_key);
  EXPECT_NE(*t.keys->find(kTwo, {0}), own);
}

TEST(Keys, HandsUnusedNumbersBackAtACleanStop) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.keys->allocate(kOne)->value, 1U);
  EXPECT_EQ(t.keys->allocate(kOne)->value, 2U);
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.keys->allocate(kOne)->value, 3U);
  EXPECT_EQ(t.keys->allocate(kTwo)->value, 1U);
}

// A number that may have left the process is never given again, and its key is still there.
TEST(Keys, NeverGivesANumberTwiceAfterPowerCuts) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    KeysOnSimDisk t(seed);
    SeededRandom random(seed);
    std::map<uint64_t, Key> given;
    for (int life = 0; life < 5; ++life) {
      t.disk.power_off_at(1 + random.below(150));
      if (t.open().ok()) {
        for (;;) {
          const auto subject = t.keys->allocate(kOne);
          if (!subject.ok()) break;
          const Key key = *t.keys->find(kOne, *subject);
          ASSERT_TRUE(given.emplace(subject->value, key).second) << "seed " << seed;
          if (given.size() % 7000 == 0) break;
        }
      }
      if (!t.disk.is_off()) t.disk.power_off();
      t.keys.reset();
      t.disk.power_on();
    }
    ASSERT_TRUE(t.open().ok()) << "seed " << seed;
    for (const auto& [number, key] : given) {
      const auto found = t.keys->find(kOne, {number});
      ASSERT_TRUE(found.ok()) << "seed " << seed << " subject " << number;
      ASSERT_EQ(*found, key);
    }
  }
}

TEST(Keys, LeavesNoByteOfADestroyedKey) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  std::vector<SubjectId> erased;
  for (int i = 0; i < 700; ++i) {
    const SubjectId subject = *t.keys->allocate(i % 3 == 0 ? kTwo : kOne);
    if (i % 5 == 1 && i % 3 != 0) erased.push_back(subject);
  }
  std::vector<std::string> wrapped;
  {
    const auto db = *Database::open("/keys.db", "keys", {});
    for (SubjectId subject : erased) {
      Statement row = db->statement(
          "SELECT substr(keys, ?3, 60) FROM chunks WHERE workspace = ?1 AND first = ?2", kOne,
          subject.value / 64 * 64, subject.value % 64 * 60 + 1);
      ASSERT_TRUE(*row.step());
      wrapped.emplace_back(row.blob(0));
    }
  }
  const auto bytes_left = [&] {
    const std::string bytes = t.all_bytes();
    size_t left = 0;
    for (const std::string& key : wrapped) {
      for (size_t at = 0; at + 12 <= key.size(); at += 12)
        left += bytes.find(key.substr(at, 12)) != std::string::npos;
    }
    return left;
  };
  EXPECT_EQ(bytes_left(), wrapped.size() * 5);
  ASSERT_TRUE(t.keys->destroy(kOne, erased).ok());
  EXPECT_EQ(bytes_left(), 0U);
  for (SubjectId subject : erased)
    EXPECT_EQ(t.keys->find(kOne, subject).error().code, Code::kNotFound);
  ASSERT_TRUE(t.open().ok());
  for (SubjectId subject : erased)
    EXPECT_EQ(t.keys->find(kOne, subject).error().code, Code::kNotFound);
  EXPECT_TRUE(t.keys->find(kOne, {2}).ok());
}

TEST(Keys, DestroysAllKeysOfAWorkspace) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  const SubjectId subject = *t.keys->allocate(kOne);
  const SubjectId other = *t.keys->allocate(kTwo);
  ASSERT_TRUE(t.keys->destroy_workspace(kOne).ok());
  EXPECT_EQ(t.keys->find(kOne, subject).error().code, Code::kNotFound);
  EXPECT_EQ(t.keys->find(kOne, {0}).error().code, Code::kNotFound);
  EXPECT_EQ(t.keys->hash_key(kOne).error().code, Code::kNotFound);
  EXPECT_EQ(t.keys->allocate(kOne).error().code, Code::kNotFound);
  EXPECT_TRUE(t.keys->find(kTwo, other).ok());
}

TEST(Keys, ReadsExpectedKeysAndPassesOverDestroyedOnes) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  std::vector<SubjectId> subjects;
  std::vector<Key> keys;
  for (int i = 0; i < 100; ++i) {
    subjects.push_back(*t.keys->allocate(kOne));
    keys.push_back(*t.keys->find(kOne, subjects.back()));
  }
  const SubjectId destroyed[] = {subjects[7]};
  ASSERT_TRUE(t.keys->destroy(kOne, destroyed).ok());
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.keys->expect(kOne, subjects).ok());
  for (size_t i = 0; i < subjects.size(); ++i) {
    const auto found = t.keys->find(kOne, subjects[i]);
    ASSERT_EQ(found.ok(), i != 7);
    if (found.ok()) EXPECT_EQ(*found, keys[i]);
  }
}

TEST(Keys, RefusesAnotherMasterKey) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  const auto refused = t.open(master(8));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kInvalid);
  EXPECT_EQ(refused.error().where, "master_key");
  EXPECT_TRUE(t.open().ok());
}

TEST(Keys, KeepsNoKeyInTheClear) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  const Key key = *t.keys->find(kOne, *t.keys->allocate(kOne));
  const Key hash_key = *t.keys->hash_key(kOne);
  const std::string bytes = t.all_bytes();
  for (const Key& k : {key, hash_key, master()}) {
    const std::string_view part(reinterpret_cast<const char*>(k.data()), 8);
    EXPECT_EQ(bytes.find(part), std::string::npos);
  }
}

TEST(Keys, CopiesAConsistentFileWhileKeysAreMade) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  const SubjectId early = *t.keys->allocate(kOne);
  const Key key = *t.keys->find(kOne, early);
  std::atomic<bool> stop{false};
  std::thread maker([&] {
    while (!stop) EXPECT_TRUE(t.keys->allocate(kTwo).ok());
  });
  const auto copied = t.keys->copy_to("/copy.db");
  stop = true;
  maker.join();
  ASSERT_TRUE(copied.ok()) << copied.error().message;
  auto copy = Keys::open("/copy.db", "keys", master(), t.random, t.failpoints);
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(*(*copy)->find(kOne, early), key);
}

TEST(Keys, RefillsAheadSoThatTheNextAllocationOnlyTakes) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.keys->allocate(kOne).ok());
  EXPECT_FALSE(t.keys->wants_refill());
  int made = 1;
  for (; !t.keys->wants_refill() && made < 5000; ++made) ASSERT_TRUE(t.keys->allocate(kOne).ok());
  EXPECT_LT(made, 256);
  ASSERT_TRUE(t.keys->refill().ok());
  EXPECT_FALSE(t.keys->wants_refill());
  const uint64_t changes = t.disk.changes();
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(t.keys->allocate(kOne).ok());
  EXPECT_EQ(t.disk.changes(), changes);
}

TEST(Keys, SharesNumbersBetweenThreadsWithoutDoubles) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  constexpr int kThreads = 4, kEach = 1500;
  std::vector<std::vector<uint64_t>> given(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kEach; ++n) {
        if (n % 100 == 0) EXPECT_TRUE(t.keys->refill().ok());
        given[static_cast<size_t>(i)].push_back(t.keys->allocate(kOne)->value);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (const auto& numbers : given) all.insert(numbers.begin(), numbers.end());
  EXPECT_EQ(all.size(), size_t{kThreads * kEach});
  EXPECT_EQ(*all.begin(), 1U);
  for (uint64_t n : all) ASSERT_TRUE(t.keys->find(kOne, {n}).ok());
}

TEST(Keys, FailsWhenTheDiskIsFullAndGoesOnAfterwards) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  t.disk.set_capacity(200 << 10);
  Result<SubjectId> last = t.keys->allocate(kOne);
  while (last.ok()) last = t.keys->allocate(kOne);
  EXPECT_EQ(last.error().code, Code::kDiskFull);
  EXPECT_FALSE(t.keys->broken());
  EXPECT_TRUE(t.keys->find(kOne, {1}).ok());
  t.disk.set_capacity(10 << 20);
  EXPECT_TRUE(t.keys->allocate(kOne).ok());
}

TEST(Keys, IsBrokenAfterAFailedSync) {
  KeysOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  t.disk.fail_sync(1);
  EXPECT_FALSE(t.keys->allocate(kOne).ok());
  EXPECT_TRUE(t.keys->broken());
}

}  // namespace
}  // namespace rapport::store
