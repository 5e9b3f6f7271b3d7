#include "sandbox/hubspot/tokens.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"

namespace rapport::sandbox::hubspot {
namespace {

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_word_byte(text[i])) continue;
    if (i > start) words.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  return words;
}

// `*` stands for any text, also none.
bool fits(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool contains_token(std::string_view text, std::string_view pattern) {
  const std::string low = ascii_lower(text);
  const std::string wanted = ascii_lower(trim(pattern));
  if (wanted.empty()) return false;
  if (fits(wanted, low)) return true;
  std::vector<std::string_view> words = words_of(low);
  for (const std::string_view part : split(low, ' ')) words.push_back(part);
  const auto has = [&](std::string_view word) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view have) { return fits(word, have); });
  };
  for (const std::string_view part : split(wanted, ' ')) {
    const bool wild = part.find('*') != std::string_view::npos;
    const auto asked = wild ? std::vector<std::string_view>{part} : words_of(part);
    if (!std::all_of(asked.begin(), asked.end(), has)) return false;
  }
  return true;
}

bool contains_words(std::string_view text, std::string_view query) {
  const std::string low = ascii_lower(text);
  const std::string asked = ascii_lower(query);
  for (const std::string_view word : split(asked, ' '))
    if (!word.empty() && low.find(word) == std::string::npos) return false;
  return true;
}

}  // namespace rapport::sandbox::hubspot
