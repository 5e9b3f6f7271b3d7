#include "expr/problem.h"

namespace rapport::expr {

std::string to_text(const Problem& problem) {
  if (problem.suggestion.empty()) return problem.message;
  return problem.message + ", did you mean '" + problem.suggestion + "'?";
}

Error to_error(const std::vector<Problem>& problems) {
  CHECK(!problems.empty());
  const Problem& first = problems.front();
  return invalid(to_text(first),
                 std::to_string(first.at.line) + ":" + std::to_string(first.at.column));
}

}  // namespace rapport::expr
