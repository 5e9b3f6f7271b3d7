// Message ids in memory: a flat table, so that a look-up touches one cache line and a new id
// allocates nothing.
#pragma once

#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/ids.h"

namespace rapport::store {

// A message id or an identifier, within its workspace.
struct IdName {
  WorkspaceId workspace;
  Digest16 hash{};
  bool operator==(const IdName&) const = default;
};
// Digests are keyed hashes: part of them is as good a hash as any.
struct IdNameHash {
  size_t operator()(const IdName& name) const {
    uint64_t hash;
    std::memcpy(&hash, name.hash.data() + 8, sizeof hash);
    return hash ^ name.workspace.value * 0x9E3779B97F4A7C15ULL;
  }
};

// Open addressing, at most half full. Sequences start at 1, so 0 marks a free slot.
class IdTable {
 public:
  explicit IdTable(size_t entries = 0) {
    size_t slots = 16;
    while (slots < entries * 2) slots *= 2;
    slots_.resize(slots);
  }

  std::optional<Sequence> find(const IdName& name) const {
    const Slot& slot = slots_[index_of(name)];
    if (slot.sequence == 0) return std::nullopt;
    return Sequence{slot.sequence};
  }

  // Replaces an earlier sequence of the id.
  void put(const IdName& name, Sequence sequence) {
    Slot* slot = &slots_[index_of(name)];
    if (slot->sequence == 0) {
      if ((size_ + 1) * 2 > slots_.size()) {
        grow();
        slot = &slots_[index_of(name)];
      }
      ++size_;
    }
    *slot = {name, sequence.value};
  }

  template <class Visit>  // visit(const IdName&, Sequence)
  void each(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.sequence != 0) visit(slot.name, Sequence{slot.sequence});
    }
  }

  // Keeps what `keeps(const IdName&)` says.
  template <class Keeps>
  void keep_only(const Keeps& keeps) {
    IdTable kept(size_);
    each([&](const IdName& name, Sequence sequence) {
      if (keeps(name)) kept.put(name, sequence);
    });
    *this = std::move(kept);
  }

  size_t size() const { return size_; }

 private:
  struct Slot {
    IdName name;
    uint64_t sequence = 0;
  };

  // Of the slot that holds the id, or of the free one where it belongs.
  size_t index_of(const IdName& name) const {
    size_t i = IdNameHash{}(name) & (slots_.size() - 1);
    while (slots_[i].sequence != 0 && slots_[i].name != name) i = (i + 1) & (slots_.size() - 1);
    return i;
  }

  void grow() {
    IdTable larger(slots_.size());
    each([&](const IdName& name, Sequence sequence) { larger.put(name, sequence); });
    slots_ = std::move(larger.slots_);
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace rapport::store
