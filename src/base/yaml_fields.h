// Reads the fields of a YAML mapping: known keys by type, unknown keys refused with a suggestion.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/yaml.h"

namespace rapport {

// The document being read and what is wrong with it. Readers go on after an error with defaults, so
// that loading code needs no checks of its own; who loads looks at `error` or `errors` at the end.
struct YamlDocument {
  std::string name;
  std::optional<Error> error = std::nullopt;  // the first
  std::vector<Error> errors = {};             // all, in the order they were found; 100 at most
  const YamlNode* calls = nullptr;  // requests declared once and named where they are used
  void refuse(const YamlNode& node, std::string_view message);
};

class YamlFields {
 public:
  // `what` names the mapping in messages: "object 'contacts'".
  YamlFields(const YamlNode& node, std::string what, YamlDocument& document);

  const YamlNode* take(std::string_view key);     // null when absent
  const YamlNode* require(std::string_view key);  // absent: refused
  std::string text(std::string_view key);         // required, not empty
  std::string text_or(std::string_view key, std::string_view fallback);
  std::vector<std::string> texts(std::string_view key);  // one or a list; absent: none
  int64_t integer(std::string_view key, int64_t least, int64_t most, int64_t fallback);
  bool flag(std::string_view key, bool fallback);
  Micros span(std::string_view key, Micros fallback);  // "500ms", "10s", "5m", "2h", "30d"
  // The position of the word found; absent: `fallback`.
  size_t choice(std::string_view key, std::span<const std::string_view> words, size_t fallback);
  size_t choice(std::string_view key, std::initializer_list<std::string_view> words,
                size_t fallback) {
    return choice(key, std::span(words.begin(), words.size()), fallback);
  }
  // Refuses every key that was not taken.
  void finish();

 private:
  const YamlNode& node_;
  std::string what_;
  YamlDocument& document_;
  std::vector<std::string> known_;
};

// " Did you mean 'x'?" or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace rapport
