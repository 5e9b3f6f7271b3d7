// An expression made ready to be evaluated over records of one layout: names are slots, types and
// literals are constants, calls have their overloads, constant patterns and zones are prepared.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "expr/ast.h"
#include "expr/checker.h"
#include "expr/declarations.h"
#include "expr/record.h"
#include "expr/registry.h"

namespace rapport::expr {

struct BoundCall {
  const BoundOverload* overload = nullptr;
  Prepared prepared;
};

// Where the value of a node comes from.
enum class Origin : uint8_t {
  kComputed,  // from its children
  kSlot,      // number: the record's slot
  kLocal,     // number: the slot of a macro's variable
  kConstant,  // constant; also an error value for a name that has no meaning
};

struct BoundNode {
  Origin origin = Origin::kComputed;
  bool qualified = false;  // a call whose first child is part of its name
  uint32_t number = 0;
  uint32_t local = 0;  // of a node with variables: the slot of the first
  Value constant;
  std::string path;                // as reports of missing fields name it: "event.items[].price"
  Missing missing;                 // that path alone
  std::vector<BoundCall> calls;    // overloads that may apply, in order
  std::vector<std::string> owned;  // texts that `constant` borrows
};

// Immutable; borrows the registry. Moving it keeps its values valid.
class Binding {
 public:
  // Error: a problem of the check, a variable without a slot, or a literal that cannot be what it
  // is used as (pattern, zone, calendar, timestamp, money); `where` is "line:column". `zones` may
  // be null. Registry and zones must outlive the binding.
  static Result<Binding> make(Ast ast, Checked checked, const Declarations& declarations,
                              const Registry& registry, const Layout& layout, const Zones* zones);

  const Ast& ast() const { return ast_; }
  const BoundNode& node(NodeId id) const { return nodes_[id]; }
  uint32_t locals() const { return locals_; }

 private:
  Ast ast_;
  std::vector<BoundNode> nodes_;
  uint32_t locals_ = 0;
};

}  // namespace rapport::expr
