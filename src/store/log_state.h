// What log.cc, log_recover.cc and log_reader.cc share.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "store/log_segment.h"

namespace rapport::store {

// Times of receipt: the wall clock, unless it jumps forward against the monotonic one.
class ReceiptClock {
 public:
  ReceiptClock(const Clock& clock, Micros forward_jump)
      : clock_(clock), jump_(forward_jump), wall_(clock.now()), monotonic_(clock.monotonic()) {}
  Micros now();
  bool jumped() const { return jumped_; }

 private:
  const Clock& clock_;
  Micros jump_;
  Micros wall_, monotonic_;  // last pair that was believed
  bool jumped_ = false;
};

// What a scan of the log found: where it goes on.
struct LogTail {
  std::shared_ptr<Segment> segment;
  uint64_t offset = 0;
  uint64_t first_segment = kFirstSegment;
  std::unordered_map<WorkspaceId, Head> heads;
};
Result<LogTail> recover_log(const LogOptions& options, Disk& disk, const LogPoint& from,
                            const Log::Found& found);

struct Log::State {
  State(LogOptions o, Disk& d, Clock& c, Failpoints& f, Metrics& m, LogTail tail);

  struct Slot {
    Head staged, committed;
    uint64_t touched_in = 0;  // the group that last changed it
  };
  struct Part {
    std::shared_ptr<Segment> segment;
    uint64_t offset = 0;
    std::string bytes;
  };
  struct Group {
    std::vector<Part> parts;
    std::vector<std::pair<WorkspaceId, Head>> heads;  // after it
    uint64_t records = 0;                             // staged since open, at its end
    uint64_t bytes = 0;
  };

  // All below: `mutex` is held, except in write().
  Result<void> make_room(size_t record_bytes);
  Result<void> ensure_next();
  void start_part();
  Group take_staged();
  Result<void> write(const Group& group);
  void publish(const Group& group);
  void write_group(std::unique_lock<std::mutex>& lock);
  void prepare_next(std::unique_lock<std::mutex>& lock);
  bool tried_lately() const;
  void break_down(const Error& error);
  Error broken_error() const;

  const LogOptions options;
  Disk& disk;
  Clock& clock;
  Failpoints& failpoints;
  const uint64_t first_segment;
  Counter& commits;
  Counter& records_written;
  Counter& bytes_written;
  Histogram& sync_seconds;
  Gauge& full_gauge;

  mutable std::mutex mutex;
  std::condition_variable turn;
  ReceiptClock receipt;
  std::unordered_map<WorkspaceId, Slot> slots;
  std::shared_ptr<Segment> segment;  // staged into
  SegmentAhead ahead;
  uint64_t offset = 0;  // where the next staged record goes
  std::vector<Part> parts;
  std::string spare;  // a buffer of an earlier part
  std::vector<WorkspaceId> touched;
  uint64_t group = 1;
  uint64_t records = 0, durable_records = 0;
  uint64_t bytes = 0;
  bool writing = false;
  bool prepared = false;  // the segment ahead is made or being made
  bool full = false;      // the last event found no room
  Micros full_at;         // monotonic, when a segment was last refused
  std::string broken_by;

  std::atomic<bool> broken{false};
  std::atomic<uint64_t> committed_end;
};

}  // namespace rapport::store
