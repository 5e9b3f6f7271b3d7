// What a record's slot holds, told once per record as numbers, for all expressions of a set: which
// of the texts they compare it with, which of the words they look for in it.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/program_words.h"
#include "expr/record.h"

namespace rapport::expr {

// Whether both are the same bytes; quicker for short texts than a call.
inline bool same_bytes(std::string_view a, std::string_view b) {
  const size_t size = a.size();
  if (size != b.size()) return false;
  const auto differ = [&]<class Word>(Word, size_t at) {
    Word x, y;
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    return x ^ y;
  };
  if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
  if (size >= 8) return (differ(uint64_t{}, 0) | differ(uint64_t{}, size - 8)) == 0;
  if (size >= 4) return (differ(uint32_t{}, 0) | differ(uint32_t{}, size - 4)) == 0;
  if (size == 0) return true;
  return a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1];
}

// Texts with numbers from 0. Looked up by their length and three of their bytes, or where that
// tells them badly apart, by sixteen.
class SymbolTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  // The number of `text`, new or not. Building only.
  uint32_t add(std::string_view text);
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }
  std::string_view text(uint32_t symbol) const { return texts_[symbol]; }
  uint32_t find(std::string_view text) const {
    if (cells_.empty()) return kNone;
    for (uint32_t at = hash(text) & mask_; cells_[at].number != 0; at = (at + 1) & mask_) {
      const Cell& cell = cells_[at];
      if (same_bytes({cell.text, cell.size}, text)) return cell.number - 1;
    }
    return kNone;
  }

 private:
  struct Cell {
    const char* text = nullptr;
    uint32_t size = 0;
    uint32_t number = 0;  // symbol + 1, or 0
  };
  uint32_t hash(std::string_view text) const {
    return thorough_ ? thorough_hash(text) : quick_hash(text);
  }
  static uint32_t quick_hash(std::string_view text);
  static uint32_t thorough_hash(std::string_view text);
  bool place(size_t symbol);
  void spread();

  std::vector<std::unique_ptr<std::string>> owned_;
  std::vector<std::string_view> texts_;
  std::vector<Cell> cells_;
  uint32_t mask_ = 0;
  bool thorough_ = false;
};

inline uint32_t SymbolTable::quick_hash(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](size_t at) { return uint32_t{static_cast<unsigned char>(text[at])}; };
  const uint32_t bytes = byte(0) | byte(text.size() / 2) << 8 | byte(text.size() - 1) << 16;
  return (bytes ^ static_cast<uint32_t>(text.size()) << 24) * 0x9e3779b1u >> 12;
}

inline uint32_t SymbolTable::thorough_hash(std::string_view text) {
  uint64_t head = 0;
  uint64_t tail = 0;
  if (text.size() >= 8) {
    std::memcpy(&head, text.data(), 8);
    std::memcpy(&tail, text.data() + text.size() - 8, 8);
  } else if (text.size() >= 4) {
    std::memcpy(&head, text.data(), 4);
    std::memcpy(&tail, text.data() + text.size() - 4, 4);
  } else if (!text.empty()) {
    head = static_cast<unsigned char>(text[0]);
    tail = static_cast<unsigned char>(text[text.size() / 2]) << 8 |
           static_cast<unsigned char>(text.back());
  }
  uint64_t h = (head ^ text.size()) * 0x9e3779b97f4a7c15u;
  h = (h ^ tail ^ h >> 32) * 0xd6e8feb86659fd93u;
  return static_cast<uint32_t>(h >> 32);
}

// What is asked of one slot.
struct SlotTable {
  uint32_t slot = 0;
  SymbolTable symbols;
  SymbolTable numbers;                   // whole ones, as their bytes
  std::vector<std::string> words;        // of every hasAnyWord of the slot, each once
  std::unique_ptr<WordScanner> scanner;  // of `words`
};

// The answers for one record.
struct SlotState {
  enum class Held : uint8_t {
    kOther,   // ask the slot itself
    kText,    // symbol
    kNumber,  // symbol; a whole number or one that equals none
    kList,    // of texts: bits
  };
  uint64_t read_for = 0;     // the record's turn these answers are of
  uint64_t scanned_for = 0;  //
  Held held = Held::kOther;
  bool scanned = false;  // word_bits tell
  uint32_t symbol = SymbolTable::kNone;
  uint64_t word_bits = 0;
  uint64_t* bits = nullptr;  // one per symbol
};

// A whole number as a SymbolTable of numbers has it.
inline std::string_view bytes_of(const int64_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

// Tells `value`, what the table's slot holds.
void classify(const SlotTable& table, const Value& value, SlotState& state);

}  // namespace rapport::expr
