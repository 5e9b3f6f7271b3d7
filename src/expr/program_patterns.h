// Recognises what has a faster form: constant sub-expressions, and tests of a slot against them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "expr/binding.h"
#include "expr/program_ops.h"

namespace rapport::expr {

// By node: the value of those that are the same for every record. Literals, and what functions and
// list and map literals make of constants; what fails is left to the evaluation. Values live in
// `arena` or in the binding.
std::vector<std::optional<Value>> fold_constants(const Binding& binding, Arena& arena);

// A call that compares a slot with constants.
struct SlotTest {
  OpCode code = OpCode::kEqualText;
  Relation relation = Relation::kLess;
  bool negated = false;
  bool as_whole = false;
  bool as_real = false;
  uint32_t slot = 0;
  int64_t whole = 0;
  double real = 0;
  Value constant;
};
std::optional<SlotTest> find_test(const Binding& binding,
                                  const std::vector<std::optional<Value>>& constants, NodeId call);

// Whether the call is `==` or `!=` of any two values.
bool is_equality(const BoundNode& node, std::string_view name);

// The texts of a list of strings.
std::vector<std::string_view> texts_of(const Value& list);

}  // namespace rapport::expr
