#include "simulation/sqlite_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>

#include "simulation/sim_disk.h"

namespace rapport::simulation {
namespace {

constexpr uint64_t kCuts = 200;

struct Sqlite {
  sqlite3* db = nullptr;
  Sqlite(const std::string& path, const SqliteVfs& vfs) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3_open_v2(path.c_str(), &db, flags, vfs.name().c_str());
  }
  ~Sqlite() { sqlite3_close_v2(db); }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  bool run(const std::string& sql) {
    return sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  // First column of all rows.
  std::vector<std::string> rows(const std::string& sql) {
    std::vector<std::string> out;
    sqlite3_exec(
        db, sql.c_str(),
        [](void* to, int, char** values, char**) {
          static_cast<std::vector<std::string>*>(to)->push_back(values[0] ? values[0] : "");
          return 0;
        },
        &out, nullptr);
    return out;
  }
  bool prepare(const std::string& synchronous) {
    return run("PRAGMA journal_mode=WAL; PRAGMA synchronous=" + synchronous +
               "; PRAGMA wal_autocheckpoint=8; PRAGMA cache_size=5;"
               "CREATE TABLE IF NOT EXISTS rows(tx INT, part INT, body BLOB)");
  }
};

struct Outcome {
  uint64_t acknowledged = 0, lost = 0, half = 0, corrupt = 0;
};

// Commits until the power goes off at a change chosen by the seed, three times over, and judges
// each time what is there afterwards.
Outcome cut_power(uint64_t seed, const std::string& synchronous) {
  SimDisk disk(seed);
  ManualClock clock;
  SeededRandom random(seed ^ 0x5EED);
  const auto vfs = register_sqlite_vfs("cut", disk, clock, random);
  Outcome outcome;
  std::set<std::string> acknowledged;
  uint64_t tx = 0;
  for (int life = 0; life < 3; ++life) {
    disk.power_off_at(1 + random.below(400));
    {
      Sqlite writer("/state.db", *vfs);
      if (writer.prepare(synchronous)) {
        for (int failed = 0; !disk.is_off() && failed < 3;) {
          const std::string id = std::to_string(++tx);
          bool ok = writer.run("BEGIN");
          for (uint64_t part = 0; part < 3; ++part)
            ok = ok && writer.run("INSERT INTO rows VALUES(" + id + "," + std::to_string(part) +
                                  ",randomblob(" + std::to_string(random.below(3000)) + "))");
          if (tx % 5 == 0)
            ok = ok && writer.run("UPDATE rows SET body=randomblob(300) WHERE tx%7=0");
          ok = ok && writer.run("COMMIT");
          if (ok) acknowledged.insert(id);
          failed = ok ? 0 : failed + 1;  // a damaged database would never reach the cut
        }
      }
    }
    disk.power_on();
    Sqlite reader("/state.db", *vfs);
    if (!reader.prepare(synchronous)) ++outcome.corrupt;
    if (reader.rows("PRAGMA integrity_check") != std::vector<std::string>{"ok"}) ++outcome.corrupt;
    outcome.half += reader.rows("SELECT tx FROM rows GROUP BY tx HAVING count(*)<>3").size();
    const auto kept = reader.rows("SELECT DISTINCT tx FROM rows");
    for (const auto& id : std::set<std::string>(kept.begin(), kept.end())) acknowledged.erase(id);
    outcome.lost += acknowledged.size();
    outcome.acknowledged += kept.size();
    acknowledged = {kept.begin(), kept.end()};
  }
  return outcome;
}

Outcome cut_power_many_times(const std::string& synchronous) {
  Outcome sum;
  for (uint64_t seed = 1; seed <= kCuts; ++seed) {
    const Outcome one = cut_power(seed, synchronous);
    EXPECT_EQ(one.half + one.corrupt, 0U) << "seed " << seed;
    if (synchronous == "FULL") {
      EXPECT_EQ(one.lost, 0U) << "seed " << seed;
    }
    sum.acknowledged += one.acknowledged;
    sum.lost += one.lost;
  }
  return sum;
}

// F3: no acknowledged commit is lost and no database is damaged.
TEST(SqliteVfs, FullSyncLosesNoAcknowledgedCommitOverPowerCuts) {
  const Outcome sum = cut_power_many_times("FULL");
  EXPECT_EQ(sum.lost, 0U);
  EXPECT_GT(sum.acknowledged, 2000U);
}

// The proof that the cuts bite: WAL with synchronous=NORMAL promises consistency, not durability.
TEST(SqliteVfs, NormalSyncLosesCommitsButNeverConsistency) {
  EXPECT_GT(cut_power_many_times("NORMAL").lost, 100U);
}

class SqliteVfsTest : public ::testing::Test {
 protected:
  SimDisk disk_{1};
  ManualClock clock_;
  SeededRandom random_{1};
  std::unique_ptr<SqliteVfs> vfs_ = register_sqlite_vfs("one", disk_, clock_, random_);
};

TEST_F(SqliteVfsTest, ConnectionsReadTheirSnapshotWhileAnotherWrites) {
  Sqlite writer("/s.db", *vfs_), reader("/s.db", *vfs_), second("/s.db", *vfs_);
  ASSERT_TRUE(writer.prepare("FULL"));
  ASSERT_TRUE(writer.run("INSERT INTO rows VALUES(1,0,'')"));
  EXPECT_EQ(reader.rows("PRAGMA journal_mode"), std::vector<std::string>{"wal"});
  ASSERT_TRUE(reader.run("BEGIN"));
  EXPECT_EQ(reader.rows("SELECT count(*) FROM rows"), std::vector<std::string>{"1"});
  ASSERT_TRUE(writer.run("BEGIN IMMEDIATE; INSERT INTO rows VALUES(2,0,'')"));
  EXPECT_FALSE(second.run("BEGIN IMMEDIATE")) << "one writer at a time";
  ASSERT_TRUE(writer.run("COMMIT"));
  EXPECT_EQ(reader.rows("SELECT count(*) FROM rows"), std::vector<std::string>{"1"});
  ASSERT_TRUE(reader.run("COMMIT"));
  EXPECT_EQ(reader.rows("SELECT count(*) FROM rows"), std::vector<std::string>{"2"});
  EXPECT_TRUE(second.run("BEGIN IMMEDIATE; COMMIT"));
}

TEST_F(SqliteVfsTest, RollbackJournalsWorkAndLockToo) {
  Sqlite writer("/s.db", *vfs_), reader("/s.db", *vfs_);
  ASSERT_TRUE(writer.run("PRAGMA journal_mode=DELETE; CREATE TABLE t(x); INSERT INTO t VALUES(1)"));
  ASSERT_TRUE(reader.run("BEGIN"));
  EXPECT_EQ(reader.rows("SELECT count(*) FROM t"), std::vector<std::string>{"1"});
  EXPECT_FALSE(writer.run("INSERT INTO t VALUES(2)")) << "a reader holds it";
  ASSERT_TRUE(reader.run("COMMIT"));
  EXPECT_TRUE(writer.run("INSERT INTO t VALUES(2)"));
  EXPECT_EQ(reader.rows("SELECT count(*) FROM t"), std::vector<std::string>{"2"});
}

TEST_F(SqliteVfsTest, ReportsAFullDiskAndGoesOnWhenThereIsRoom) {
  Sqlite db("/s.db", *vfs_);
  ASSERT_TRUE(db.prepare("FULL"));
  disk_.set_capacity(100'000);
  EXPECT_FALSE(db.run("INSERT INTO rows VALUES(1,0,randomblob(200000))"));
  EXPECT_EQ(sqlite3_errcode(db.db), SQLITE_FULL);
  disk_.set_capacity(10'000'000);
  EXPECT_TRUE(db.run("INSERT INTO rows VALUES(1,0,randomblob(200000))"));
  EXPECT_EQ(db.rows("SELECT count(*) FROM rows"), std::vector<std::string>{"1"});
}

TEST_F(SqliteVfsTest, ReportsAFailedSync) {
  Sqlite db("/s.db", *vfs_);
  ASSERT_TRUE(db.prepare("FULL"));
  disk_.fail_sync(1);
  EXPECT_FALSE(db.run("INSERT INTO rows VALUES(1,0,'')"));
  EXPECT_EQ(sqlite3_extended_errcode(db.db), SQLITE_IOERR_FSYNC);
}

TEST_F(SqliteVfsTest, TakesTimeFromTheClock) {
  Sqlite db("/s.db", *vfs_);
  EXPECT_EQ(db.rows("SELECT datetime('now')"), std::vector<std::string>{"2026-03-02 09:00:00"});
}

}  // namespace
}  // namespace rapport::simulation
