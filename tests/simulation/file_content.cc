#include "simulation/file_content.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace rapport::simulation {

void SparseBytes::resize(uint64_t size) {
  if (size < size_) {
    pages_.erase(pages_.lower_bound((size + kPage - 1) / kPage), pages_.end());
    const auto last = pages_.find(size / kPage);
    if (last != pages_.end()) {
      const auto kept = static_cast<ptrdiff_t>(size % kPage);
      std::fill(last->second.begin() + kept, last->second.end(), '\0');
    }
  }
  size_ = size;
}

size_t SparseBytes::read(uint64_t offset, std::span<char> out) const {
  if (offset >= size_) return 0;
  const size_t total = std::min<uint64_t>(out.size(), size_ - offset);
  for (size_t done = 0; done < total;) {
    const uint64_t at = offset + done;
    const size_t n = std::min<uint64_t>(kPage - at % kPage, total - done);
    const auto page = pages_.find(at / kPage);
    if (page == pages_.end()) {
      std::memset(out.data() + done, 0, n);
    } else {
      std::memcpy(out.data() + done, page->second.data() + at % kPage, n);
    }
    done += n;
  }
  return total;
}

void SparseBytes::write(uint64_t offset, std::string_view bytes) {
  size_ = std::max(size_, offset + bytes.size());
  while (!bytes.empty()) {
    const size_t n = std::min<uint64_t>(kPage - offset % kPage, bytes.size());
    const auto [page, is_new] = pages_.try_emplace(offset / kPage);
    if (is_new) page->second.fill('\0');
    std::memcpy(page->second.data() + offset % kPage, bytes.data(), n);
    offset += n;
    bytes.remove_prefix(n);
  }
}

bool FileContent::Change::cuts(uint64_t sector) const {
  return shrinks() && (sector + 1) * kSector > size_after;
}

bool FileContent::Change::writes(uint64_t sector) const {
  return offset < (sector + 1) * kSector && offset + bytes.size() > sector * kSector;
}

void FileContent::write(uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  const uint64_t before = live_.size();
  live_.write(offset, bytes);
  changes_.push_back({offset, std::string(bytes), before, live_.size()});
}

void FileContent::resize(uint64_t size) {
  if (size == live_.size()) return;
  changes_.push_back({0, {}, live_.size(), size});
  live_.resize(size);
}

void FileContent::sync() {
  for (const Change& change : changes_) {
    if (change.bytes.empty()) {
      durable_.resize(change.size_after);
    } else {
      durable_.write(change.offset, change.bytes);
    }
  }
  changes_.clear();
}

void FileContent::flip_bit(uint64_t byte, unsigned bit) {
  for (SparseBytes* bytes : {&live_, &durable_}) {
    char c = 0;
    if (bytes->read(byte, {&c, 1}) == 0) continue;
    c = static_cast<char>(c ^ 1 << bit);
    bytes->write(byte, {&c, 1});
  }
}

// How many of the first changes have their effect on the size on disk: sizes are metadata and
// survive in order.
size_t FileContent::choose_size_change(SeededRandom& random) const {
  std::vector<size_t> places = {0};
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (changes_[i].size_after != changes_[i].size_before) places.push_back(i + 1);
  }
  return places[random.below(places.size())];
}

// A sector's content after a random number of the changes to it, as far as the surviving sizes
// allow: bytes written after a truncation are not there without it, nor those before it with it.
std::string FileContent::choose_sector(uint64_t sector, size_t sizes_kept,
                                       SeededRandom& random) const {
  size_t low = 0, high = changes_.size();
  std::vector<size_t> choices;
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (!changes_[i].cuts(sector)) continue;
    if (i < sizes_kept)
      low = i + 1;
    else
      high = std::min(high, i);
  }
  choices.push_back(low);
  for (size_t i = low; i < high; ++i) {
    if (changes_[i].writes(sector)) choices.push_back(i + 1);
  }
  const size_t kept = choices[random.below(choices.size())];

  const uint64_t start = sector * kSector;
  std::string content(kSector, '\0');
  durable_.read(start, content);
  for (size_t i = 0; i < kept; ++i) {
    const Change& change = changes_[i];
    if (change.cuts(sector)) {
      const uint64_t from = std::max(change.size_after, start) - start;
      std::fill(content.begin() + static_cast<ptrdiff_t>(from), content.end(), '\0');
    } else if (change.writes(sector)) {
      const uint64_t from = std::max(change.offset, start);
      const uint64_t to = std::min(change.offset + change.bytes.size(), start + kSector);
      content.replace(from - start, to - from, change.bytes, from - change.offset, to - from);
    }
  }
  return content;
}

void FileContent::lose_unsynced(SeededRandom& random) {
  if (changes_.empty()) return;
  const uint64_t fate = random.below(4);
  if (fate == 0) return sync();
  if (fate == 1) return changes_.clear();

  const size_t sizes_kept = choose_size_change(random);
  std::set<uint64_t> touched;
  for (const Change& change : changes_) {
    if (change.bytes.empty()) continue;
    const uint64_t last = (change.offset + change.bytes.size() - 1) / kSector;
    for (uint64_t s = change.offset / kSector; s <= last; ++s) touched.insert(s);
  }
  std::map<uint64_t, std::string> chosen;
  for (uint64_t s : touched) chosen[s] = choose_sector(s, sizes_kept, random);
  uint64_t size = durable_.size();
  for (size_t i = 0; i < sizes_kept; ++i) {
    size = changes_[i].size_after;
    if (changes_[i].shrinks()) durable_.resize(std::min(durable_.size(), size));
  }
  for (const auto& [s, content] : chosen) durable_.write(s * kSector, content);
  durable_.resize(size);
  changes_.clear();
}

void FileContent::power_cut(SeededRandom& random) {
  lose_unsynced(random);
  live_ = durable_;
}

}  // namespace rapport::simulation
