// Opening a log: checks what is there, tells it to the caller, and cuts a torn tail.
#include <fmt/format.h>

#include "store/log_damage.h"
#include "store/log_state.h"

namespace rapport::store {
namespace {

class Recovery {
 public:
  Recovery(const LogOptions& options, Disk& disk, const LogPoint& from, const Log::Found& found)
      : options_(options), disk_(disk), from_(from), found_(found) {
    for (const auto& [workspace, head] : from.heads) tail_.heads[workspace] = head;
  }

  Result<LogTail> run();

 private:
  using Heads = std::unordered_map<WorkspaceId, Head>;

  Result<void> choose_segments();
  Result<std::shared_ptr<Segment>> open_segment(uint64_t number);
  // Where the records of the segment end.
  Result<uint64_t> scan(const Segment& segment);
  Result<void> take(const Record& record);
  // Refuses when a later group proves that the bytes at the end of the scan were once synced.
  Result<void> expect_torn(size_t index, const Segment& segment, uint64_t end);
  Result<void> clear_from(const Segment& segment, uint64_t offset);
  Error damaged(uint64_t segment, uint64_t offset, std::string_view what, WorkspaceId workspace,
                Sequence sequence) const;
  Error damaged_at(const Segment& segment, uint64_t offset, const Heads& heads) const;

  const LogOptions& options_;
  Disk& disk_;
  const LogPoint& from_;
  const Log::Found& found_;
  std::vector<uint64_t> numbers_;
  LogTail tail_;
  Heads stepped_over_;  // at the records before `from_` that were read so far
};

Result<LogTail> Recovery::run() {
  TRY(disk_.make_folders(options_.folder));
  TRY_ASSIGN(numbers_, list_segments(disk_, options_.folder));
  if (numbers_.empty() && from_.position.value == 0) {
    TRY_ASSIGN(tail_.segment,
               make_segment(disk_, options_.folder, kFirstSegment, options_.segment_bytes));
    return std::move(tail_);
  }
  TRY(choose_segments());
  TRY(disk_.sync_folder(options_.folder));
  for (size_t i = 0; i < numbers_.size(); ++i) {
    TRY_ASSIGN(const auto segment, open_segment(numbers_[i]));
    // What is read may come from the page cache: a power cut must not take it back.
    TRY(segment->file->sync());
    TRY_ASSIGN(const uint64_t end, scan(*segment));
    SegmentReader rest(*segment->file, segment->bytes);
    TRY_ASSIGN(const auto dirty, rest.first_nonzero(end));
    if (dirty) {
      TRY(expect_torn(i, *segment, end));
      TRY(clear_from(*segment, end));
    }
    if (end == 0 && tail_.segment) continue;
    tail_.segment = segment;
    tail_.offset = end;
  }
  return std::move(tail_);
}

Result<void> Recovery::choose_segments() {
  const uint64_t first = from_.position.value == 0 ? kFirstSegment : segment_of(from_.position);
  std::erase_if(numbers_, [&](uint64_t n) { return n < first; });
  for (size_t i = 0; i <= numbers_.size(); ++i) {
    const bool missing = numbers_.empty() || (i < numbers_.size() && numbers_[i] != first + i);
    if (missing)
      return corrupt(
          fmt::format("the event log lacks the segment '{}': put the file back or "
                      "restore the last backup",
                      segment_path(options_.folder, first + i)));
  }
  return {};
}

Result<std::shared_ptr<Segment>> Recovery::open_segment(uint64_t number) {
  auto segment = std::make_shared<Segment>();
  segment->number = number;
  TRY_ASSIGN(segment->file,
             disk_.open(segment_path(options_.folder, number), OpenMode::kReadWrite));
  TRY_ASSIGN(segment->bytes, segment->file->size());
  return segment;
}

// Records before `from` are only stepped over, to be sure that `from` is where a record begins.
Result<uint64_t> Recovery::scan(const Segment& segment) {
  SegmentReader reader(*segment.file, segment.bytes);
  const uint64_t number = segment.number;
  uint64_t offset = 0;
  for (;;) {
    const Position here = position_of(number, offset);
    Record record;
    TRY_ASSIGN(const SegmentReader::Found found, reader.record(offset, record));
    const bool whole = found == SegmentReader::Found::kRecord;
    if (here < from_.position && segment_of(from_.position) == number &&
        (!whole || position_of(number, offset + record.size) > from_.position))
      return damaged_at(segment, offset, stepped_over_);
    if (!whole) return offset;
    record.envelope.position = here;
    record.envelope.next = position_of(number, offset + record.size);
    if (here >= from_.position) {
      TRY_ASSIGN(const std::string_view bytes, reader.bytes(offset, record.size));
      const WorkspaceId w = record.envelope.workspace;
      const Head& head = tail_.heads[w];
      const Sequence due{head.sequence.value + 1};
      if (record.envelope.sequence != due)
        return damaged(number, offset, "an event is missing", w, due);
      if (chain_of(bytes, head.chain, w, due) != record.envelope.chain)
        return damaged(number, offset, "the chain of hashes is broken", w, due);
      TRY(take(record));
    } else {
      const Envelope& e = record.envelope;
      stepped_over_[e.workspace] = {e.sequence, e.chain, e.received_at};
    }
    offset += record.size;
  }
}

Result<void> Recovery::take(const Record& record) {
  const Envelope& e = record.envelope;
  tail_.heads[e.workspace] = {e.sequence, e.chain, e.received_at};
  return found_ ? found_(e, record.sealed) : Result<void>();
}

Result<void> Recovery::expect_torn(size_t index, const Segment& segment, uint64_t end) {
  Record record;
  SegmentReader reader(*segment.file, segment.bytes);
  TRY_ASSIGN(const auto later, reader.find_record(end, end + 1, record));
  if (later) return damaged_at(segment, end, tail_.heads);
  for (size_t i = index + 1; i < numbers_.size(); ++i) {
    TRY_ASSIGN(const auto next, open_segment(numbers_[i]));
    SegmentReader behind(*next->file, next->bytes);
    TRY_ASSIGN(const auto any, behind.find_record(0, 0, record));
    if (any) return damaged_at(segment, end, tail_.heads);
  }
  return {};
}

Result<void> Recovery::clear_from(const Segment& segment, uint64_t offset) {
  SegmentReader reader(*segment.file, segment.bytes);
  TRY_ASSIGN(const uint64_t end, reader.end_of_nonzero(offset));
  constexpr uint64_t kStep = 1 << 20;
  for (uint64_t at = offset; at < end; at += kStep)
    TRY(segment.file->write(at, std::string(std::min(kStep, end - at), '\0')));
  return segment.file->sync();
}

Error Recovery::damaged(uint64_t segment, uint64_t offset, std::string_view what,
                        WorkspaceId workspace, Sequence sequence) const {
  const std::string file = segment_path(options_.folder, segment);
  return corrupt(fmt::format("the event log is damaged: {} (workspace {}, event {}, file '{}', "
                             "offset {}). Run `rapport verify` to see all damage and restore the "
                             "last backup",
                             what, workspace.value, sequence.value, file, offset),
                 fmt::format("{}:{}", file, offset));
}

Error Recovery::damaged_at(const Segment& segment, uint64_t offset, const Heads& heads) const {
  SegmentReader reader(*segment.file, segment.bytes);
  const Suspect suspect = name_damage(reader, offset, heads);
  return damaged(segment.number, offset, "bytes were changed", suspect.workspace, suspect.sequence);
}

}  // namespace

Result<LogTail> recover_log(const LogOptions& options, Disk& disk, const LogPoint& from,
                            const Log::Found& found) {
  return Recovery(options, disk, from, found).run();
}

}  // namespace rapport::store
