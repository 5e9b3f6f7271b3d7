#include "store/ids_bloom.h"

#include <algorithm>
#include <cstring>

namespace rapport::store {
namespace {

// Odd numbers that pick one bit in each word of a block.
constexpr uint32_t kSalts[8] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

uint64_t hash_of(const Digest16& id) {
  uint64_t hash;
  std::memcpy(&hash, id.data(), sizeof hash);
  return hash;
}

uint32_t bit_of(uint64_t hash, int word) {
  return uint32_t{1} << (static_cast<uint32_t>(hash) * kSalts[word] >> 27);
}

}  // namespace

Bloom::Bloom(size_t ids, size_t bits_per_id)
    : blocks_(std::max<size_t>(1, ids * bits_per_id / (8 * sizeof(Block)))) {}

Bloom::Bloom(std::string_view bytes) {
  if (bytes.size() % sizeof(Block) != 0) return;
  blocks_.resize(bytes.size() / sizeof(Block));
  if (!bytes.empty()) std::memcpy(blocks_.data(), bytes.data(), bytes.size());
}

void Bloom::add(const Digest16& id) {
  const uint64_t hash = hash_of(id);
  Block& block = blocks_[block_of(hash)];
  for (int i = 0; i < 8; ++i) block.words[i] |= bit_of(hash, i);
}

bool Bloom::may_hold(const Digest16& id) const {
  const uint64_t hash = hash_of(id);
  const Block& block = blocks_[block_of(hash)];
  bool all = true;
  for (int i = 0; i < 8; ++i) all &= (block.words[i] & bit_of(hash, i)) != 0;
  return all;
}

void Bloom::prefetch(const Digest16& id) const {
  __builtin_prefetch(&blocks_[block_of(hash_of(id))]);
}

std::string_view Bloom::bytes() const {
  return {reinterpret_cast<const char*>(blocks_.data()), blocks_.size() * sizeof(Block)};
}

}  // namespace rapport::store
