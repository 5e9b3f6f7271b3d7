// Segment files: their names, their making, and reading records out of them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "store/log_record.h"

namespace rapport::store {

inline constexpr uint64_t kFirstSegment = 1;

constexpr Position position_of(uint64_t segment, uint64_t offset) {
  return {segment << 32 | offset};
}
constexpr uint64_t segment_of(Position p) {
  return p.value >> 32;
}
constexpr uint64_t offset_of(Position p) {
  return p.value & 0xffffffff;
}

std::string segment_path(const std::string& folder, uint64_t number);
// Numbers of the segment files in a folder, ascending; other names are passed over.
Result<std::vector<uint64_t>> list_segments(Disk& disk, const std::string& folder);

struct Segment {
  uint64_t number = 0;
  uint64_t bytes = 0;  // size of the file, all of it preallocated
  std::unique_ptr<File> file;
};
// Makes a segment durably, or takes an empty one that is there. kDiskFull leaves none behind; kIo
// means that the disk failed, other codes that trying again can help.
Result<std::shared_ptr<Segment>> make_segment(Disk& disk, const std::string& folder,
                                              uint64_t number, uint64_t bytes);

// The segment behind the one that is written, made ahead of need. Any thread.
class SegmentAhead {
 public:
  SegmentAhead(Disk& disk, std::string folder, uint64_t bytes, uint64_t present)
      : disk_(disk), folder_(std::move(folder)), bytes_(bytes), made_(present) {}
  // Makes it if it is missing; waits while another thread does.
  Result<void> ensure();
  // The segment that ensure() made, or null.
  std::shared_ptr<Segment> take();

 private:
  Disk& disk_;
  const std::string folder_;
  const uint64_t bytes_;
  std::mutex mutex_;
  std::shared_ptr<Segment> segment_;
  uint64_t made_;  // highest number that exists
};

// Reads a segment through a window that grows while reading goes on forward, so that single reads
// are small and scans are fast.
class SegmentReader {
 public:
  // Reads nothing at or behind `limit`.
  SegmentReader(const File& file, uint64_t limit) : file_(file), limit_(limit) {}
  void set_limit(uint64_t limit) { limit_ = limit; }
  uint64_t limit() const { return limit_; }
  void forget();  // what was read before; the file may have changed since

  // Up to `size` bytes from `offset`, fewer only at the limit. Valid until the next call.
  Result<std::string_view> bytes(uint64_t offset, size_t size);

  enum class Found { kRecord, kEnd, kDamage };
  // The record at `offset`. kEnd: no record begins here (zero length, or no room for one).
  Result<Found> record(uint64_t offset, Record& record);

  // First offset from `from` on that does not hold zero; nullopt: all is zero up to the limit.
  Result<std::optional<uint64_t>> first_nonzero(uint64_t from);
  // Behind the last byte from `from` on that is not zero; `from` when all is zero.
  Result<uint64_t> end_of_nonzero(uint64_t from);
  // First whole record at or behind `from` whose group begins at or behind `group_from`.
  Result<std::optional<uint64_t>> find_record(uint64_t from, uint64_t group_from, Record& record);

 private:
  const File& file_;
  uint64_t limit_;
  std::string window_;
  uint64_t window_at_ = 0;
  size_t reach_ = 0;  // how much to read next
};

}  // namespace rapport::store
