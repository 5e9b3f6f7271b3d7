#include "main/commands/table.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace rapport {

namespace {

// Columns on a screen, near enough: bytes that start a UTF-8 sequence.
size_t width(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string out;
  for (size_t i = 0; i < cells.size(); ++i) {
    out += cells[i];
    if (i + 1 < cells.size()) out += std::string(widths[i] - width(cells[i]) + 2, ' ');
  }
  return out + "\n";
}

}  // namespace

std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows, std::string_view none) {
  if (rows.empty()) return std::string(none) + "\n";
  std::vector<size_t> widths;
  for (const auto& heading : headings) widths.push_back(width(heading));
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  std::string out = line(headings, widths);
  for (const auto& row : rows) out += line(row, widths);
  return out;
}

std::string cell(const Json& row, std::string_view member) {
  const Json* value = row.find(member);
  if (!value || value->is_null()) return "-";
  if (value->is_string()) return std::string(value->as_string());
  if (!value->is_array()) return to_text(*value);
  std::string out;
  for (const Json& item : value->as_array())
    out += (out.empty() ? "" : ", ") +
           (item.is_string() ? std::string(item.as_string()) : to_text(item));
  return out.empty() ? "-" : out;
}

ProgressLine::ProgressLine(std::string what, bool silent)
    : what_(std::move(what)), silent_(silent || isatty(STDERR_FILENO) == 0) {}

ProgressLine::~ProgressLine() {
  if (shown_) fmt::print(stderr, "\n");
}

void ProgressLine::show(uint64_t done, uint64_t all, std::string_view unit) {
  if (silent_) return;
  const uint64_t step = all == 0 ? done / 1000 : done * 200 / all;
  if (step == last_step_) return;
  last_step_ = step;
  shown_ = true;
  if (all == 0) {
    fmt::print(stderr, "\r{}: {} {}", what_, done, unit);
  } else {
    fmt::print(stderr, "\r{}: {} of {} {} ({}%)  ", what_, done, all, unit,
               std::min<uint64_t>(100, done * 100 / all));
  }
}

}  // namespace rapport
