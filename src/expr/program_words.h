// Finds any of some words in a text in one pass over it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rapport::expr {

// The constant words of hasAnyWord, prepared. Immutable, for any number of threads.
class WordScanner {
 public:
  static constexpr size_t kMost = 64;

  // Whether a word may be added: of ASCII alone, beginning with a letter, a digit or `_`.
  static bool takes(std::string_view word);
  // Words that `takes` permits, in any case; at most kMost. A word's number is its place.
  explicit WordScanner(std::span<const std::string_view> words);

  // A bit per word that stands in `text` as a whole word, whatever its case, as hasAnyWord finds
  // it; nothing when the text is not of ASCII alone. About half a nanosecond per byte.
  std::optional<uint64_t> scan(std::string_view text) const;

 private:
  struct Word {
    std::string text;   // in lower case
    uint32_t head = 0;  // bytes of its first token
    bool ends = false;  // must not be followed by a word's byte
    uint8_t number = 0;
  };
  uint64_t match(std::string_view text, size_t at, size_t length) const;

  std::array<uint64_t, 256> lengths_{};      // by first byte, either case: bits of tokens' lengths
  std::array<std::vector<Word>, 64> words_;  // by first byte, hashed
};

}  // namespace rapport::expr
