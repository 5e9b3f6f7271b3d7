// What a simulated file holds: what its user reads, and what would be there after a power cut.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "testing/fakes.h"

namespace rapport::simulation {

// Bytes with holes that read as zero, so that preallocated files cost nothing.
class SparseBytes {
 public:
  static constexpr uint64_t kPage = 4096;
  uint64_t size() const { return size_; }
  void resize(uint64_t size);
  size_t read(uint64_t offset, std::span<char> out) const;
  void write(uint64_t offset, std::string_view bytes);  // grows when needed

 private:
  std::map<uint64_t, std::array<char, kPage>> pages_;
  uint64_t size_ = 0;
};

// A file whose unsynced changes may or may not survive. The unit that survives is a sector: after
// a cut each holds what it held after one of the changes to it, chosen for each sector alone. So a
// write may be lost, be torn between sectors, or survive while an earlier one is lost.
class FileContent {
 public:
  static constexpr uint64_t kSector = 512;

  uint64_t size() const { return live_.size(); }
  size_t read(uint64_t offset, std::span<char> out) const { return live_.read(offset, out); }
  void write(uint64_t offset, std::string_view bytes);
  void resize(uint64_t size);
  void sync();
  void flip_bit(uint64_t byte, unsigned bit);

  // A failed sync: a random part of the unsynced changes is on disk, the rest never will be,
  // though reads still show it.
  void lose_unsynced(SeededRandom& random);
  void power_cut(SeededRandom& random);
  bool has_unsynced() const { return !changes_.empty(); }

 private:
  struct Change {
    uint64_t offset;
    std::string bytes;  // empty: the size alone changes
    uint64_t size_before, size_after;
    bool shrinks() const { return size_after < size_before; }
    bool cuts(uint64_t sector) const;
    bool writes(uint64_t sector) const;
  };
  size_t choose_size_change(SeededRandom& random) const;
  std::string choose_sector(uint64_t sector, size_t sizes_kept, SeededRandom& random) const;

  SparseBytes live_;
  SparseBytes durable_;
  std::vector<Change> changes_;  // since the last sync, in order
};

}  // namespace rapport::simulation
