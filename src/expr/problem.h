// What is wrong with an expression, for the person who wrote it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/ast.h"

namespace rapport::expr {

struct Problem {
  std::string message;     // "unknown name 'contcat'"
  Position at;             // where it stands
  std::string suggestion;  // what may have been meant, "contact"; empty when nothing is near
};

// "unknown name 'contcat', did you mean 'contact'?"
std::string to_text(const Problem& problem);
// The first of them as an error whose `where` is "line:column". There is one at least.
Error to_error(const std::vector<Problem>& problems);

}  // namespace rapport::expr
