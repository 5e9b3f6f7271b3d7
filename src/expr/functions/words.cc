// Words in text: whole words or phrases, whatever their case, and the distance between two words.
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "expr/collections.h"
#include "expr/functions/libraries.h"
#include "expr/functions/text_search.h"

namespace rapport::expr {
namespace {

constexpr Failure kNoRoom{"these texts are too long to be compared within the limits"};
constexpr size_t kBytesFolded = 4;  // for a unit of work, where they are not plain ASCII

// Case folded and in one normal form (NFKC_Casefold), so that what reads the same is the same.
std::string fold(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; }))
    return ascii_lower(text);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* folder = icu::Normalizer2::getNFKCCasefoldInstance(status);
  CHECK(U_SUCCESS(status));
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  folder->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink,
                        nullptr, status);
  CHECK(U_SUCCESS(status));
  return out;
}

// Letters, digits, marks and the underscore belong to words.
bool is_word_part(UChar32 c) {
  return c == '_' || u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
}
bool has_word_part_before(const std::string& text, size_t at) {
  if (at == 0) return false;
  auto i = static_cast<int32_t>(at);
  UChar32 c;
  U8_PREV(reinterpret_cast<const uint8_t*>(text.data()), 0, i, c);
  return is_word_part(c);
}
bool has_word_part_at(const std::string& text, size_t at) {
  if (at >= text.size()) return false;
  auto i = static_cast<int32_t>(at);
  UChar32 c;
  U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), i, static_cast<int32_t>(text.size()), c);
  return is_word_part(c);
}

// Whether a folded word stands in a folded text and is no part of a longer word there. A word that
// itself begins or ends in punctuation ("c++") needs no boundary on that side.
Value has_word(const std::string& text, const std::string& word, Call& call) {
  if (word.empty()) return Value::boolean(false);
  const bool begins = has_word_part_at(word, 0);
  const bool ends = has_word_part_before(word, word.size());
  for (size_t at = find_text(text, word); at != std::string::npos;
       at = find_text(text, word, at + 1)) {
    const size_t end = at + word.size();
    if (!(begins && has_word_part_before(text, at)) && !(ends && has_word_part_at(text, end)))
      return Value::boolean(true);
    if (!call.budget.spend(1 + word.size() / 8)) return Value::error(&kNoRoom);
  }
  return Value::boolean(false);
}

Value has_any_word(Arguments args, Call& call) {
  if (!call.budget.spend(args[0].as_text().size() / kBytesFolded)) return Value::error(&kNoRoom);
  const std::string text = fold(args[0].as_text());
  const uint32_t count = list_size(args[1]);
  if (!call.budget.spend(count * (1 + text.size() / 64))) return Value::error(&kNoRoom);
  for (uint32_t i = 0; i < count; ++i) {
    const Value word = list_at(args[1], i, call.arena);
    if (!word.is_known()) return word;
    if (!word.is(Kind::kString)) return no_such_overload();
    if (!call.budget.spend(word.as_text().size() / kBytesFolded)) return Value::error(&kNoRoom);
    const Value there = has_word(text, fold(word.as_text()), call);
    if (!there.is_false()) return there;
  }
  return Value::boolean(false);
}

Value fold_case(Arguments args, Call& call) {
  if (!call.budget.spend(args[0].as_text().size() / kBytesFolded)) return Value::error(&kNoRoom);
  return call.arena.string(fold(args[0].as_text()));
}

std::vector<UChar32> to_code_points(std::string_view text) {
  std::vector<UChar32> out;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < size;) {
    UChar32 c;
    U8_NEXT(bytes, i, size, c);
    out.push_back(c);
  }
  return out;
}

// Levenshtein's: insertions, deletions and replacements of code points. Source: Wagner and Fischer,
// "The String-to-String Correction Problem" (1974), with one row of memory.
Value edit_distance(Arguments args, Call& call) {
  const std::vector<UChar32> a = to_code_points(args[0].as_text());
  const std::vector<UChar32> b = to_code_points(args[1].as_text());
  if (!call.budget.spend((a.size() + 1) * (b.size() + 1) / 8)) return Value::error(&kNoRoom);
  std::vector<int64_t> row(b.size() + 1);
  for (size_t k = 0; k <= b.size(); ++k) row[k] = static_cast<int64_t>(k);
  for (size_t i = 1; i <= a.size(); ++i) {
    int64_t diagonal = row[0];
    row[0] = static_cast<int64_t>(i);
    for (size_t k = 1; k <= b.size(); ++k) {
      const int64_t replaced = diagonal + (a[i - 1] != b[k - 1]);
      diagonal = row[k];
      row[k] = std::min({replaced, row[k] + 1, row[k - 1] + 1});
    }
  }
  return Value::integer(row.back());
}

constexpr Overload kOverloads[] = {
    {"hasAnyWord", "string.(list(string)) -> bool", 4, has_any_word},
    {"foldCase", "string.() -> string", 2, fold_case},
    {"editDistance", "(string, string) -> int", 4, edit_distance},
};

}  // namespace

std::span<const Overload> word_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
