// All declared words and phrases at once: which of them stand where in a text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "learn/text_tokens.h"

namespace rapport::learn {

// From 64-bit keys to small numbers; open addressing.
class KeyTable {
 public:
  static constexpr uint32_t kAbsent = ~uint32_t{0};
  void put(uint64_t key, uint32_t value);
  uint32_t find(uint64_t key) const {
    if (slots_.empty()) return kAbsent;
    for (size_t i = mix(key) & mask_;; i = (i + 1) & mask_) {
      if (slots_[i].value == kAbsent) return kAbsent;
      if (slots_[i].key == key) return slots_[i].value;
    }
  }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t value = kAbsent;
  };
  static size_t mix(uint64_t key) { return (key * 0x9E3779B97F4A7C15u) >> 20; }
  std::vector<Slot> slots_;
  size_t mask_ = 0;
  size_t used_ = 0;
};

// A phrase found: its number, and its first and last token.
struct PhraseHit {
  uint32_t phrase = 0;
  uint32_t first = 0, last = 0;
};

// The phrases found in a text, by their first token, then by length, then by number.
struct PhraseHits {
  std::vector<PhraseHit> hits;
  std::vector<uint32_t> begins;  // per token, and one beyond
};

inline constexpr size_t kLongestPhrase = 8;  // words

// Phrases with their words folded. A last letter `*` of a word finds every word that begins so.
class PhraseTable {
 public:
  explicit PhraseTable(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}
  // Numbers count from 0 in the order of adding. Refused: no word in it, more than kLongestPhrase
  // words, a `*` after less than two letters.
  Result<uint32_t> add(std::string_view phrase);

  // Linear in the text; at each word at most the phrases that begin there.
  PhraseHits find(const TokenText& text) const;

 private:
  struct Node {
    std::vector<uint32_t> phrases;
  };
  using Terms = std::vector<std::vector<uint32_t>>;

  Result<uint32_t> term(std::string_view word, bool stem);
  void find_terms(std::string_view word, std::vector<uint32_t>& found) const;

  const Tokenizer& tokenizer_;
  std::vector<std::string> terms_;
  KeyTable words_, stems_;
  std::vector<uint64_t> stem_filter_ = std::vector<uint64_t>(1024);  // a bit for each stem's hash
  size_t longest_stem_ = 0;
  KeyTable edges_;  // node and term → node
  std::vector<Node> nodes_ = std::vector<Node>(1);
  uint32_t phrases_ = 0;
};

}  // namespace rapport::learn
