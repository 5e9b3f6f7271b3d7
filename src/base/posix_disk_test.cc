#include "base/posix_disk.h"

#include <gtest/gtest.h>

#include "testing/fakes.h"

namespace rapport {
namespace {

class PosixDiskTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  PosixDisk disk_;
  std::string path_ = folder_ / "file";
};

TEST_F(PosixDiskTest, ReadsBackWhatWasWritten) {
  auto file = disk_.open(path_, OpenMode::kCreate).value();
  ASSERT_TRUE(file->write(3, "abc").ok());
  ASSERT_TRUE(file->sync().ok());
  char out[10];
  EXPECT_EQ(file->read(0, out).value(), 6U);
  EXPECT_EQ(std::string_view(out, 6), std::string_view("\0\0\0abc", 6));
  EXPECT_EQ(file->read(6, out).value(), 0U);
  EXPECT_EQ(file->size().value(), 6U);
}

TEST_F(PosixDiskTest, AllocatesZeroesAndTruncates) {
  auto file = disk_.open(path_, OpenMode::kCreate).value();
  ASSERT_TRUE(file->write(0, "abc").ok());
  ASSERT_TRUE(file->allocate(100'000).ok());
  EXPECT_EQ(file->size().value(), 100'000U);
  const std::string all = read_file(disk_, path_).value();
  EXPECT_EQ(all, "abc" + std::string(99'997, '\0'));
  ASSERT_TRUE(file->allocate(2).ok());
  EXPECT_EQ(read_file(disk_, path_).value(), "ab");
  ASSERT_TRUE(file->truncate(1).ok());
  EXPECT_EQ(file->size().value(), 1U);
}

TEST_F(PosixDiskTest, ListsRenamesAndRemoves) {
  ASSERT_TRUE(disk_.make_folders(folder_ / "a/b/c").ok());
  ASSERT_TRUE(disk_.make_folders(folder_ / "a/b/c").ok());
  ASSERT_TRUE(write_file(disk_, folder_ / "a/b/2", "x").ok());
  ASSERT_TRUE(write_file(disk_, folder_ / "a/b/1", "y").ok());
  ASSERT_TRUE(disk_.rename(folder_ / "a/b/2", folder_ / "a/b/0").ok());
  EXPECT_EQ(disk_.list(folder_ / "a/b").value(), (std::vector<std::string>{"0", "1", "c"}));
  ASSERT_TRUE(disk_.remove(folder_ / "a/b/0").ok());
  EXPECT_FALSE(disk_.exists(folder_ / "a/b/0"));
  EXPECT_TRUE(disk_.exists(folder_ / "a/b/1"));
  EXPECT_GT(disk_.free_space(folder_.path()).value(), 0U);
}

TEST_F(PosixDiskTest, WritesFilesAtomicallyAndLeavesNoRest) {
  ASSERT_TRUE(write_file(disk_, path_, "first, longer").ok());
  ASSERT_TRUE(write_file(disk_, path_, "second").ok());
  EXPECT_EQ(read_file(disk_, path_).value(), "second");
  EXPECT_EQ(disk_.list(folder_.path()).value(), std::vector<std::string>{"file"});
}

TEST_F(PosixDiskTest, SaysWhatFailedAndWhere) {
  const auto missing = disk_.open(path_, OpenMode::kReadWrite);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_NE(missing.error().message.find(path_), std::string::npos);
  EXPECT_EQ(disk_.remove(path_).error().code, Code::kNotFound);
  EXPECT_FALSE(disk_.list(path_).ok());
  ASSERT_TRUE(write_file(disk_, path_, "x").ok());
  EXPECT_FALSE(disk_.make_folders(path_).ok());
  EXPECT_FALSE(disk_.make_folders(path_ + "/a").ok());
  auto read_only = disk_.open(path_, OpenMode::kRead).value();
  EXPECT_FALSE(read_only->write(0, "y").ok());
}

TEST_F(PosixDiskTest, TellsAFullDiskFromABrokenOne) {
  auto full = disk_.open("/dev/full", OpenMode::kReadWrite).value();
  const auto written = full->write(0, "x");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Code::kDiskFull);
  EXPECT_NE(written.error().message.find("Free space"), std::string::npos);
}

}  // namespace
}  // namespace rapport
