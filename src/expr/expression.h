// From text to an expression that is ready, in one step: parse, check, bind.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/binding.h"

namespace rapport::expr {

// What expressions of one kind may name and use. All of it outlives them, declarations aside.
struct Environment {
  const Declarations& declarations;  // with the registry's functions: declare()
  const Registry& registry;
  const Layout& layout;
  const Zones* zones = nullptr;  // null: UTC and fixed offsets only
};

struct Expression {
  std::shared_ptr<const Binding> binding;  // for Program, RuleSet, interpret and explain
  Type type;                               // what it gives; dyn when that is told by the record
  std::vector<std::string> fields;         // what it reads: Checked::fields
};

// Error: the first thing that is wrong, with its place as "line:column" in `where`; also when what
// the expression gives cannot be a `wanted`, such as bool for a condition. dyn takes everything.
Result<Expression> read_expression(std::string_view text, const Environment& environment,
                                   const Type& wanted = {});

}  // namespace rapport::expr
