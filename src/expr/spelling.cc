#include "expr/spelling.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace rapport::expr {
namespace {

constexpr size_t kLongestWord = 40;

struct Foreign {
  std::string_view word;
  std::string_view meant;
};
constexpr Foreign kConstants[] = {{"True", "true"},      {"TRUE", "true"}, {"False", "false"},
                                  {"FALSE", "false"},    {"None", "null"}, {"none", "null"},
                                  {"nil", "null"},       {"NULL", "null"}, {"Null", "null"},
                                  {"undefined", "null"}, {"yes", "true"},  {"no", "false"}};
constexpr Foreign kFunctions[] = {{"length", "size"},      {"len", "size"},
                                  {"count", "size"},       {"toLowerCase", "lowerAscii"},
                                  {"lower", "lowerAscii"}, {"toUpperCase", "upperAscii"},
                                  {"upper", "upperAscii"}, {"includes", "contains"},
                                  {"any", "exists"},       {"some", "exists"},
                                  {"every", "all"},        {"find", "filter"},
                                  {"select", "filter"},    {"where", "filter"},
                                  {"strip", "trim"},       {"concat", "+"},
                                  {"match", "matches"},    {"test", "matches"},
                                  {"str", "string"},       {"toString", "string"},
                                  {"float", "double"},     {"number", "double"},
                                  {"Int", "int"},          {"max", "math.greatest"},
                                  {"min", "math.least"},   {"abs", "math.abs"},
                                  {"round", "math.round"}, {"floor", "math.floor"},
                                  {"ceil", "math.ceil"},   {"exist", "has"},
                                  {"defined", "has"},      {"substr", "substring"},
                                  {"uniq", "distinct"},    {"unique", "distinct"},
                                  {"date", "timestamp"},   {"datetime", "timestamp"}};

std::string folded(std::string_view word) {
  std::string out = ascii_lower(word);
  std::erase(out, '_');
  return out;
}

// Optimal string alignment: insert, delete, replace, swap neighbours; rows of fixed size.
size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<size_t, kLongestWord + 1>, 3> rows{};
  for (size_t j = 0; j <= b.size(); j++) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i - 1) % 3];
    const auto& before = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      const size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return rows[a.size() % 3][b.size()];
}

std::string_view meant(std::span<const Foreign> table, std::string_view word) {
  const auto found = std::ranges::find(table, word, &Foreign::word);
  return found == table.end() ? std::string_view() : found->meant;
}

}  // namespace

std::string nearest_spelling(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() < 2 || word.size() > kLongestWord) return {};
  const std::string plain = folded(word);
  const size_t allowed = plain.size() < 5 ? 1 : 2;
  size_t best = allowed + 1;
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() < 2 || candidate.size() > kLongestWord || candidate == word) continue;
    const size_t apart = distance(plain, folded(candidate));
    if (apart < best && apart < std::min(plain.size(), candidate.size())) {
      best = apart;
      found = candidate;
    }
  }
  return std::string(found);
}

std::string_view constant_meant(std::string_view word) {
  return meant(kConstants, word);
}
std::string_view function_meant(std::string_view word) {
  return meant(kFunctions, word);
}

}  // namespace rapport::expr
