// A map of bounded size that keeps what was used lately.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace rapport::store {

// Two halves: what is put or found moves into the younger one; when that is full, it becomes the
// older one and what was there is dropped. Not for several threads at once.
template <class K, class V, class Hasher = std::hash<K>>
class RecentMap {
 public:
  explicit RecentMap(size_t capacity) : half_(capacity / 2) {}

  // Valid until the next call.
  V* find(const K& key) {
    if (const auto it = young_.find(key); it != young_.end()) return &it->second;
    const auto it = old_.find(key);
    if (it == old_.end()) return nullptr;
    V value = std::move(it->second);
    old_.erase(it);
    return &put(key, std::move(value));
  }

  V& put(const K& key, V value) {
    if (young_.size() >= half_) {
      std::swap(old_, young_);
      young_.clear();
    }
    return young_.insert_or_assign(key, std::move(value)).first->second;
  }

  void erase(const K& key) {
    young_.erase(key);
    old_.erase(key);
  }

  template <class Predicate>
  void erase_if(const Predicate& predicate) {
    std::erase_if(young_, predicate);
    std::erase_if(old_, predicate);
  }

  size_t size() const { return young_.size() + old_.size(); }

 private:
  size_t half_;
  std::unordered_map<K, V, Hasher> young_, old_;
};

}  // namespace rapport::store
