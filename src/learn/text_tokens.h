// A text as words: folded, with their places in the text.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rapport::learn {

struct Span {
  size_t begin = 0;
  size_t end = 0;
};

inline constexpr int64_t kNumberScale = 10'000;
inline constexpr int64_t kNoNumber = -1;

struct Token {
  uint32_t begin = 0, end = 0;          // bytes of the text
  uint32_t folded = 0, folded_end = 0;  // bytes of TokenText::folded
  int64_t number = kNoNumber;           // times kNumberScale
  char gap = 0;         // what stands before it: 0 nothing, ' ', '-', '/', else other signs
  bool joined = false;  // may continue a phrase: nothing but white space, a hyphen or slash before
  bool clause = true;   // begins a clause: a sign such as , . ! ? or a line's end before
};

struct TokenText {
  std::string_view text;
  std::string folded;
  std::vector<Token> tokens;
  std::string_view word(const Token& token) const {
    return std::string_view(folded).substr(token.folded, token.folded_end - token.folded);
  }
  std::string_view source(size_t first, size_t last) const {  // from token to token
    return text.substr(tokens[first].begin, tokens[last].end - tokens[first].begin);
  }
};

// Cuts texts into words. A word is letters, marks and underscores, or one symbol (a currency sign,
// an emoji), or a number with its separators ("1,500.00"): "Rp5k" is three words. An apostrophe
// within a word is left out: "don't" is "dont". Letters are case folded (NFKD, full folding) and
// lose their accents; characters that do not show (soft hyphens, joiners) are left out. Linear.
class Tokenizer {
 public:
  Tokenizer();
  // `skip`: places that hold no words, sorted, apart.
  TokenText cut(std::string_view text, const std::vector<Span>& skip) const;

 private:
  friend class TokenRun;
  std::array<std::string, 0x250 - 0x80> latin_;  // folded letters
  std::array<bool, 0x250 - 0x80> latin_word_;
};

// "1,500.00", "1.500,50", "12.5" times kNumberScale; kNoNumber when it is none, or beyond 9e14. A
// single separator before three digits parts thousands ("1.500"), unless a lone 0 is before it.
int64_t parse_number(std::string_view digits);

}  // namespace rapport::learn
