#include "store/log.h"

#include <fmt/format.h>

#include "store/log_state.h"

namespace rapport::store {
namespace {

// How often a full disk is asked again.
constexpr Micros kFullPause = millis(100);
// Larger buffers are not kept for the next group.
constexpr size_t kSpareBytes = 4 << 20;

Error full_error() {
  return {Code::kDiskFull,
          "the disk that holds the event log is full: free space on it; accepting resumes by "
          "itself within a second",
          Retryable::kYes};
}

}  // namespace

Micros ReceiptClock::now() {
  const Micros wall = clock_.now();
  const Micros monotonic = clock_.monotonic();
  const Micros expected = wall_ + (monotonic - monotonic_);
  jumped_ = wall > expected + jump_;
  if (jumped_) return expected;
  wall_ = wall;
  monotonic_ = monotonic;
  return wall;
}

Log::State::State(LogOptions o, Disk& d, Clock& c, Failpoints& f, Metrics& m, LogTail tail)
    : options(std::move(o)),
      disk(d),
      clock(c),
      failpoints(f),
      first_segment(tail.first_segment),
      commits(m.counter("rapport_log_commits_total", "Groups of events written and synced")),
      records_written(m.counter("rapport_log_events_total", "Events written to the log")),
      bytes_written(m.counter("rapport_log_bytes_total", "Bytes written to the log")),
      sync_seconds(m.histogram("rapport_log_sync_seconds", "Time to write and sync a group")),
      full_gauge(
          m.gauge("rapport_log_disk_full", "1 while no event is accepted for want of space")),
      receipt(c, options.forward_jump),
      segment(std::move(tail.segment)),
      ahead(d, options.folder, options.segment_bytes, segment->number),
      offset(tail.offset),
      committed_end(position_of(segment->number, tail.offset).value) {
  for (const auto& [workspace, head] : tail.heads) slots[workspace] = {head, head, 0};
}

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(LogOptions options, Disk& disk, Clock& clock,
                                       Failpoints& failpoints, Metrics& metrics,
                                       const LogPoint& from, const Found& found) {
  CHECK(options.segment_bytes >= 4096 && options.segment_bytes < uint64_t{1} << 32);
  TRY_ASSIGN(LogTail tail, recover_log(options, disk, from, found));
  return std::unique_ptr<Log>(new Log(std::make_unique<State>(
      std::move(options), disk, clock, failpoints, metrics, std::move(tail))));
}

// --- staging

Result<Envelope> Log::stage(NewRecord record) {
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  if (s.broken) return s.broken_error();
  State::Slot& slot = s.slots[record.workspace];
  Envelope e;
  e.workspace = record.workspace;
  e.sequence = {slot.staged.sequence.value + 1};
  e.received_at = std::max(slot.staged.received_at, s.receipt.now());
  e.subject = record.subject;
  e.message = record.message;
  e.has_bindings = record.has_bindings;
  const size_t size = kRecordHeader + record.sealed_bytes;
  TRY(s.make_room(size));

  State::Part& part = s.parts.back();
  part.bytes.resize(part.bytes.size() + size);
  const std::span<char> bytes = std::span(part.bytes).last(size);
  record.seal(e, bytes.subspan(kRecordHeader));
  e.chain = complete_record(bytes, e, static_cast<uint32_t>(part.offset), slot.staged.chain);
  e.position = position_of(s.segment->number, s.offset);
  s.offset += size;
  e.next = position_of(s.segment->number, s.offset);
  s.bytes += size;
  ++s.records;
  slot.staged = {e.sequence, e.chain, e.received_at};
  if (slot.touched_in != s.group) {
    slot.touched_in = s.group;
    s.touched.push_back(record.workspace);
  }
  return e;
}

// Leaves a part at the end of `parts` into which the record fits.
Result<void> Log::State::make_room(size_t record_bytes) {
  if (record_bytes > options.segment_bytes)
    return Error{Code::kTooLarge, fmt::format("an event of {} bytes is larger than a segment of "
                                              "the log ({} bytes)",
                                              record_bytes, options.segment_bytes)};
  if (offset + record_bytes > segment->bytes) {
    TRY(ensure_next());
    segment = ahead.take();
    prepared = false;
    offset = 0;
    start_part();
  } else if (parts.empty()) {
    start_part();
  }
  return {};
}

void Log::State::start_part() {
  parts.push_back({segment, offset, std::move(spare)});
  parts.back().bytes.clear();
  spare = {};
}

bool Log::State::tried_lately() const {
  return full_at.value != 0 && clock.monotonic() - full_at < kFullPause;
}

Result<void> Log::State::ensure_next() {
  if (full && tried_lately()) return full_error();
  const Result<void> made = ahead.ensure();
  full = !made.ok() && made.error().code == Code::kDiskFull;
  full_gauge.set(full ? 1 : 0);
  if (made.ok()) return {};
  if (full) {
    full_at = clock.monotonic();
    return full_error();
  }
  if (made.error().code != Code::kIo) return made.error();
  break_down(made.error());
  return broken_error();
}

// --- committing

Result<void> Log::commit() {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  if (s.broken) return s.broken_error();
  const uint64_t target = s.records;
  while (s.durable_records < target) {
    if (s.broken) return s.broken_error();
    if (s.writing)
      s.turn.wait(lock);
    else
      s.write_group(lock);
  }
  s.prepare_next(lock);
  return {};
}

// Writes all that is staged; other threads stage on meanwhile.
void Log::State::write_group(std::unique_lock<std::mutex>& lock) {
  writing = true;
  Group taken = take_staged();
  lock.unlock();
  const Result<void> written = write(taken);
  lock.lock();
  writing = false;
  if (written.ok())
    publish(taken);
  else
    break_down(written.error());
  std::string& buffer = taken.parts.back().bytes;
  if (buffer.capacity() > spare.capacity() && buffer.capacity() <= kSpareBytes)
    spare = std::move(buffer);
  turn.notify_all();
}

Log::State::Group Log::State::take_staged() {
  Group taken;
  taken.parts = std::move(parts);
  parts.clear();
  taken.heads.reserve(touched.size());
  for (WorkspaceId workspace : touched) {
    const auto it = slots.find(workspace);
    if (it != slots.end()) taken.heads.emplace_back(workspace, it->second.staged);
  }
  touched.clear();
  ++group;
  taken.records = records;
  taken.bytes = bytes;
  return taken;
}

// A part of one segment is synced before the next one is written, like a group of its own.
Result<void> Log::State::write(const Group& group) {
  const Micros start = clock.monotonic();
  failpoints.reach("append.before_write");
  for (const Part& part : group.parts) {
    TRY(part.segment->file->write(part.offset, part.bytes));
    failpoints.reach("append.after_write");
    TRY(part.segment->file->sync());
  }
  failpoints.reach("append.after_sync");
  sync_seconds.observe(static_cast<double>((clock.monotonic() - start).value) / 1e6);
  return {};
}

void Log::State::publish(const Group& group) {
  for (const auto& [workspace, head] : group.heads) {
    const auto it = slots.find(workspace);
    if (it != slots.end()) it->second.committed = head;
  }
  uint64_t size = 0;
  for (const Part& part : group.parts) size += part.bytes.size();
  commits.add();
  bytes_written.add(size);
  records_written.add(group.records - durable_records);
  durable_records = group.records;
  bytes -= size;
  const Part& last = group.parts.back();
  committed_end = position_of(last.segment->number, last.offset + last.bytes.size()).value;
}

// Makes the next segment ahead of need, without holding up those who stage.
void Log::State::prepare_next(std::unique_lock<std::mutex>& lock) {
  if (prepared || broken || offset < segment->bytes / 4 * 3 || tried_lately()) return;
  prepared = true;
  const uint64_t present = segment->number;
  lock.unlock();
  const Result<void> made = ahead.ensure();
  lock.lock();
  if (made.ok()) return;
  if (segment->number == present) prepared = false;
  full_at = clock.monotonic();
  if (made.error().code == Code::kIo) break_down(made.error());
}

void Log::State::break_down(const Error& error) {
  if (!broken) broken_by = error.message;
  broken = true;
  turn.notify_all();
}

Error Log::State::broken_error() const {
  return {Code::kIo,
          "the event log could not be written and takes nothing more; the server must stop and "
          "recovers at its next start. Cause: " +
              broken_by};
}

// --- asking

bool Log::broken() const {
  return state_->broken;
}

bool Log::disk_full() const {
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  if (s.full && !s.broken) s.ensure_next().ignore("a disk that is still full stays noted as such");
  return s.full;
}

size_t Log::staged_bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->bytes;
}

Head Log::head(WorkspaceId workspace) const {
  const std::lock_guard lock(state_->mutex);
  const auto it = state_->slots.find(workspace);
  return it == state_->slots.end() ? Head() : it->second.committed;
}

LogPoint Log::end() const {
  const std::lock_guard lock(state_->mutex);
  LogPoint point;
  point.position = {state_->committed_end};
  for (const auto& [workspace, slot] : state_->slots) {
    if (slot.committed.sequence.value != 0) point.heads[workspace] = slot.committed;
  }
  return point;
}

bool Log::clock_jumped() const {
  const std::lock_guard lock(state_->mutex);
  state_->receipt.now();
  return state_->receipt.jumped();
}

void Log::forget(WorkspaceId workspace) {
  const std::lock_guard lock(state_->mutex);
  const auto it = state_->slots.find(workspace);
  if (it == state_->slots.end()) return;
  const bool on_its_way = it->second.staged.sequence != it->second.committed.sequence;
  if (!on_its_way) state_->slots.erase(it);
}

}  // namespace rapport::store
