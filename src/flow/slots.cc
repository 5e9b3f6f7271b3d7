#include "flow/slots.h"

#include <bit>
#include <cstring>
#include <utility>

#include "base/result.h"

namespace rapport::flow {

namespace {

// 64-bit multiply-and-fold over words (the construction of wyhash, Wang Yi, public domain).
constexpr uint64_t kA = 0xa0761d6478bd642fULL, kB = 0xe7037ed1a0b428dbULL;

uint64_t fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t add(uint64_t hash, std::string_view text) {
  hash ^= text.size();
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = fold(hash ^ kA, word ^ kB);
    text.remove_prefix(8);
  }
  uint64_t rest = 0;
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  return fold(hash ^ kB, rest ^ kA);
}

}  // namespace

uint64_t hash_of(std::string_view type, std::string_view id) {
  return add(add(0, type), id);
}

Slot* Slots::find(std::string_view type, std::string_view id) const {
  const uint64_t hash = hash_of(type, id);
  const size_t mask = index_.size() - 1;
  for (size_t at = hash & mask; index_[at].number != 0; at = (at + 1) & mask) {
    if (index_[at].tag != hash >> 32) continue;
    Slot* slot = slots_[index_[at].number - 1].get();
    if (slot->key.id == id && slot->key.type == type) return slot;
  }
  return nullptr;
}

Slot& Slots::add(model::RecordKey key) {
  const uint64_t hash = hash_of(key.type, key.id);
  slots_.push_back(std::make_unique<Slot>());
  slots_.back()->key = std::move(key);
  if (2 * slots_.size() > index_.size()) {
    index_again(2 * index_.size());
  } else {
    put(hash, static_cast<uint32_t>(slots_.size()));
  }
  return *slots_.back();
}

void Slots::put(uint64_t hash, uint32_t number) {
  const size_t mask = index_.size() - 1;
  size_t at = hash & mask;
  while (index_[at].number != 0) at = (at + 1) & mask;
  index_[at] = {static_cast<uint32_t>(hash >> 32), number};
}

void Slots::index_again(size_t entries) {
  CHECK(std::has_single_bit(entries));
  index_.assign(entries, {});
  for (size_t i = 0; i < slots_.size(); ++i)
    put(hash_of(slots_[i]->key.type, slots_[i]->key.id), static_cast<uint32_t>(i + 1));
}

}  // namespace rapport::flow
