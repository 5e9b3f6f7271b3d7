// Results for people: columns, and progress on long work.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace rapport {

// Left-aligned columns as wide as their longest cell. Without rows: `none`.
std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows, std::string_view none);
// A member as text: texts as they are, null and absent as "-", lists joined by ", ".
std::string cell(const Json& row, std::string_view member);

// One line on stderr that is overwritten; silent where stderr is no terminal, or when told so.
class ProgressLine {
 public:
  ProgressLine(std::string what, bool silent);
  ~ProgressLine();  // ends the line
  void show(uint64_t done, uint64_t all, std::string_view unit);

 private:
  std::string what_;
  bool silent_, shown_ = false;
  uint64_t last_step_ = UINT64_MAX;
};

}  // namespace rapport
