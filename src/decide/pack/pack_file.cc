#include "decide/pack/pack_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace rapport::decide {
namespace {

constexpr size_t kLongestId = 64;
constexpr size_t kMostMembers = 1000;

bool is_space(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

// The runs of a scalar's text, found by matching it against its source from `at` on: white space
// may have been folded, and in quotes ('style') a quote doubled or a character escaped. Ends where
// they part.
std::vector<std::pair<size_t, size_t>> match_runs(std::string_view text, std::string_view source,
                                                  size_t at, char style) {
  std::vector<std::pair<size_t, size_t>> runs;  // offset in the text, in the source
  for (size_t i = 0; i < text.size(); i++) {
    if (is_space(text[i])) {
      if (at < source.size() && source[at] == text[i]) at++;
      continue;
    }
    while (at < source.size() && is_space(source[at])) at++;
    if (style == '"' && at < source.size() && source[at] == '\\') at++;
    if (at >= source.size() || source[at] != text[i]) break;
    if (runs.empty() || at - runs.back().second != i - runs.back().first) runs.emplace_back(i, at);
    at++;
    if (style == '\'' && text[i] == '\'') at++;
  }
  return runs;
}

// The texts of a field that holds one or a list; what holds others is refused and gives none.
std::vector<const YamlNode*> text_items(YamlFields& fields, std::string_view key) {
  fields.texts(key);
  const YamlNode* node = fields.take(key);
  std::vector<const YamlNode*> items;
  if (node == nullptr) return items;
  if (node->kind == YamlNode::Kind::kScalar) items.push_back(node);
  for (const YamlNode& item : node->items) {
    if (item.kind == YamlNode::Kind::kScalar) items.push_back(&item);
  }
  return items;
}

}  // namespace

PackFile::PackFile(std::string pack, std::string name, std::string_view text)
    : pack_(std::move(pack)), text_(text), lines_{0}, document_{.name = std::move(name)} {
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '\n') lines_.push_back(i + 1);
  }
}

size_t PackFile::source_of(const YamlNode& node) const {
  const auto line = static_cast<size_t>(std::max(node.line, 1) - 1);
  if (line >= lines_.size()) return text_.size();
  const size_t mark = line == 0 && text_.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  return std::min(text_.size(), lines_[line] + mark + static_cast<size_t>(node.column - 1));
}

Place PackFile::place_of(size_t offset) const {
  const auto next = std::upper_bound(lines_.begin(), lines_.end(), offset);
  const auto line = static_cast<size_t>(next - lines_.begin());
  int column = 1;
  for (size_t i = lines_[line - 1]; i < offset; i++) {
    column += (static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80 ? 1 : 0;
  }
  return {.file = document_.name, .line = static_cast<int>(line), .column = column};
}

Place PackFile::place(const YamlNode& node) const {
  return place_of(source_of(node));
}

void PackFile::each(const YamlNode& map, std::string_view what, IdForm form,
                    const ReadEntry& read) {
  if (map.kind == YamlNode::Kind::kNull) return;
  if (map.kind != YamlNode::Kind::kMap) {
    refuse(map, fmt::format("each {} must stand under its id, in a mapping", what));
    return;
  }
  if (map.members.size() > kMostMembers) {
    refuse(map, fmt::format("more than {} entries in one place", kMostMembers));
    return;
  }
  for (const auto& [key, value] : map.members) {
    check_id(key, key.text, form);
    read(key, value);
  }
}

YamlNode PackFile::as_map(const YamlNode& key, const YamlNode& value) {
  if (value.kind != YamlNode::Kind::kNull) return value;
  return {.kind = YamlNode::Kind::kMap, .line = key.line, .column = key.column};
}

void PackFile::begin(Entry& entry, const YamlNode& key, YamlFields& fields) {
  entry.id = key.text;
  entry.pack = pack_;
  entry.place = place(key);
  entry.says = fields.text_or("says", "");
  entry.spec = fields.texts("spec");
}

bool has_form(std::string_view word, IdForm form) {
  if (word.empty() || word.size() > kLongestId) return false;
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool band = form == IdForm::kBand;
  if (!is_lower(word[0]) && !(band && is_upper(word[0]))) return false;
  return std::all_of(word.begin(), word.end(), [&](char c) {
    const bool plain = is_lower(c) || (c >= '0' && c <= '9') || c == '_';
    return plain || (c == '-' && form != IdForm::kName) || (band && is_upper(c));
  });
}

std::string_view describe(IdForm form) {
  switch (form) {
    case IdForm::kId:
      return "lower-case letters, digits, '-' and '_', 64 at most, a letter first";
    case IdForm::kName:
      return "lower-case letters, digits and '_', 64 at most, a letter first, because it is named "
             "in expressions";
    case IdForm::kBand:
      return "letters, digits, '-' and '_', 64 at most, a letter first";
  }
  return {};
}

bool PackFile::check_id(const YamlNode& node, std::string_view word, IdForm form) {
  if (has_form(word, form)) return true;
  refuse(node, fmt::format("'{}' must be {}", word, describe(form)));
  return false;
}

std::string PackFile::id(YamlFields& fields, std::string_view key, IdForm form) {
  const YamlNode* node = fields.require(key);
  if (node == nullptr) return {};
  if (node->kind != YamlNode::Kind::kScalar) {
    refuse(*node, fmt::format("'{}' must be one id", key));
    return {};
  }
  return check_id(*node, node->text, form) ? node->text : std::string();
}

std::string PackFile::id_or(YamlFields& fields, std::string_view key, std::string_view fallback,
                            IdForm form) {
  return fields.take(key) == nullptr ? std::string(fallback) : id(fields, key, form);
}

std::vector<std::string> PackFile::ids(YamlFields& fields, std::string_view key, IdForm form) {
  std::vector<std::string> good;
  for (const YamlNode* item : text_items(fields, key)) {
    if (check_id(*item, item->text, form)) good.push_back(item->text);
  }
  return good;
}

std::vector<std::string> PackFile::events(YamlFields& fields, std::string_view key) {
  std::vector<std::string> good;
  for (const YamlNode* item : text_items(fields, key)) {
    const std::string& name = item->text;
    const std::vector<std::string_view> parts = split(name, '.');
    const bool fine = std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
      return !part.empty() && has_form('e' + ascii_lower(part), IdForm::kBand);  // 30_days too
    });
    const bool twice = std::find(good.begin(), good.end(), name) != good.end();
    if (!fine) {
      refuse(*item, fmt::format("'{}' is no name of an event, such as ticket.created", name));
    } else if (twice) {
      refuse(*item, fmt::format("'{}' is there twice", name));
    } else {
      good.push_back(name);
    }
  }
  return good;
}

std::optional<double> PackFile::number(const YamlNode& node, std::string_view key, double least,
                                       double most) {
  const Json literal = node.kind == YamlNode::Kind::kScalar ? node.to_json() : Json();
  if (literal.is_number()) {
    const double value = literal.as_double();
    if (std::isfinite(value) && value >= least && value <= most) return value;
  }
  refuse(node, fmt::format("'{}' must be a number from {} to {}", key, least, most));
  return std::nullopt;
}

std::optional<double> PackFile::number(YamlFields& fields, std::string_view key, double least,
                                       double most) {
  const YamlNode* node = fields.take(key);
  if (node == nullptr) return std::nullopt;
  return number(*node, key, least, most);
}

std::optional<Micros> parse_span(std::string_view text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number < 0 || number > 100'000) return std::nullopt;
  const std::string_view unit(stop, static_cast<size_t>(end - stop));
  if (unit == "ms") return millis(number);
  if (unit == "s") return seconds(number);
  if (unit == "m") return minutes(number);
  if (unit == "h") return hours(number);
  if (unit == "d") return days(number);
  return std::nullopt;
}

bool is_business_span(std::string_view text) {
  const std::vector<std::string_view> words = split(text, ' ');
  if (words.size() != 3 && words.size() != 5) return false;
  int64_t number = 0;
  const char* end = words[0].data() + words[0].size();
  const auto [stop, error] = std::from_chars(words[0].data(), end, number);
  if (error != std::errc() || stop != end || number < 1 || number > 10'000) return false;
  const bool unit = words[2] == "hour" || words[2] == "hours" || words[2] == "day" ||
                    words[2] == "days" || words[2] == "minute" || words[2] == "minutes";
  if (words[1] != "business" || !unit) return false;
  return words.size() == 3 || (words[3] == "of" && has_form(words[4], IdForm::kId));
}

bool is_money(std::string_view text) {
  if (text.size() < 5 || text[text.size() - 4] != ' ') return false;
  const std::string_view code = text.substr(text.size() - 3);
  if (!std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return false;
  }
  std::string_view amount = text.substr(0, text.size() - 4);
  if (amount.starts_with('-')) amount.remove_prefix(1);
  const size_t point = amount.find('.');
  const std::string_view whole = amount.substr(0, point);
  const std::string_view rest = point == amount.npos ? "0" : amount.substr(point + 1);
  const auto digits = [](std::string_view part, size_t most) {
    return !part.empty() && part.size() <= most &&
           std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  return digits(whole, 14) && digits(rest, 4);
}

Micros PackFile::span(YamlFields& fields, std::string_view key) {
  const YamlNode* node = fields.take(key);
  if (node == nullptr) return {};
  const auto span = parse_span(node->text);
  if (span && span->value > 0) return *span;
  refuse(*node, span ? fmt::format("'{}' must be longer than nothing; leave it out for none", key)
                     : fmt::format("'{}' must be a span such as 90s, 10m, 48h or 3d", key));
  return {};
}

std::string PackFile::wait(YamlFields& fields, std::string_view key) {
  const YamlNode* node = fields.take(key);
  if (node == nullptr) return {};
  const auto span = parse_span(node->text);
  if ((span && span->value > 0) || is_business_span(node->text)) return node->text;
  refuse(*node, fmt::format("'{}' must be a span such as 48h, 3d or 2 business hours", key));
  return {};
}

size_t PackFile::begin_of(const YamlNode& node, char& style) const {
  const size_t at = source_of(node);
  style = at < text_.size() ? text_[at] : ' ';
  if (!node.quoted) return at;
  if (style == '|' || style == '>') return std::min(text_.find('\n', at), text_.size());
  return style == '"' || style == '\'' ? at + 1 : at;
}

Formula PackFile::formula(const YamlNode& node, size_t skip) const {
  while (skip < node.text.size() && is_space(node.text[skip])) skip++;
  Formula made{.text = std::string(trim(std::string_view(node.text).substr(skip))),
               .place = place(node)};
  char style = ' ';
  const size_t at = begin_of(node, style);
  for (const auto& [offset, source] : match_runs(node.text, text_, at, style)) {
    if (offset >= skip + made.text.size()) break;
    const size_t from = std::max(offset, skip);
    const Place stands = place_of(source + (from - offset));
    if (offset <= skip) made.runs.clear();
    made.runs.push_back({.offset = from - skip, .line = stands.line, .column = stands.column});
  }
  if (!made.runs.empty()) {
    made.place.line = made.runs.front().line;
    made.place.column = made.runs.front().column;
    made.runs.erase(made.runs.begin());
  }
  return made;
}

Formula PackFile::condition(YamlFields& fields, std::string_view key) {
  const YamlNode* node = fields.take(key);
  if (node == nullptr) return {};
  const std::string_view text = trim(node->text);
  if (node->kind != YamlNode::Kind::kScalar || text.empty()) {
    refuse(*node, fmt::format("'{}' must be an expression", key));
    return {};
  }
  if (text.starts_with('=')) {
    refuse(*node, fmt::format("'{}' is an expression by itself; leave out the '='", key));
    return {};
  }
  return formula(*node, 0);
}

Formula PackFile::need_condition(YamlFields& fields, std::string_view key) {
  return fields.require(key) == nullptr ? Formula{} : condition(fields, key);
}

ValueSpec PackFile::value(const YamlNode& node) {
  ValueSpec made{.literal = {}, .formula = {}, .place = place(node)};
  const std::string_view text = trim(node.text);
  if (node.kind != YamlNode::Kind::kScalar || !text.starts_with('=')) {
    made.literal = node.to_json();
    return made;
  }
  made.formula = formula(node, node.text.find('=') + 1);
  if (made.formula.empty()) refuse(node, "an expression must stand after '='");
  return made;
}

ValueSpec PackFile::value(YamlFields& fields, std::string_view key) {
  const YamlNode* node = fields.take(key);
  return node == nullptr ? ValueSpec{} : value(*node);
}

}  // namespace rapport::decide
