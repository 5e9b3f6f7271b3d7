// Says of a key "never added" or "maybe added" in constant memory: a Bloom filter (B. H. Bloom,
// 1970) with all bits of a key in one cache line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rapport {

class KeyFilter {
 public:
  // For about `keys` keys: 2 bytes each, and about 1 in 1,000 wrong "maybe" when full; with more
  // keys than that the share of wrong answers rises, never that of missed keys.
  explicit KeyFilter(size_t keys) {
    size_t blocks = 1;
    while (blocks * kKeysPerBlock < keys) blocks *= 2;
    blocks_.resize(blocks);
  }
  // `hash`: evenly spread over 64 bits.
  void add(uint64_t hash) {
    auto& block = blocks_[hash & (blocks_.size() - 1)];
    for (int i = 0; i < kBitsPerKey; ++i) block[word(hash, i)] |= bit(hash, i);
  }
  bool may_contain(uint64_t hash) const {
    const auto& block = blocks_[hash & (blocks_.size() - 1)];
    for (int i = 0; i < kBitsPerKey; ++i)
      if (!(block[word(hash, i)] & bit(hash, i))) return false;
    return true;
  }

 private:
  static constexpr int kBitsPerKey = 6;
  static constexpr size_t kKeysPerBlock = 32;  // of 512 bits
  using Block = std::array<uint64_t, 8>;
  // Nine bits of the mixed hash per bit to set: three for the word, six for the place in it. Mixed
  // (as murmur3's finisher) because the lower bits of the hash have chosen the block already.
  static uint64_t nine(uint64_t hash, int i) {
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdULL;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ULL;
    return hash >> (64 - 9 * (i + 1)) & 511;
  }
  static size_t word(uint64_t hash, int i) { return nine(hash, i) >> 6; }
  static uint64_t bit(uint64_t hash, int i) { return 1ULL << (nine(hash, i) & 63); }

  std::vector<Block> blocks_;
};

}  // namespace rapport
