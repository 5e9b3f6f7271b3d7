// Reading the committed part of a log.
#include <fmt/format.h>

#include "store/log_state.h"

namespace rapport::store {
namespace {

class CommittedReader final : public Log::Reader {
 public:
  CommittedReader(Disk& disk, std::string folder, uint64_t first_segment,
                  const std::atomic<uint64_t>& end, Position from)
      : disk_(disk), folder_(std::move(folder)), first_(first_segment), end_(end) {
    seek(from);
  }

  Result<std::optional<Item>> next() override;
  void seek(Position position) override { position_ = std::max(position, position_of(first_, 0)); }

 private:
  Result<void> open(uint64_t number, uint64_t limit);
  Error damaged(std::string_view what) const;

  Disk& disk_;
  const std::string folder_;
  const uint64_t first_;
  const std::atomic<uint64_t>& end_;
  Position position_;
  uint64_t number_ = 0;  // of the open segment, 0: none
  std::unique_ptr<File> file_;
  std::optional<SegmentReader> reader_;
};

Result<std::optional<Log::Reader::Item>> CommittedReader::next() {
  for (;;) {
    const Position end{end_};
    if (position_ >= end) return std::optional<Item>();
    const uint64_t number = segment_of(position_);
    const bool closed = number < segment_of(end);
    TRY(open(number, closed ? ~uint64_t{0} : offset_of(end)));
    Record record;
    const uint64_t offset = offset_of(position_);
    TRY_ASSIGN(const SegmentReader::Found found, reader_->record(offset, record));
    if (found == SegmentReader::Found::kEnd && closed) {
      position_ = position_of(number + 1, 0);
      continue;
    }
    if (found != SegmentReader::Found::kRecord) return damaged("the bytes were changed");
    record.envelope.position = position_;
    position_ = position_of(number, offset + record.size);
    record.envelope.next = position_;
    return std::optional<Item>({record.envelope, record.sealed});
  }
}

Result<void> CommittedReader::open(uint64_t number, uint64_t limit) {
  if (number_ != number) {
    number_ = 0;
    reader_.reset();
    TRY_ASSIGN(file_, disk_.open(segment_path(folder_, number), OpenMode::kRead));
    reader_.emplace(*file_, 0);
    number_ = number;
  }
  if (limit == ~uint64_t{0}) {
    TRY_ASSIGN(limit, file_->size());
  }
  reader_->set_limit(limit);
  return {};
}

Error CommittedReader::damaged(std::string_view what) const {
  const std::string file = segment_path(folder_, segment_of(position_));
  return corrupt(fmt::format("the event log cannot be read at offset {} of '{}': {}. Run `rapport "
                             "verify` and restore the last backup",
                             offset_of(position_), file, what),
                 fmt::format("{}:{}", file, offset_of(position_)));
}

}  // namespace

std::unique_ptr<Log::Reader> Log::read(Position from) const {
  return std::make_unique<CommittedReader>(state_->disk, state_->options.folder,
                                           state_->first_segment, state_->committed_end, from);
}

}  // namespace rapport::store
