// A hash map without a block of memory for each entry: the look-ups of intake wait for memory more
// than for anything else.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

namespace rapport::store {

// Open addressing. A byte for each slot tells by 7 bits of the hash whether it is worth looking at:
// what is absent is nearly always known from these bytes alone. For plain values only; the lower
// and the upper bits of the hash must both be good. Not for several threads at once.
template <class K, class V, class Hasher>
class FlatMap {
  static_assert(std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>);

 public:
  // With room for so many entries before it has to grow.
  explicit FlatMap(size_t entries = 0) {
    size_t slots = kGroup;
    while (most_in(slots) < entries) slots *= 2;
    allocate(slots);
  }
  FlatMap(FlatMap&& other) noexcept : FlatMap() { swap(other); }
  FlatMap& operator=(FlatMap&& other) noexcept {
    swap(other);
    return *this;
  }

  // Null when absent; valid until the next entry is put.
  V* find(const K& key) {
    const size_t i = place_of(key, Hasher{}(key));
    return i == kNowhere ? nullptr : &slots_[i].value;
  }
  const V* find(const K& key) const { return const_cast<FlatMap*>(this)->find(key); }

  // Replaces an earlier value of the key.
  V& put(const K& key, const V& value) {
    const size_t hash = Hasher{}(key);
    size_t i = place_of(key, hash);
    if (i == kNowhere) {
      if (taken_ >= most_in(mask_ + 1)) grow();
      i = take_free(hash);
      slots_[i].key = key;
      ++size_;
    }
    slots_[i].value = value;
    return slots_[i].value;
  }

  void erase(const K& key) {
    const size_t i = place_of(key, Hasher{}(key));
    if (i != kNowhere) drop(i);
  }
  template <class Predicate>  // predicate(const K&, const V&)
  void erase_if(const Predicate& predicate) {
    for (size_t i = 0; i <= mask_; ++i) {
      if (is_used(i) && predicate(slots_[i].key, slots_[i].value)) drop(i);
    }
  }
  template <class Visit>  // visit(const K&, const V&)
  void each(const Visit& visit) const {
    for (size_t i = 0; i <= mask_; ++i) {
      if (is_used(i)) visit(slots_[i].key, slots_[i].value);
    }
  }
  void clear() {
    std::memset(marks_.get(), kFree, mask_ + 1 + kGroup);
    size_ = taken_ = 0;
  }
  size_t size() const { return size_; }

  // Asks for the memory that find() will look at. False: the key is absent; true: it may be there.
  bool prefetch(const K& key) const {
    const size_t hash = Hasher{}(key), i = hash & mask_;
    const uint32_t hits = matches(i, mark_of(hash));
    if (hits == 0) return matches(i, kFree) == 0;
    __builtin_prefetch(&slots_[(i + static_cast<size_t>(std::countr_zero(hits))) & mask_]);
    return true;
  }

 private:
  struct Slot {
    K key;
    V value;
  };
  static constexpr size_t kGroup = 16, kNowhere = ~size_t{0};
  // Other marks have the high bit set. An erased slot is not used again before the map grows.
  static constexpr uint8_t kFree = 0, kErased = 1;

  static constexpr size_t most_in(size_t slots) { return slots / 8 * 7; }
  static uint8_t mark_of(size_t hash) { return static_cast<uint8_t>(0x80 | hash >> 57); }
  bool is_used(size_t i) const { return marks_[i] >= 0x80; }

  // Bit n: the mark of slot i + n is `mark`.
  uint32_t matches(size_t i, uint8_t mark) const {
    const __m128i group = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&marks_[i]));
    const __m128i wanted = _mm_set1_epi8(static_cast<char>(mark));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(group, wanted)));
  }

  size_t place_of(const K& key, size_t hash) const {
    for (size_t i = hash & mask_;; i = (i + kGroup) & mask_) {
      const uint32_t free = matches(i, kFree);
      // Behind the first free slot there is none of this hash.
      const uint32_t before = free == 0 ? ~uint32_t{0} : (free & -free) - 1;
      for (uint32_t hits = matches(i, mark_of(hash)) & before; hits != 0; hits &= hits - 1) {
        const size_t at = (i + static_cast<size_t>(std::countr_zero(hits))) & mask_;
        if (slots_[at].key == key) return at;
      }
      if (free != 0) return kNowhere;
    }
  }

  size_t take_free(size_t hash) {
    for (size_t i = hash & mask_;; i = (i + kGroup) & mask_) {
      const uint32_t free = matches(i, kFree);
      if (free == 0) continue;
      const size_t at = (i + static_cast<size_t>(std::countr_zero(free))) & mask_;
      mark(at, mark_of(hash));
      ++taken_;
      return at;
    }
  }

  // The first marks are there again behind the last, so that every group can be read at once.
  void mark(size_t i, uint8_t mark) {
    marks_[i] = mark;
    if (i < kGroup) marks_[mask_ + 1 + i] = mark;
  }

  void drop(size_t i) {
    mark(i, kErased);
    --size_;
  }

  void allocate(size_t slots) {
    mask_ = slots - 1;
    marks_ = std::make_unique<uint8_t[]>(slots + kGroup);
    slots_.reset(static_cast<Slot*>(::operator new(slots * sizeof(Slot))));
  }

  void grow() {
    FlatMap larger(size_ * 2);
    each([&](const K& key, const V& value) { larger.put(key, value); });
    swap(larger);
  }

  void swap(FlatMap& other) {
    std::swap(mask_, other.mask_);
    std::swap(size_, other.size_);
    std::swap(taken_, other.taken_);
    std::swap(marks_, other.marks_);
    std::swap(slots_, other.slots_);
  }

  struct Freed {
    void operator()(Slot* slots) const { ::operator delete(slots); }
  };

  size_t mask_ = 0;
  size_t size_ = 0;
  size_t taken_ = 0;  // used or erased
  std::unique_ptr<uint8_t[]> marks_;
  std::unique_ptr<Slot[], Freed> slots_;  // not made before they are put
};

}  // namespace rapport::store
