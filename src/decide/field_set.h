// Some fields of one object, by their numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rapport::decide {

class FieldSet {
 public:
  // Whether it is new.
  bool insert(uint32_t field) {
    const size_t word = field / 64;
    if (word >= words_.size()) words_.resize(word + 1);
    const uint64_t bit = uint64_t{1} << (field % 64);
    const bool fresh = (words_[word] & bit) == 0;
    words_[word] |= bit;
    return fresh;
  }
  bool contains(uint32_t field) const {
    const size_t word = field / 64;
    return word < words_.size() && (words_[word] >> (field % 64) & 1) != 0;
  }
  bool meets(const FieldSet& other) const {
    const size_t words = words_.size() < other.words_.size() ? words_.size() : other.words_.size();
    for (size_t i = 0; i < words; ++i)
      if ((words_[i] & other.words_[i]) != 0) return true;
    return false;
  }
  void merge(const FieldSet& other) {
    if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
    for (size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }
  bool empty() const {
    for (const uint64_t word : words_)
      if (word != 0) return false;
    return true;
  }

 private:
  std::vector<uint64_t> words_;
};

}  // namespace rapport::decide
