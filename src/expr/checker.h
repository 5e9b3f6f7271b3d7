// Resolves the names of an expression and finds the type of each of its nodes, before it is ever
// evaluated. Gradual: what is dyn is left to the evaluation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "expr/ast.h"
#include "expr/declarations.h"
#include "expr/problem.h"
#include "expr/type.h"

namespace rapport::expr {

enum class Strictness : uint8_t {
  kTypes,  // every problem is reported
  kNames,  // names are resolved, types do not matter: nothing is ever reported. What has no meaning
           // is an error when evaluated (kUnknown, a call without overloads)
};

enum class Meaning : uint8_t {
  kNone,      // has none of its own: a literal, an operator, the select of a field
  kVariable,  // number: the declared variable. A chain of selects `a.b.c` may be one variable: then
              // its outermost select has this meaning and its operands are not evaluated
  kLocal,     // number: the slot of a macro's variable
  kType,      // a type as a value: Checked::types has its type(…)
  kFunction,  // a call: number is the first of its overloads in Checked::overloads
  kUnknown,   // kNames only: nothing of that name
};

struct Reference {
  Meaning meaning = Meaning::kNone;
  // A call written as a method, `math.abs(x)`, whose name is a function's: its first child is no
  // receiver and is not evaluated. Checked::function_name has the full name.
  bool qualified = false;
  uint16_t overload_count = 0;  // of a call: those that can apply
  uint32_t number = 0;
  // Of a node that declares variables of its own (kComprehension, kBind, kOptMap): the slot of the
  // first, a second one follows it. Slots are from 0, those of loops side by side may be the same.
  uint32_t slot = 0;
};

struct Checked {
  std::vector<Problem> problems;      // in the order of the text, 20 at most
  std::vector<Reference> references;  // by node
  std::vector<Type> types;            // by node; dyn in kNames
  std::vector<uint32_t> overloads;    // the ids given to Declarations::add_function
  std::vector<std::string> names;     // of qualified calls, by index
  std::vector<uint32_t> name_of;      // by node: index into names, 0 is none
  uint32_t slots = 0;                 // locals the evaluation needs
  // Paths the expression reads, each once, sorted: "contact.email"; what a macro reads of the
  // elements of a list is the path of the list, and a path stops before a computed index. A change
  // of a path is one of what it leads into and of what leads to it too. Empty when there are
  // problems.
  std::vector<std::string> fields;
  bool ok() const { return problems.empty(); }
};

Checked check(const Ast& ast, const Declarations& declarations,
              Strictness strictness = Strictness::kTypes);

}  // namespace rapport::expr
