#include <gtest/gtest.h>

#include "simulation/log_on_sim_disk.h"
#include "store/log_record.h"
#include "store/log_segment.h"

namespace rapport::store {
namespace {

struct Kept {
  uint64_t offset, end;
  WorkspaceId workspace;
  Sequence sequence;
};

// Three workspaces, single records and groups.
std::vector<Kept> write_small_log(LogOnSimDisk& t) {
  EXPECT_TRUE(t.open().ok());
  std::vector<Kept> kept;
  for (int i = 0; i < 14; ++i) {
    const auto e = t.stage(1 + static_cast<uint32_t>(i % 3), std::string(20 + i, 'x'));
    EXPECT_TRUE(e.ok());
    kept.push_back({offset_of(e->position), offset_of(e->next), e->workspace, e->sequence});
    if (i % 4 != 2) EXPECT_TRUE(t.log->commit().ok());
  }
  EXPECT_TRUE(t.log->commit().ok());
  t.log.reset();
  return kept;
}

TEST(CheckLog, FindsAFlippedBitInEveryByteAndNamesTheEvent) {
  LogOnSimDisk t;
  const std::vector<Kept> kept = write_small_log(t);
  ASSERT_TRUE(t.check().findings.empty());
  for (const Kept& k : kept) {
    for (uint64_t at = k.offset; at < k.end; ++at) {
      const unsigned bit = static_cast<unsigned>(at * 7 % 8);
      t.disk.flip_bit(segment_path("/log", 1), at, bit);
      const LogReport report = t.check();
      ASSERT_FALSE(report.findings.empty()) << "byte " << at - k.offset;
      const LogFinding& first = report.findings.front();
      EXPECT_EQ(first.workspace, k.workspace) << "byte " << at - k.offset << " " << first.what;
      EXPECT_EQ(first.sequence, k.sequence) << "byte " << at - k.offset << " " << first.what;
      EXPECT_EQ(first.offset, k.offset);
      EXPECT_EQ(report.findings.size(), 1U);
      t.disk.flip_bit(segment_path("/log", 1), at, bit);
    }
  }
}

TEST(CheckLog, FindsBytesInUnusedSpace) {
  LogOnSimDisk t;
  const uint64_t end = write_small_log(t).back().end;
  for (uint64_t at = end; at < LogOnSimDisk::kSegment; at += 61) {
    t.disk.flip_bit(segment_path("/log", 1), at);
    EXPECT_EQ(t.check().findings.size(), 1U) << at - end;
    t.disk.flip_bit(segment_path("/log", 1), at);
  }
}

TEST(CheckLog, TellsATailThatACrashMayHaveTornFromDamage) {
  LogOnSimDisk t;
  const std::vector<Kept> kept = write_small_log(t);
  t.disk.flip_bit(segment_path("/log", 1), kept.back().end - 1);
  EXPECT_TRUE(t.check().findings.at(0).at_tail);
  t.disk.flip_bit(segment_path("/log", 1), kept.front().end - 1);
  const LogReport report = t.check();
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_FALSE(report.findings[0].at_tail);
  EXPECT_TRUE(report.findings[1].at_tail);
}

// The CRC of a forged record is right; the chain is not.
TEST(CheckLog, FindsAnEventThatWasReplaced) {
  LogOnSimDisk t;
  const std::vector<Kept> kept = write_small_log(t);
  const std::string path = segment_path("/log", 1);
  std::string bytes = *read_file(t.disk, path);
  const Kept& k = kept[4];
  Record old;
  ASSERT_TRUE(decode_record(std::string_view(bytes).substr(k.offset, k.end - k.offset), old));
  std::string forged(old.size, 'F');
  complete_record(forged, old.envelope, old.group, Hash{});
  ASSERT_EQ(forged.size(), k.end - k.offset);
  bytes.replace(k.offset, forged.size(), forged);
  ASSERT_TRUE(write_file(t.disk, path, bytes).ok());
  const LogReport report = t.check();
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings[0].workspace, k.workspace);
  EXPECT_EQ(report.findings[0].sequence, k.sequence);
  EXPECT_EQ(t.open().error().code, Code::kCorrupt);
}

TEST(CheckLog, FindsAMissingSegment) {
  LogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  Sequence first_of_second, last_of_first;
  while (segment_of(t.log->end().position) < 3) {
    const auto e = t.append(9, std::string(500, 'x'));
    ASSERT_TRUE(e.ok());
    if (segment_of(e->position) == 1) last_of_first = e->sequence;
  }
  t.log.reset();
  ASSERT_TRUE(t.disk.remove(segment_path("/log", 2)).ok());
  const LogReport report = t.check();
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_NE(report.findings[0].what.find("segment is missing"), std::string::npos);
  EXPECT_EQ(report.findings[1].workspace.value, 9U);
  EXPECT_EQ(report.findings[1].sequence.value, last_of_first.value + 1);
  EXPECT_EQ(t.open().error().code, Code::kCorrupt);
}

// Random damage of many bits: always found, and never a hang or a crash.
TEST(CheckLog, FindsRandomDamage) {
  SeededRandom random(5);
  for (int round = 0; round < 300; ++round) {
    LogOnSimDisk t;
    const uint64_t end = write_small_log(t).back().end;
    std::set<uint64_t> bits;
    while (bits.size() < 16) bits.insert(random.below(end * 8));
    for (uint64_t b : bits)
      t.disk.flip_bit(segment_path("/log", 1), b / 8, static_cast<unsigned>(b % 8));
    EXPECT_FALSE(t.check().findings.empty());
    t.open().ignore("an error or a shorter log, but it ends");
  }
}

TEST(CheckLog, ShowsProgressUpToTheEnd) {
  LogOnSimDisk t;
  write_small_log(t);
  uint64_t last = 0, all = 0;
  ASSERT_TRUE(check_log(t.disk, "/log", [&](uint64_t done, uint64_t of) {
                last = done;
                all = of;
              }).ok());
  EXPECT_EQ(last, all);
  EXPECT_EQ(all, LogOnSimDisk::kSegment);
}

}  // namespace
}  // namespace rapport::store
