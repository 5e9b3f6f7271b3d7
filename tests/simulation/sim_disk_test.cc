#include "simulation/sim_disk.h"

#include <gtest/gtest.h>

#include <set>

namespace rapport::simulation {
namespace {

constexpr uint64_t kSeeds = 200;

std::unique_ptr<File> made(SimDisk& disk, const std::string& path) {
  auto file = disk.open(path, OpenMode::kCreate).value();
  disk.sync_folder("/").value();
  return file;
}

std::string content(SimDisk& disk, const std::string& path) {
  const auto bytes = read_file(disk, path);
  return bytes.ok() ? *bytes : "<" + bytes.error().message + ">";
}

TEST(SimDisk, KeepsAllThatWasSynced) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    auto file = made(disk, "/f");
    file->write(0, std::string(3000, 'a')).value();
    file->sync().value();
    file->write(2500, std::string(3000, 'b')).value();
    disk.power_cut();
    EXPECT_EQ(content(disk, "/f").substr(0, 2500), std::string(2500, 'a'));
    EXPECT_FALSE(file->write(0, "x").ok()) << "files of before the cut are dead";
    EXPECT_FALSE(file->sync().ok());
    char c;
    EXPECT_FALSE(file->read(0, {&c, 1}).ok());
    EXPECT_TRUE(disk.open("/f", OpenMode::kReadWrite).value()->write(0, "x").ok());
  }
}

// Each sector holds one of its versions; over the seeds: all lost, all kept, torn, reordered.
TEST(SimDisk, DropsTearsAndReordersUnsyncedWrites) {
  int lost = 0, kept = 0, torn = 0, reordered = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    auto file = made(disk, "/f");
    file->write(0, std::string(1536, '0')).value();
    file->sync().value();
    file->write(0, std::string(1024, '1')).value();
    file->write(1024, std::string(512, '2')).value();
    disk.power_cut();
    const std::string bytes = content(disk, "/f");
    ASSERT_EQ(bytes.size(), 1536U);
    for (size_t s = 0; s < 3; ++s)
      EXPECT_EQ(bytes.substr(s * 512, 512), std::string(512, bytes[s * 512]))
          << "sectors are whole";
    const bool a = bytes[0] == '1', b = bytes[512] == '1', c = bytes[1024] == '2';
    lost += !a && !b && !c;
    kept += a && b && c;
    torn += a != b;
    reordered += c && !a && !b;
  }
  EXPECT_GT(lost, 20);
  EXPECT_GT(kept, 20);
  EXPECT_GT(torn, 20);
  EXPECT_GT(reordered, 5);
}

TEST(SimDisk, NeverShowsALaterPartOfASectorWithoutTheEarlier) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    auto file = made(disk, "/f");
    file->allocate(512).value();
    file->sync().value();
    file->write(0, "first").value();
    file->write(5, "second").value();
    disk.power_cut();
    const std::string bytes = content(disk, "/f");
    if (bytes[5] == 's') {
      EXPECT_EQ(bytes.substr(0, 11), "firstsecond");
    }
  }
}

TEST(SimDisk, SizesSurviveInOrderAndNewBytesAreZeroOrWritten) {
  std::set<size_t> sizes;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    auto file = made(disk, "/f");
    file->write(0, std::string(2000, 'a')).value();
    file->sync().value();
    file->truncate(700).value();
    file->write(3000, std::string(100, 'b')).value();
    disk.power_cut();
    const std::string bytes = content(disk, "/f");
    sizes.insert(bytes.size());
    if (bytes.size() == 2000) {
      EXPECT_EQ(bytes, std::string(2000, 'a'));
    }
    if (bytes.size() == 700) {
      EXPECT_EQ(bytes, std::string(700, 'a'));
    }
    if (bytes.size() != 3100) continue;
    EXPECT_EQ(bytes.substr(0, 3000), std::string(700, 'a') + std::string(2300, '\0'));
    EXPECT_EQ(bytes.substr(3000).find_first_not_of(std::string("b\0", 2)), std::string::npos);
  }
  EXPECT_EQ(sizes, (std::set<size_t>{700, 2000, 3100}));
}

TEST(SimDisk, LosesNamesUntilTheirFolderIsSynced) {
  int lost = 0, kept = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    disk.make_folders("/d/e").value();
    disk.open("/d/synced", OpenMode::kCreate).value();
    disk.sync_folder("/d").value();
    auto file = disk.open("/d/first", OpenMode::kCreate).value();
    file->write(0, "x").value();
    file->sync().value();
    disk.open("/d/second", OpenMode::kCreate).value();
    disk.power_cut();
    EXPECT_TRUE(disk.exists("/d/synced"));
    EXPECT_TRUE(disk.exists("/d/e"));
    if (disk.exists("/d/second")) {
      EXPECT_TRUE(disk.exists("/d/first")) << "in order";
    }
    if (disk.exists("/d/first")) {
      EXPECT_EQ(content(disk, "/d/first"), "x");
    }
    (disk.exists("/d/first") ? kept : lost) += 1;
  }
  EXPECT_GT(lost, 20);
  EXPECT_GT(kept, 20);
}

TEST(SimDisk, WriteFileIsAtomicAndDurableWhereverThePowerGoesOff) {
  int old_content = 0, new_content = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    const std::string before(1500, 'a'), after(2500, 'b');
    write_file(disk, "/f", before).value();
    disk.power_off_at(1 + seed % 8);
    const bool done = write_file(disk, "/f", after).ok();
    disk.power_cut();
    const std::string now = content(disk, "/f");
    EXPECT_TRUE(now == after || (now == before && !done)) << seed;
    (now == before ? old_content : new_content) += 1;
  }
  EXPECT_GT(old_content, 20);
  EXPECT_GT(new_content, 20);
}

TEST(SimDisk, RenamesAndRemovesFoldersWithWhatIsInThem) {
  SimDisk disk(1);
  disk.make_folders("/a/b").value();
  write_file(disk, "/a/b/f", "x").value();
  disk.rename("/a/b", "/a/c").value();
  disk.sync_folder("/a").value();
  disk.power_cut();
  EXPECT_EQ(disk.files(), std::vector<std::string>{"/a/c/f"});
  EXPECT_EQ(disk.list("/a").value(), std::vector<std::string>{"c"});
  EXPECT_FALSE(disk.remove("/a/c").ok()) << "not empty";
  disk.remove("/a/c/f").value();
  disk.remove("/a/c").value();
  disk.sync_folder("/a").value();
  disk.power_cut();
  EXPECT_FALSE(disk.exists("/a/c"));
  EXPECT_EQ(disk.remove("/a/c").error().code, Code::kNotFound);
}

TEST(SimDisk, FillsUpAndHasRoomAgain) {
  SimDisk disk(1);
  auto file = made(disk, "/f");
  disk.set_capacity(1000);
  file->write(0, std::string(900, 'a')).value();
  EXPECT_EQ(disk.free_space("/").value(), 100U);
  const auto full = file->write(900, std::string(200, 'b'));
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, Code::kDiskFull);
  EXPECT_EQ(file->allocate(1001).error().code, Code::kDiskFull);
  EXPECT_TRUE(file->write(0, "overwriting needs no room").ok());
  file->truncate(0).value();
  EXPECT_TRUE(file->write(0, std::string(1000, 'c')).ok());
}

TEST(SimDisk, AFailedSyncLosesBytesEvenWhenRepeated) {
  int lost = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    auto file = made(disk, "/f");
    disk.fail_sync(2);
    file->sync().value();
    file->write(0, std::string(2000, 'a')).value();
    const auto failed = file->sync();
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, Code::kIo);
    EXPECT_EQ(failed.error().retryable, Retryable::kNo);
    EXPECT_EQ(content(disk, "/f"), std::string(2000, 'a')) << "reads still show it";
    file->sync().value();
    disk.power_cut();
    lost += content(disk, "/f") != std::string(2000, 'a');
  }
  EXPECT_GT(lost, 50);
}

TEST(SimDisk, FlipsABitForGood) {
  SimDisk disk(1);
  write_file(disk, "/f", "abc").value();
  disk.flip_bit("/f", 1, 0);
  EXPECT_EQ(content(disk, "/f"), "acc");
  disk.power_cut();
  EXPECT_EQ(content(disk, "/f"), "acc");
}

TEST(SimDisk, DoesTheSameForTheSameSeed) {
  const auto run = [](uint64_t seed) {
    SimDisk disk(seed);
    auto file = made(disk, "/f");
    for (uint64_t i = 0; i < 30; ++i)
      file->write(i * 300, std::string(400, static_cast<char>('a' + i))).value();
    disk.power_cut();
    return content(disk, "/f");
  };
  std::set<std::string> contents;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(run(seed), run(seed));
    contents.insert(run(seed));
  }
  EXPECT_GT(contents.size(), 5U);
}

}  // namespace
}  // namespace rapport::simulation
