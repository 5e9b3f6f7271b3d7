#include "store/sqlite/database.h"

#include <gtest/gtest.h>

#include "base/posix_disk.h"
#include "testing/fakes.h"

namespace rapport::store {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
  std::unique_ptr<Database> open(const std::string& name = "t.db") {
    auto opened = Database::open(folder_ / name, "", {"journal_mode=WAL"});
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  void SetUp() override {
    db_ = open();
    ASSERT_TRUE(db_->run_script("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB, d REAL)"));
  }
  int64_t rows() { return db_->integer("SELECT count(*) FROM t").value(); }
  TemporaryFolder folder_;
  std::unique_ptr<Database> db_;
};

TEST_F(DatabaseTest, BindsAndReadsEveryType) {
  const std::string bytes("\0\xff\0", 3);
  ASSERT_TRUE(
      db_->run("INSERT INTO t VALUES(?1, ?2, ?3, ?4)", Sequence{7}, "tä\"'", Blob{bytes}, 0.1));
  ASSERT_TRUE(db_->run("INSERT INTO t VALUES(?1, ?2, ?3, ?4)", INT64_MIN, "", Blob{""}, nullptr));
  auto s = db_->statement("SELECT a, b, c, d FROM t ORDER BY a DESC");
  ASSERT_TRUE(s.step().value());
  EXPECT_EQ(s.integer(0), 7);
  EXPECT_EQ(s.text(1), "tä\"'");
  EXPECT_EQ(s.blob(2), bytes);
  EXPECT_EQ(s.real(3), 0.1);
  ASSERT_TRUE(s.step().value());
  EXPECT_EQ(s.integer(0), INT64_MIN);
  EXPECT_FALSE(s.is_null(1)) << "an empty text is not NULL";
  EXPECT_FALSE(s.is_null(2));
  EXPECT_TRUE(s.is_null(3));
  EXPECT_FALSE(s.step().value());
}

TEST_F(DatabaseTest, SameStatementCanBeUsedInsideItself) {
  for (int n = 0; n < 3; ++n) ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(?1)", n));
  const std::string sql = "SELECT a FROM t ORDER BY a";
  auto outer = db_->statement(sql);
  int pairs = 0;
  while (outer.step().value()) {
    auto inner = db_->statement(sql);
    while (inner.step().value()) ++pairs;
  }
  EXPECT_EQ(pairs, 9);
}

TEST_F(DatabaseTest, TransactionWithoutCommitLeavesNothing) {
  {
    auto transaction = db_->begin(TransactionKind::kWrite).value();
    ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(1)"));
  }
  EXPECT_EQ(rows(), 0);
  auto transaction = db_->begin(TransactionKind::kWrite).value();
  ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(1)"));
  ASSERT_TRUE(transaction.commit());
  EXPECT_EQ(rows(), 1);
}

TEST_F(DatabaseTest, SavepointFailsAlone) {
  auto transaction = db_->begin(TransactionKind::kWrite).value();
  ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(1)"));
  {
    auto unit = db_->savepoint().value();
    ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(2)"));
    auto inner = db_->savepoint().value();
    ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(3)"));
    ASSERT_TRUE(inner.keep());
  }
  auto unit = db_->savepoint().value();
  ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(4)"));
  ASSERT_TRUE(unit.keep());
  ASSERT_TRUE(transaction.commit());
  EXPECT_EQ(db_->integer("SELECT sum(a) FROM t").value(), 5);
}

TEST_F(DatabaseTest, ErrorsAreMappedAndStatementsGoOn) {
  auto insert = db_->statement("INSERT INTO t(a) VALUES(?1)");
  ASSERT_TRUE(insert.bind(1).run());
  EXPECT_EQ(insert.bind(1).run().error().code, Code::kConflict);
  EXPECT_TRUE(insert.bind(2).run());
  EXPECT_EQ(insert.changes(), 1);
  EXPECT_EQ(db_->run("SELECT x FROM nowhere").error().code, Code::kCorrupt);
  EXPECT_EQ(db_->integer("SELECT a FROM t WHERE a = 99").error().code, Code::kNotFound);
  EXPECT_EQ(Database::open(folder_ / "none/t.db", "", {}).error().code, Code::kIo);
  EXPECT_EQ(Database::open(folder_ / "t.db", "no such vfs", {}).error().code, Code::kNotFound);
}

TEST_F(DatabaseTest, FileThatIsNoDatabaseIsCorrupt) {
  PosixDisk disk;
  ASSERT_TRUE(write_file(disk, folder_ / "x.db", std::string(5000, 'x')));
  const auto opened = Database::open(folder_ / "x.db", "", {"journal_mode=WAL"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
  EXPECT_NE(opened.error().message.find("x.db"), std::string::npos);
}

TEST_F(DatabaseTest, IntegrityCheckFindsDamage) {
  for (int n = 0; n < 500; ++n) {
    ASSERT_TRUE(db_->run("INSERT INTO t(a, b) VALUES(?1, ?2)", n, std::string(100, 'b')));
  }
  EXPECT_TRUE(db_->check_integrity());
  ASSERT_TRUE(db_->checkpoint(Database::Checkpoint::kTruncate));
  db_.reset();
  PosixDisk disk;
  std::string bytes = read_file(disk, folder_ / "t.db").value();
  for (size_t i = 8192; i < 8300; ++i) bytes[i] = static_cast<char>(0x55);
  ASSERT_TRUE(write_file(disk, folder_ / "t.db", bytes));
  const auto checked = open()->check_integrity();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::kCorrupt);
}

TEST_F(DatabaseTest, CopyIsWholeAndLaterWritesAreNotInIt) {
  ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(1)"));
  auto other = open();
  ASSERT_TRUE(other->copy_to(folder_ / "copy.db"));
  ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(2)"));
  auto copy = open("copy.db");
  EXPECT_EQ(copy->integer("SELECT count(*) FROM t").value(), 1);
  EXPECT_TRUE(copy->check_integrity());
}

TEST_F(DatabaseTest, CheckpointTellsHowMuchIsMoved) {
  ASSERT_TRUE(db_->run("INSERT INTO t(a) VALUES(1)"));
  auto reader = open();
  const auto beside = reader->checkpoint(Database::Checkpoint::kBeside).value();
  EXPECT_GT(beside.frames, 0);
  EXPECT_EQ(beside.moved, beside.frames);
}

}  // namespace
}  // namespace rapport::store
