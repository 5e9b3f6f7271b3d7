// Checking a whole log without opening it for writing.
#include <fmt/format.h>

#include <numeric>

#include "store/log_damage.h"

namespace rapport::store {
namespace {

constexpr uint64_t kProgressStep = 4 << 20;
constexpr int kTries = 3;  // reads of a tail that a live server may be writing

class Check {
 public:
  Check(Disk& disk, const std::string& folder, const Progress& progress,
        const std::map<WorkspaceId, Head>& known, const Visit& visit)
      : disk_(disk), folder_(folder), progress_(progress), known_(known), visit_(visit) {}
  Result<LogReport> run();

 private:
  void expect_all_segments();
  void expect_known_heads();
  Result<void> check_segment(uint64_t number);
  void take(const Record& record, uint64_t offset, std::string_view bytes);
  void settle_tails(uint64_t group);
  bool explains_gap(WorkspaceId workspace, Sequence due);
  // What stands at `offset`, read again when a live server may just be writing it.
  Result<SegmentReader::Found> look(SegmentReader& reader, uint64_t offset, Record& record);
  // Notes what is wrong at the end of the readable records; where the next record begins, if any.
  Result<std::optional<uint64_t>> step_over(SegmentReader& reader, uint64_t offset,
                                            SegmentReader::Found found);
  void note(uint64_t offset, WorkspaceId workspace, Sequence sequence, std::string what);
  void progress(uint64_t offset);

  Disk& disk_;
  const std::string& folder_;
  const Progress& progress_;
  const std::map<WorkspaceId, Head>& known_;
  const Visit& visit_;
  std::vector<uint64_t> numbers_, sizes_;
  uint64_t all_bytes_ = 0, bytes_before_ = 0, shown_ = 0;
  uint64_t number_ = 0;
  std::string file_;
  std::unordered_map<WorkspaceId, Head> heads_;
  size_t suspected_ = 0;       // the finding of the last damage
  WorkspaceId suspect_;        // whose event the last damage is thought to be
  bool suspect_open_ = false;  // a gap in that workspace is explained by the damage
  bool guessed_ = false;       // nothing but the damaged bytes says that the workspace exists
  std::vector<size_t> tails_;  // findings behind which no later group was seen so far
  LogReport report_;
};

Result<LogReport> Check::run() {
  TRY_ASSIGN(numbers_, list_segments(disk_, folder_));
  for (uint64_t number : numbers_) {
    TRY_ASSIGN(const auto file, disk_.open(segment_path(folder_, number), OpenMode::kRead));
    TRY_ASSIGN(const uint64_t size, file->size());
    sizes_.push_back(size);
  }
  all_bytes_ = std::accumulate(sizes_.begin(), sizes_.end(), uint64_t{0});
  expect_all_segments();
  for (size_t i = 0; i < numbers_.size(); ++i) {
    TRY(check_segment(numbers_[i]));
    bytes_before_ += sizes_[i];
    progress(0);
    ++report_.segments;
  }
  report_.heads = {heads_.begin(), heads_.end()};
  expect_known_heads();
  return std::move(report_);
}

void Check::expect_all_segments() {
  uint64_t due = kFirstSegment;
  for (uint64_t number : numbers_) {
    for (; due < number; ++due) {
      file_ = segment_path(folder_, due);
      note(0, {}, {}, "the segment is missing");
    }
    ++due;
  }
}

void Check::expect_known_heads() {
  file_ = folder_;
  for (const auto& [workspace, head] : known_) {
    const uint64_t last = heads_[workspace].sequence.value;
    if (last < head.sequence.value)
      note(0, workspace, {last + 1},
           fmt::format("the log ends at event {}, but event {} was there before", last,
                       head.sequence.value));
  }
}

Result<void> Check::check_segment(uint64_t number) {
  number_ = number;
  file_ = segment_path(folder_, number);
  TRY_ASSIGN(const auto file, disk_.open(file_, OpenMode::kRead));
  TRY_ASSIGN(const uint64_t size, file->size());
  SegmentReader reader(*file, size);
  uint64_t offset = 0;
  for (;;) {
    Record record;
    TRY_ASSIGN(const SegmentReader::Found found, look(reader, offset, record));
    if (found == SegmentReader::Found::kRecord) {
      TRY_ASSIGN(const std::string_view bytes, reader.bytes(offset, record.size));
      settle_tails(record.group);
      take(record, offset, bytes);
      offset += record.size;
      report_.bytes += record.size;
      progress(offset);
      continue;
    }
    TRY_ASSIGN(const auto next, step_over(reader, offset, found));
    if (!next) return {};
    offset = *next;
  }
}

Result<SegmentReader::Found> Check::look(SegmentReader& reader, uint64_t offset, Record& record) {
  for (int i = 1;; ++i) {
    TRY_ASSIGN(const SegmentReader::Found found, reader.record(offset, record));
    if (found != SegmentReader::Found::kDamage || i == kTries) return found;
    reader.forget();
  }
}

Result<std::optional<uint64_t>> Check::step_over(SegmentReader& reader, uint64_t offset,
                                                 SegmentReader::Found found) {
  TRY_ASSIGN(const auto dirty, reader.first_nonzero(offset));
  if (!dirty) return std::optional<uint64_t>();
  if (found == SegmentReader::Found::kEnd) {
    // A live server may have gone on writing since the end was read.
    Record record;
    reader.forget();
    TRY_ASSIGN(found, reader.record(offset, record));
    if (found == SegmentReader::Found::kRecord) return std::optional(offset);
  }
  Record record;
  TRY_ASSIGN(const auto next, reader.find_record(offset + 1, 0, record));
  if (found == SegmentReader::Found::kEnd && !next && *dirty >= offset + kRecordHeader) {
    note(*dirty, {}, {}, "unused space is not zero");
  } else {
    const Suspect suspect = name_damage(reader, offset, heads_);
    note(offset, suspect.workspace, suspect.sequence, "the bytes of the event were changed");
    suspect_ = suspect.workspace;
    suspect_open_ = true;
    guessed_ = !suspect.proven && !heads_.contains(suspect.workspace);
  }
  report_.findings.back().at_tail = true;
  suspected_ = report_.findings.size() - 1;
  tails_.push_back(report_.findings.size() - 1);
  return next;
}

// A record of a later group or segment proves that what lies before it was once synced.
void Check::settle_tails(uint64_t group) {
  std::erase_if(tails_, [&](size_t i) {
    LogFinding& finding = report_.findings[i];
    finding.at_tail = finding.file == file_ && group <= finding.offset;
    return !finding.at_tail;
  });
}

void Check::take(const Record& record, uint64_t offset, std::string_view bytes) {
  const Envelope& e = record.envelope;
  ++report_.records;
  Head& head = heads_[e.workspace];
  const Sequence due{head.sequence.value + 1};
  if (e.sequence != due) {
    if (e.sequence < due)
      note(offset, e.workspace, due, "an event is there twice or out of order");
    else if (!explains_gap(e.workspace, due))
      note(offset, e.workspace, due, "events are missing");
  } else if (chain_of(bytes, head.chain, e.workspace, due) != e.chain) {
    note(offset, e.workspace, due,
         "the event or one before it was replaced: the chain of hashes does not fit");
  } else if (suspect_ == e.workspace) {
    guessed_ = true;  // it was none of this workspace's
  }
  head = {e.sequence, e.chain, e.received_at};
  const auto known = known_.find(e.workspace);
  if (known != known_.end() && known->second.sequence == e.sequence &&
      known->second.chain != e.chain)
    note(offset, e.workspace, e.sequence, "this is not the event that was here before");
  if (visit_) {
    Envelope placed = e;
    placed.position = position_of(number_, offset);
    placed.next = position_of(number_, offset + record.size);
    visit_(placed, record.sealed);
  }
}

// Whether the last damage explains that events from `due` on are missing in the workspace. What was
// only a guess so far becomes this workspace's.
bool Check::explains_gap(WorkspaceId workspace, Sequence due) {
  if (!suspect_open_ || (suspect_ != workspace && !guessed_)) return false;
  LogFinding& finding = report_.findings[suspected_];
  finding.workspace = workspace;
  finding.sequence = due;
  suspect_open_ = false;
  return true;
}

void Check::note(uint64_t offset, WorkspaceId workspace, Sequence sequence, std::string what) {
  report_.findings.push_back({file_, offset, workspace, sequence, std::move(what)});
}

void Check::progress(uint64_t offset) {
  const uint64_t done = bytes_before_ + offset;
  if (!progress_ || (offset != 0 && done - shown_ < kProgressStep)) return;
  shown_ = done;
  progress_(done, all_bytes_);
}

}  // namespace

Result<LogReport> check_log(Disk& disk, const std::string& folder, const Progress& progress,
                            const std::map<WorkspaceId, Head>& known, const Visit& visit) {
  return Check(disk, folder, progress, known, visit).run();
}

}  // namespace rapport::store
