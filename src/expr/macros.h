// The macros: words that look like calls and bind names for their arguments.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "expr/ast.h"

namespace rapport::expr {

// A macro written as a method of what it loops over or looks into.
struct MacroForm {
  std::string_view name;
  Macro macro;
  size_t arguments;      // in all
  size_t variables;      // how many of them, the first ones, are names
  std::string_view use;  // "list.all(x, condition)"
};

// Null when `name` with so many arguments is no macro.
const MacroForm* find_macro(std::string_view name, size_t arguments);
// How a macro of that name is written; empty when none has it. has and cel.bind among them.
std::string_view macro_use(std::string_view name);
std::span<const MacroForm> macro_forms();

// The word a node's macro is written with.
std::string_view macro_name(const Node& node);

}  // namespace rapport::expr
