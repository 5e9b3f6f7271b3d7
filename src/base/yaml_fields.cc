#include "base/yaml_fields.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace rapport {

namespace {
constexpr size_t kMostErrors = 100;
}  // namespace

void YamlDocument::refuse(const YamlNode& node, std::string_view message) {
  Error found = yaml_error(name, node.line, node.column, message);
  if (errors.size() < kMostErrors) errors.push_back(found);
  if (!error) error = std::move(found);
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const auto close = nearest(word, views);
  return close ? fmt::format("; did you mean '{}'?", *close) : std::string();
}

YamlFields::YamlFields(const YamlNode& node, std::string what, YamlDocument& document)
    : node_(node), what_(std::move(what)), document_(document) {
  if (node.kind != YamlNode::Kind::kMap) document_.refuse(node, what_ + " must be a mapping");
}

const YamlNode* YamlFields::take(std::string_view key) {
  known_.emplace_back(key);
  const YamlNode* value = node_.find(key);
  return value == nullptr || value->kind == YamlNode::Kind::kNull ? nullptr : value;
}

const YamlNode* YamlFields::require(std::string_view key) {
  const YamlNode* value = take(key);
  if (value == nullptr) document_.refuse(node_, fmt::format("{} needs '{}'", what_, key));
  return value;
}

std::string YamlFields::text(std::string_view key) {
  const YamlNode* value = require(key);
  if (value == nullptr) return {};
  if (value->kind != YamlNode::Kind::kScalar || value->text.empty()) {
    document_.refuse(*value, fmt::format("'{}' must be a text", key));
    return {};
  }
  return value->text;
}

std::string YamlFields::text_or(std::string_view key, std::string_view fallback) {
  if (node_.find(key) == nullptr) {
    known_.emplace_back(key);
    return std::string(fallback);
  }
  return text(key);
}

std::vector<std::string> YamlFields::texts(std::string_view key) {
  const YamlNode* value = take(key);
  if (value == nullptr) return {};
  if (value->kind == YamlNode::Kind::kScalar) return {value->text};
  std::vector<std::string> all;
  for (const YamlNode& item : value->items) {
    if (item.kind != YamlNode::Kind::kScalar) {
      document_.refuse(item, fmt::format("'{}' must hold texts", key));
    }
    all.push_back(item.text);
  }
  if (value->kind != YamlNode::Kind::kList) {
    document_.refuse(*value, fmt::format("'{}' must be a text or a list of texts", key));
  }
  return all;
}

int64_t YamlFields::integer(std::string_view key, int64_t least, int64_t most, int64_t fallback) {
  const YamlNode* value = take(key);
  if (value == nullptr) return fallback;
  int64_t number = 0;
  const char* end = value->text.data() + value->text.size();
  const auto [stop, error] = std::from_chars(value->text.data(), end, number);
  if (value->quoted || error != std::errc() || stop != end || number < least || number > most) {
    document_.refuse(*value,
                     fmt::format("'{}' must be a whole number from {} to {}", key, least, most));
    return fallback;
  }
  return number;
}

bool YamlFields::flag(std::string_view key, bool fallback) {
  return choice(key, {"false", "true"}, fallback ? 1 : 0) == 1;
}

Micros YamlFields::span(std::string_view key, Micros fallback) {
  const YamlNode* value = take(key);
  if (value == nullptr) return fallback;
  int64_t number = 0;
  const char* end = value->text.data() + value->text.size();
  const auto [stop, error] = std::from_chars(value->text.data(), end, number);
  const std::string_view unit(stop, static_cast<size_t>(end - stop));
  if (error == std::errc() && number >= 0 && number <= 100'000) {
    if (unit == "ms") return millis(number);
    if (unit == "s") return seconds(number);
    if (unit == "m") return minutes(number);
    if (unit == "h") return hours(number);
    if (unit == "d") return days(number);
  }
  document_.refuse(*value,
                   fmt::format("'{}' must be a span such as 500ms, 10s, 5m, 2h or 30d", key));
  return fallback;
}

size_t YamlFields::choice(std::string_view key, std::span<const std::string_view> words,
                          size_t fallback) {
  const YamlNode* value = take(key);
  if (value == nullptr) return fallback;
  const auto found = std::find(words.begin(), words.end(), value->text);
  if (value->kind == YamlNode::Kind::kScalar && found != words.end()) {
    return static_cast<size_t>(found - words.begin());
  }
  const std::vector<std::string> candidates(words.begin(), words.end());
  document_.refuse(*value, fmt::format("'{}' must be one of {}{}", key, fmt::join(candidates, ", "),
                                       suggestion(value->text, candidates)));
  return fallback;
}

void YamlFields::finish() {
  for (const auto& [key, value] : node_.members) {
    if (std::find(known_.begin(), known_.end(), key.text) != known_.end()) continue;
    document_.refuse(
        key, fmt::format("{} has no '{}'{}", what_, key.text, suggestion(key.text, known_)));
  }
}

}  // namespace rapport
