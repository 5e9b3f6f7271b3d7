// A tree back to text, in one canonical way: macros as macros, least parentheses, single quotes,
// decimal numbers. parse(print(tree)) is the same tree.
#pragma once

#include <string>

#include "expr/ast.h"

namespace rapport::expr {

std::string print(const Ast& ast);
// A part of it.
std::string print(const Ast& ast, NodeId id);
// A literal of the text, quoted and escaped; bytes with b before.
std::string quoted_text(std::string_view text);
std::string quoted_bytes(std::string_view bytes);

}  // namespace rapport::expr
