// The append-only event log of one shard: preallocated segments, group commit, hash chains.
//
// File <folder>/<20-digit number>.seg, 64 MiB preallocated. A record is
//   u32 length of all that follows the crc | u32 CRC-32C of that | u8 format | u8 flags | u16 0
//   | u32 group (offset in this segment where the group of the write begins) | u32 workspace
//   | u64 sequence | i64 received_at | u64 subject | 16 B message hash | 32 B chain | sealed body
// little endian. chain = SHA-256(previous chain of the workspace | fields from format to message
// hash without group | sealed body); the first previous chain is 32 zero bytes. A length of zero
// ends a segment. A group is synced before the next one is written: so a damaged record with a
// valid record of a later group behind it is corruption, without one it is a torn tail.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/disk.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/metrics.h"

namespace rapport::store {

struct Envelope {
  WorkspaceId workspace;
  Sequence sequence;
  Micros received_at;  // never earlier than that of the record before it in this workspace
  SubjectId subject;
  Digest16 message{};  // keyed hash of the message id; all zero for none
  bool has_bindings = false;
  Hash chain{};       // of this record
  Position position;  // where it starts
  Position next;      // where the following record starts
};

struct Head {
  Sequence sequence;
  Hash chain{};
  Micros received_at;
  bool operator==(const Head&) const = default;
};

// A point of the log from which reading can start, with the heads of all workspaces there.
struct LogPoint {
  Position position;
  std::map<WorkspaceId, Head> heads;
};

struct LogOptions {
  std::string folder;
  uint64_t segment_bytes = 64ull << 20;
  Micros forward_jump = hours(1);  // a larger jump of the wall clock holds timers: clock_jumped()
};

struct NewRecord {
  WorkspaceId workspace;
  SubjectId subject;
  Digest16 message{};
  bool has_bindings = false;
  size_t sealed_bytes = 0;
  // Called once, under the log's lock, with the envelope up to `has_bindings` filled in; writes the
  // sealed body (AEAD context = context_of(envelope)) into its place.
  std::function<void(const Envelope&, std::span<char> sealed)> seal;
};
// Bytes that a sealed body is bound to: workspace, sequence, received_at, subject.
struct SealContext {
  std::array<char, 28> bytes;
  operator std::string_view() const { return {bytes.data(), bytes.size()}; }  // NOLINT: it is one
};
SealContext context_of(const Envelope& envelope);

class Log {
 public:
  // Scans from `from` (a point that was durable) to the end, gives every record found to `found`
  // in order, cuts a torn tail. Errors: kCorrupt naming workspace, sequence, file and offset.
  using Found = std::function<Result<void>(const Envelope&, std::string_view sealed)>;
  static Result<std::unique_ptr<Log>> open(LogOptions options, Disk& disk, Clock& clock,
                                           Failpoints& failpoints, Metrics& metrics,
                                           const LogPoint& from, const Found& found);
  ~Log();

  // Puts a record into the group that the next commit writes. Any thread. kDiskFull when no space
  // is left (nothing was staged; resumes by itself when there is space); kIo after a failed sync:
  // then the log is broken() for good and the process must stop.
  Result<Envelope> stage(NewRecord record);
  // Returns when everything staged before the call is on disk. Concurrent callers share a sync.
  // Readers see a record only after the commit that covers it has returned.
  Result<void> commit();

  bool broken() const;
  bool disk_full() const;
  size_t staged_bytes() const;
  // Committed head of a workspace; sequence 0 when it has no records.
  Head head(WorkspaceId workspace) const;
  LogPoint end() const;  // committed end
  // Set while the wall clock is more than forward_jump ahead of what the monotonic clock allows;
  // received times then advance by the monotonic clock.
  bool clock_jumped() const;
  // A workspace whose records are to be unreadable needs no more head; its records stay.
  void forget(WorkspaceId workspace);

  // Reads committed records in order from a position. Own file handles; any thread, one at a time.
  class Reader;
  std::unique_ptr<Reader> read(Position from) const;

 private:
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Log::Reader {
 public:
  virtual ~Reader() = default;
  // Next record, or nullopt at the committed end (call again later). `sealed` is valid until the
  // next call. Checks the CRC of every record, not the chain.
  struct Item {
    Envelope envelope;
    std::string_view sealed;
  };
  virtual Result<std::optional<Item>> next() = 0;
  virtual void seek(Position position) = 0;
};

// Reads a log folder without opening it for writing (offline, or beside a live server up to its
// last whole group) and checks everything: lengths, CRC, chain, sequences without gaps, zero bytes
// in unused space, segment numbers. The finding names the first bad workspace and sequence.
struct LogFinding {
  std::string file;
  uint64_t offset = 0;
  WorkspaceId workspace;
  Sequence sequence;  // the first that is bad or missing
  std::string what;
  // No later group follows: this can also be a write that a crash cut off and that was never
  // acknowledged. The next start of the server cuts it.
  bool at_tail = false;
};
struct LogReport {
  uint64_t records = 0, bytes = 0, segments = 0;
  std::map<WorkspaceId, Head> heads;
  std::vector<LogFinding> findings;  // empty: all is well
};
using Progress = std::function<void(uint64_t done_bytes, uint64_t all_bytes)>;
// `known`: heads seen earlier (signed, or of a backup); that the log does not hold one of them is a
// finding too. `visit`, if given, gets every whole record in order.
using Visit = std::function<void(const Envelope&, std::string_view sealed)>;
Result<LogReport> check_log(Disk& disk, const std::string& folder, const Progress& progress,
                            const std::map<WorkspaceId, Head>& known = {},
                            const Visit& visit = nullptr);

}  // namespace rapport::store
