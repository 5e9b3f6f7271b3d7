// Split-block Bloom filter: a test touches one cache line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"

namespace rapport::store {

class Bloom {
 public:
  Bloom(size_t ids, size_t bits_per_id);
  // From bytes(); empty when they are not such a filter.
  explicit Bloom(std::string_view bytes);

  // Digests are keyed hashes: their bits are used as they are.
  void add(const Digest16& id);
  bool may_hold(const Digest16& id) const;
  void prefetch(const Digest16& id) const;  // asks for the memory that may_hold() looks at
  std::string_view bytes() const;
  bool empty() const { return blocks_.empty(); }

 private:
  struct alignas(32) Block {
    uint32_t words[8] = {};
  };
  size_t block_of(uint64_t hash) const { return ((hash >> 32) * blocks_.size()) >> 32; }
  std::vector<Block> blocks_;
};

}  // namespace rapport::store
