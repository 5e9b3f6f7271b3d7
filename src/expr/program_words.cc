#include "expr/program_words.h"

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/text.h"

namespace rapport::expr {
namespace {

constexpr bool is_word_byte(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
size_t chain_of(char c) {
  return static_cast<unsigned char>(lower(c)) & 63;
}
uint64_t length_bit(size_t length) {
  return uint64_t{1} << std::min<size_t>(length, 63);
}

constexpr size_t kStride = 16;

// A bit per byte of words among `size` (at most 16) bytes; nothing when one is not ASCII.
struct Sorted {
  uint32_t words = 0;
  bool ascii = true;
};

#ifdef __SSE2__
inline Sorted sort_bytes(__m128i bytes) {
  const auto above = [](__m128i v, char least) { return _mm_cmpgt_epi8(v, _mm_set1_epi8(least)); };
  const auto between = [&](__m128i v, char first, char last) {
    return _mm_and_si128(above(v, static_cast<char>(first - 1)),
                         _mm_cmplt_epi8(v, _mm_set1_epi8(static_cast<char>(last + 1))));
  };
  const __m128i letters = between(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
  const __m128i digits = between(bytes, '0', '9');
  const __m128i line = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'));
  const __m128i words = _mm_or_si128(_mm_or_si128(letters, digits), line);
  return {static_cast<uint32_t>(_mm_movemask_epi8(words)), _mm_movemask_epi8(bytes) == 0};
}
inline Sorted sort_bytes(const char* at) {
  return sort_bytes(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
}
#else
Sorted sort_bytes(const char* at) {
  Sorted sorted;
  for (size_t i = 0; i < kStride; ++i) {
    const auto c = static_cast<unsigned char>(at[i]);
    sorted.words |= uint32_t{is_word_byte(c)} << i;
    sorted.ascii &= c < 0x80;
  }
  return sorted;
}
#endif

Sorted sort_tail(const char* at, size_t size) {
  char bytes[kStride] = {};
  std::memcpy(bytes, at, size);
  return sort_bytes(bytes);
}

constexpr size_t kBlock = 64;

// A bit per byte of words of a text of at most kBlock bytes.
uint64_t words_of_block(std::string_view text, bool& ascii) {
  uint64_t words = 0;
  for (size_t at = 0; at < text.size(); at += kStride) {
    const size_t left = text.size() - at;
    const Sorted sorted =
        left >= kStride ? sort_bytes(text.data() + at) : sort_tail(text.data() + at, left);
    words |= uint64_t{sorted.words} << at;
    ascii &= sorted.ascii;
  }
  return words;
}

}  // namespace

bool WordScanner::takes(std::string_view word) {
  return !word.empty() && is_word_byte(static_cast<unsigned char>(word[0])) &&
         std::ranges::all_of(word, [](char c) { return (c & 0x80) == 0; });
}

WordScanner::WordScanner(std::span<const std::string_view> words) {
  for (size_t i = 0; i < words.size() && i < kMost; ++i) {
    Word word{ascii_lower(words[i]), 0, false, static_cast<uint8_t>(i)};
    while (word.head < word.text.size() &&
           is_word_byte(static_cast<unsigned char>(word.text[word.head])))
      ++word.head;
    word.ends = is_word_byte(static_cast<unsigned char>(word.text.back()));
    const char first = word.text[0];
    for (const char c :
         {first, first >= 'a' && first <= 'z' ? static_cast<char>(first - 32) : first})
      lengths_[static_cast<unsigned char>(c)] |= length_bit(word.head);
    words_[chain_of(first)].push_back(std::move(word));
  }
}

// The words whose first token is the one at `at`, of `length` bytes.
uint64_t WordScanner::match(std::string_view text, size_t at, size_t length) const {
  uint64_t found = 0;
  for (const Word& word : words_[chain_of(text[at])]) {
    if (word.head != length || word.text.size() > text.size() - at) continue;
    const std::string_view there = text.substr(at, word.text.size());
    const bool same = std::ranges::equal(there, word.text, {}, [](char c) { return lower(c); });
    const size_t end = at + word.text.size();
    const bool cut =
        word.ends && end < text.size() && is_word_byte(static_cast<unsigned char>(text[end]));
    if (same && !cut) found |= uint64_t{1} << word.number;
  }
  return found;
}

std::optional<uint64_t> WordScanner::scan(std::string_view text) const {
  uint64_t found = 0;
  bool ascii = true;
  size_t token = 0;      // where the token begins that the last block ended within
  uint64_t carried = 0;  // 1 when there is one
  const auto end_token = [&](size_t end) {
    const uint64_t lengths = lengths_[static_cast<unsigned char>(text[token])];
    if (lengths & length_bit(end - token)) found |= match(text, token, end - token);
  };
  for (size_t at = 0; at < text.size(); at += kBlock) {
    const uint64_t words = words_of_block(text.substr(at, kBlock), ascii);
    uint64_t starts = words & ~(words << 1 | carried);
    for (uint64_t ends = ~words & (words << 1 | carried); ends != 0; ends &= ends - 1) {
      if (carried == 0) {
        token = at + static_cast<size_t>(std::countr_zero(starts));
        starts &= starts - 1;
      }
      carried = 0;
      end_token(at + static_cast<size_t>(std::countr_zero(ends)));
    }
    if (starts != 0) token = at + static_cast<size_t>(std::countr_zero(starts));
    carried = words >> 63;
  }
  if (carried != 0) end_token(text.size());
  if (!ascii) return std::nullopt;
  return found;
}

}  // namespace rapport::expr
