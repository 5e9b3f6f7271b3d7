// What the loops of macros and the chains of && and || make of the values they meet; shared by all
// evaluators.
#pragma once

#include <vector>

#include "expr/ast.h"
#include "expr/registry.h"
#include "expr/selection.h"

namespace rapport::expr {

// && (settled by false) or || (settled by true): commutative over errors and unknowns.
class Junction {
 public:
  Junction(bool settled_by, Call& call) : settled_by_(settled_by), unsettled_(call) {}
  // False when the outcome is settled.
  bool add(const Value& part);
  Value value() const {
    if (settled_) return Value::boolean(settled_by_);
    return unsettled_.any() ? unsettled_.value() : Value::boolean(!settled_by_);
  }

 private:
  bool settled_by_;
  bool settled_ = false;
  Unsettled unsettled_;
};

// One run of a macro's loop.
class Loop {
 public:
  Loop(Macro macro, Call& call)
      : macro_(macro), call_(call), junction_(macro == Macro::kExists, call), unsettled_(call) {}

  // Whether the element passes the filter of map and transform….
  bool passes(const Value& filter);
  // Takes what the last argument gave for an element (the key, in loops over maps); false when the
  // outcome is settled.
  bool add(const Value& element, const Value& result);
  Value value();

 private:
  void add_entries(const Value& map);

  Macro macro_;
  Call& call_;
  Junction junction_;
  Unsettled unsettled_;
  uint32_t count_ = 0;
  std::vector<Value> items_;
  std::vector<Value> keys_;  // of sortBy, one an item
  std::vector<MapEntry> entries_;
};

}  // namespace rapport::expr
