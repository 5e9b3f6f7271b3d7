// A map of bounded size that keeps what was used lately.
#pragma once

#include <utility>

#include "store/flat_map.h"

namespace rapport::store {

// Two halves: what is put or found is in the younger one afterwards; when that is full, it becomes
// the older one and what was there is dropped. Not for several threads at once.
template <class K, class V, class Hasher>
class RecentMap {
 public:
  explicit RecentMap(size_t capacity) : half_(capacity / 2) {}

  // Valid until the next call.
  V* find(const K& key) {
    if (V* value = young_.find(key)) return value;
    const V* value = old_.find(key);
    if (value == nullptr) return nullptr;
    const V found = *value;  // put() may drop the older half
    return &put(key, found);
  }

  V& put(const K& key, const V& value) {
    if (young_.size() >= half_) {
      std::swap(old_, young_);
      young_.clear();
    }
    return young_.put(key, value);
  }

  void erase(const K& key) {
    young_.erase(key);
    old_.erase(key);
  }

  template <class Predicate>  // predicate(const K&, const V&)
  void erase_if(const Predicate& predicate) {
    young_.erase_if(predicate);
    old_.erase_if(predicate);
  }

  // As of FlatMap.
  bool prefetch(const K& key) const {
    const bool young = young_.prefetch(key);
    return old_.prefetch(key) || young;
  }

 private:
  size_t half_;
  FlatMap<K, V, Hasher> young_, old_;
};

}  // namespace rapport::store
