// A set of values under CEL's equality, for distinct and the sets library.
#pragma once

#include <cmath>
#include <vector>

#include "expr/collections.h"
#include "expr/registry.h"

namespace rapport::expr {

// Scalars are found by hash, all else one by one. Unknown where equality cannot be told.
class KeySet {
 public:
  explicit KeySet(Call& call) : call_(call) {}

  // True, false, unknown or an error.
  Value contains(const Value& v) {
    if (is_hashed(v)) {
      const bool there = find(v);
      const size_t hashed = v.is(Kind::kString) ? v.as_text().size() / 8 : 0;
      if (!call_.budget.spend(3 + 2 * tries_ + hashed))
        return equal(v, v, call_);  // the error of a spent budget
      return Value::boolean(there);
    }
    return contains_other(v);
  }
  void add(const Value& v) {
    if (!is_hashed(v)) {
      others_.push_back(v);
      return;
    }
    if (buckets_.size() < hashed_.size() * 2 + 2) rehash();
    buckets_[place(v)] = static_cast<uint32_t>(hashed_.size()) + 1;
    hashed_.push_back(v);
  }

 private:
  static bool is_hashed(const Value& v) {
    return v.is(Kind::kBool) || v.is(Kind::kString) ||
           (v.is_number() && !(v.is(Kind::kDouble) && std::isnan(v.as_double())));
  }
  size_t place(const Value& v) {
    size_t at = hash_key(v) & (buckets_.size() - 1);
    for (tries_ = 0; buckets_[at] != 0 && !same_key(hashed_[buckets_[at] - 1], v); ++tries_)
      at = (at + 1) & (buckets_.size() - 1);
    return at;
  }
  bool find(const Value& v) { return !buckets_.empty() && buckets_[place(v)] != 0; }
  void rehash() {
    buckets_.assign(std::max<size_t>(16, buckets_.size() * 2), 0);
    for (uint32_t i = 0; i < hashed_.size(); ++i) buckets_[place(hashed_[i])] = i + 1;
  }
  Value contains_other(const Value& v) {
    for (const Value& other : others_) {
      const Value same = equal(v, other, call_);
      if (!same.is_false()) return same;
    }
    return Value::boolean(false);
  }

  Call& call_;
  std::vector<Value> hashed_;
  std::vector<uint32_t> buckets_;
  size_t tries_ = 0;  // of the last search
  std::vector<Value> others_;
};

}  // namespace rapport::expr
