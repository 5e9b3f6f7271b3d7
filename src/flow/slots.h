// The records a fold has in memory, found by type and id. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "model/record.h"

namespace rapport::flow {

struct Slot {
  model::RecordKey key;
  std::optional<model::Record> record;  // nullopt: does not exist
  bool dirty = false;
  // Entries the store has for this record; set when an indexed field first differs from it.
  std::optional<std::vector<model::IndexEntry>> stored_entries;
  uint64_t used = 0;
};

// Of a key, the same in every process. Also used where keys are told apart by hash alone.
uint64_t hash_of(std::string_view type, std::string_view id);

// A slot stays at its address until it is dropped. Looking one up touches two places in memory: a
// fold does that a dozen times for each event, over more records than processor caches hold.
class Slots {
 public:
  Slots() { index_again(1024); }
  Slot* find(std::string_view type, std::string_view id) const;
  Slot& add(model::RecordKey key);  // not there yet
  size_t size() const { return slots_.size(); }
  const std::vector<std::unique_ptr<Slot>>& all() const { return slots_; }
  // Drops those for which `drop` holds.
  template <class Drop>
  void drop_if(Drop drop) {
    std::erase_if(slots_, [&](const auto& slot) { return drop(*slot); });
    index_again(index_.size());
  }

 private:
  // Open addressing; at most half full. `tag` is of the hash's upper half.
  struct Entry {
    uint32_t tag = 0;
    uint32_t number = 0;  // 1 + position in slots_; 0: free
  };
  void put(uint64_t hash, uint32_t number);
  void index_again(size_t entries);

  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Entry> index_;
};

}  // namespace rapport::flow
