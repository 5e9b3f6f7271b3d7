// What the parser knows of words: operators, slips of the pen, dotted names.
#pragma once

#include <string>
#include <string_view>

#include "expr/ast.h"

namespace rapport::expr {

struct Operator {
  std::string_view sign;
  std::string_view function;  // the name of its overloads: "_+_"
  int level;                  // 0: relations, 1: sums, 2: products
};

// Null when `sign` is no operator of two operands, `&&` and `||` aside.
const Operator* find_binary(std::string_view sign);
// The same by the function's name.
const Operator* find_function_operator(std::string_view function);

// What was meant by a word where an operator must stand: "and" is "&&". Empty when unknown.
std::string_view operator_meant(std::string_view word);
// In quotes, cut after 40 bytes.
std::string shown_word(std::string_view word);

// Of a text that is not UTF-8.
size_t first_wrong_byte(std::string_view text);

// A name, or selects of one, `a.b.c`, without `.?`.
bool is_name_chain(const Ast& ast, NodeId id);
// "a.b.c" of such a chain.
std::string joined_name(const Ast& ast, NodeId id);
bool starts_with_dot(const Ast& ast, NodeId id);

}  // namespace rapport::expr
