#include "decide/pack/spec.h"

#include <fmt/core.h>

namespace rapport::decide {
namespace {

bool starts_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

// The byte at which a line and column, from 1 and in code points, stand in a text.
size_t offset_of(std::string_view text, int line, int column) {
  size_t at = 0;
  for (; line > 1; line--) {
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return text.size();
    at = end + 1;
  }
  for (; column > 1 && at < text.size() && text[at] != '\n'; column--) {
    at++;
    while (at < text.size() && !starts_code_point(text[at])) at++;
  }
  return at;
}

int code_points(std::string_view text) {
  int count = 0;
  for (const char byte : text) count += starts_code_point(byte) ? 1 : 0;
  return count;
}

}  // namespace

std::string to_text(const Place& place) {
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

Place Formula::place_at(int line, int column) const {
  const size_t offset = offset_of(text, line, column);
  Run run{.offset = 0, .line = place.line, .column = place.column};
  for (const Run& next : runs) {
    if (next.offset <= offset) run = next;
  }
  const std::string_view before = std::string_view(text).substr(run.offset, offset - run.offset);
  return {.file = place.file, .line = run.line, .column = run.column + code_points(before)};
}

const ValueSpec* ActionSpec::find(std::string_view path) const {
  for (const Argument& argument : arguments) {
    if (argument.path == path) return &argument.value;
  }
  return nullptr;
}

std::string ActionSpec::text(std::string_view path) const {
  const ValueSpec* value = find(path);
  if (value == nullptr || !value->formula.empty() || value->literal.is_null()) return {};
  if (value->literal.is_string()) return std::string(value->literal.as_string());
  return rapport::to_text(value->literal);
}

std::vector<std::pair<std::string, const ValueSpec*>> ActionSpec::under(
    std::string_view prefix) const {
  std::vector<std::pair<std::string, const ValueSpec*>> found;
  for (const Argument& argument : arguments) {
    const std::string_view path = argument.path;
    if (path.size() <= prefix.size() + 1 || !path.starts_with(prefix)) continue;
    if (path[prefix.size()] != '.') continue;
    found.emplace_back(path.substr(prefix.size() + 1), &argument.value);
  }
  return found;
}

}  // namespace rapport::decide
