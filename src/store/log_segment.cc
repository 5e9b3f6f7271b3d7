#include "store/log_segment.h"

#include <fmt/format.h>

#include <algorithm>

namespace rapport::store {
namespace {

constexpr std::string_view kSuffix = ".seg";
constexpr size_t kDigits = 20;
constexpr size_t kSmallWindow = 8 << 10;
constexpr size_t kLargeWindow = 1 << 20;

std::optional<uint64_t> number_of(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  uint64_t n = 0;
  for (char c : name.substr(0, kDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + static_cast<uint64_t>(c - '0');
  }
  return n;
}

Result<void> fill_segment(Disk& disk, const std::string& folder, File& file, uint64_t bytes) {
  TRY_ASSIGN(const uint64_t size, file.size());
  if (size >= bytes) return {};
  TRY(file.allocate(bytes));
  TRY(file.sync());
  return disk.sync_folder(folder);
}

}  // namespace

std::string segment_path(const std::string& folder, uint64_t number) {
  return fmt::format("{}/{:020}{}", folder, number, kSuffix);
}

Result<std::vector<uint64_t>> list_segments(Disk& disk, const std::string& folder) {
  TRY_ASSIGN(const std::vector<std::string> names, disk.list(folder));
  std::vector<uint64_t> numbers;
  for (const std::string& name : names) {
    if (const auto n = number_of(name)) numbers.push_back(*n);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<std::shared_ptr<Segment>> make_segment(Disk& disk, const std::string& folder,
                                              uint64_t number, uint64_t bytes) {
  auto segment = std::make_shared<Segment>();
  segment->number = number;
  const std::string path = segment_path(folder, number);
  auto file = disk.open(path, OpenMode::kCreate);
  if (!file.ok()) {
    const Error& e = file.error();
    return Error{e.code == Code::kIo ? Code::kUnavailable : e.code, e.message, Retryable::kYes};
  }
  segment->file = std::move(*file);
  segment->bytes = bytes;
  Result<void> filled = fill_segment(disk, folder, *segment->file, bytes);
  if (filled.ok()) return segment;
  if (filled.error().code == Code::kDiskFull) {
    segment->file.reset();
    disk.remove(path).ignore("an empty file is taken when there is space again");
  }
  return std::move(filled).error();
}

Result<void> SegmentAhead::ensure() {
  const std::lock_guard lock(mutex_);
  if (segment_) return {};
  TRY_ASSIGN(segment_, make_segment(disk_, folder_, made_ + 1, bytes_));
  ++made_;
  return {};
}

std::shared_ptr<Segment> SegmentAhead::take() {
  const std::lock_guard lock(mutex_);
  return std::move(segment_);
}

void SegmentReader::forget() {
  window_.clear();
  reach_ = 0;
}

Result<std::string_view> SegmentReader::bytes(uint64_t offset, size_t size) {
  if (offset >= limit_) return std::string_view();
  size = std::min<uint64_t>(size, limit_ - offset);
  const uint64_t window_end = window_at_ + window_.size();
  if (offset < window_at_ || offset + size > window_end) {
    const bool forward = !window_.empty() && offset >= window_at_ && offset <= window_end;
    reach_ = forward ? std::min(reach_ * 4, kLargeWindow) : kSmallWindow;
    const uint64_t want = std::min<uint64_t>(std::max(size, reach_), limit_ - offset);
    window_.resize(want);
    window_at_ = offset;
    auto got = file_.read(offset, {window_.data(), want});
    window_.resize(got.ok() ? *got : 0);
    if (!got.ok()) return std::move(got).error();
  }
  return std::string_view(window_).substr(offset - window_at_, size);
}

Result<SegmentReader::Found> SegmentReader::record(uint64_t offset, Record& record) {
  TRY_ASSIGN(std::string_view start, bytes(offset, kRecordHeader));
  if (start.size() < kRecordPrefix) return Found::kEnd;
  const uint64_t size = record_size(start);
  if (size == 0) return Found::kEnd;
  if (size < kRecordHeader || size > limit_ - offset) return Found::kDamage;
  TRY_ASSIGN(const std::string_view whole, bytes(offset, size));
  if (!decode_record(whole, record) || record.group > offset) return Found::kDamage;
  return Found::kRecord;
}

Result<std::optional<uint64_t>> SegmentReader::first_nonzero(uint64_t from) {
  for (uint64_t at = from; at < limit_;) {
    TRY_ASSIGN(const std::string_view part, bytes(at, kLargeWindow));
    if (part.empty()) break;
    const size_t i = part.find_first_not_of('\0');
    if (i != std::string_view::npos) return std::optional(at + i);
    at += part.size();
  }
  return std::optional<uint64_t>();
}

Result<uint64_t> SegmentReader::end_of_nonzero(uint64_t from) {
  uint64_t end = from;
  for (uint64_t at = from; at < limit_;) {
    TRY_ASSIGN(const std::string_view part, bytes(at, kLargeWindow));
    if (part.empty()) break;
    const size_t i = part.find_last_not_of('\0');
    if (i != std::string_view::npos) end = at + i + 1;
    at += part.size();
  }
  return end;
}

Result<std::optional<uint64_t>> SegmentReader::find_record(uint64_t from, uint64_t group_from,
                                                           Record& record) {
  for (uint64_t at = from; at + kRecordHeader <= limit_;) {
    TRY_ASSIGN(const std::string_view part, bytes(at, kLargeWindow));
    if (part.size() < kRecordLook) break;
    const size_t starts = part.size() - kRecordLook + 1;
    size_t i = 0;
    while (i < starts && !looks_like_record(part.substr(i))) ++i;
    at += i;
    if (i == starts) continue;
    TRY_ASSIGN(const Found found, this->record(at, record));
    if (found == Found::kRecord && record.group >= group_from) return std::optional(at);
    ++at;
  }
  return std::optional<uint64_t>();
}

}  // namespace rapport::store
