// The text of an expression to its tree.
//
// Pure. Time and memory are linear in the text, which `limits` bound; the stack is bounded by
// `limits.depth`. No text makes it fail otherwise than by a problem.
#pragma once

#include <string_view>
#include <vector>

#include "expr/ast.h"
#include "expr/problem.h"

namespace rapport::expr {

struct ParseLimits {
  size_t bytes = 100'000;   // of the text
  uint32_t depth = 200;     // of brackets within each other, and of the tree
  uint32_t nodes = 10'000;  // of the tree
  uint32_t loops = 32;      // macros with a body within each other
};

struct ParseOptions {
  ParseLimits limits = {};
  bool macros = true;  // false: all(…), has(…) and the rest are calls
};

struct Parsed {
  Ast ast;                        // empty when there is a problem
  std::vector<Problem> problems;  // the first only: what follows a wrong place is a guess
  bool ok() const { return problems.empty(); }
};

Parsed parse(std::string_view source, const ParseOptions& options = {});

}  // namespace rapport::expr
