// Memory and work one evaluation may use. Both are bounded; running out is an error value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "expr/value.h"

namespace rapport::expr {

// Bump memory for the temporaries of evaluations. `reset` keeps the first block, so that an arena
// used again does not allocate. Not for two threads at a time.
class Arena {
 public:
  explicit Arena(size_t limit = size_t{4} << 20) : limit_(limit) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Null when the limit would be passed. Aligned to 8 bytes; not initialised.
  void* allocate(size_t bytes) {
    bytes = bytes == 0 ? 8 : (bytes + 7) & ~size_t{7};
    if (bytes > static_cast<size_t>(end_ - next_)) return grow(bytes);
    char* at = next_;
    next_ += bytes;
    return at;
  }
  template <class T>
  T* array(size_t count) {
    return count > limit_ / sizeof(T) ? nullptr : static_cast<T*>(allocate(count * sizeof(T)));
  }
  void reset();
  size_t used() const { return full_ + static_cast<size_t>(next_ - start_); }

  // Values whose text or cells live here; an error value when there is no room.
  Value string(std::string_view text);
  Value bytes(std::string_view text);
  Value list(std::span<const Value> items);
  Value some(const Value& held);
  Value error(std::string_view message);
  // A copy of the entries; a repeated key, or one of a kind that cannot be a key, is an error
  // value.
  Value map(std::span<const MapEntry> entries);
  Value missing(std::string_view path);                 // unknown, absent; path is borrowed
  Value merge_unknown(const Value& a, const Value& b);  // union of two unknowns

 private:
  void* grow(size_t bytes);

  size_t limit_;
  char* start_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t full_ = 0;  // bytes of the blocks before the present one
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t first_size_ = 0;
};

// Work an evaluation may still do: one unit is about one simple operation.
class Budget {
 public:
  explicit Budget(uint64_t units) : left_(units), given_(units) {}
  // False when that was too much; it stays so.
  bool spend(uint64_t units) {
    if (units > left_) {
      left_ = 0;
      over_ = true;
      return false;
    }
    left_ -= units;
    return true;
  }
  bool over() const { return over_; }
  uint64_t spent() const { return given_ - left_; }

 private:
  uint64_t left_;
  uint64_t given_;
  bool over_ = false;
};

}  // namespace rapport::expr
