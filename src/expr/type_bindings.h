// What is known so far of the types that type variables stand for, while an expression is checked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "expr/type.h"

namespace rapport::expr {

class TypeBindings {
 public:
  // Past so many comparisons of types nothing fits any more: see exhausted().
  explicit TypeBindings(uint32_t steps) : steps_left_(steps) {}

  Type fresh() {
    bound_.emplace_back();
    return Type::variable(static_cast<uint32_t>(bound_.size()) - 1);
  }
  // A type with each of its parameters replaced by a variable; the same name by the same one.
  using Named = std::map<std::string, Type, std::less<>>;
  Type instantiate(const Type& type, Named& named);

  // Whether a `from` may stand where a `to` is wanted; may bind variables of both, for good when
  // they fit, else not at all. dyn fits everything; null fits what may be absent.
  bool fits(const Type& from, const Type& to);
  // The type of what may be either: the more general of two that fit, else dyn.
  Type join(const Type& a, const Type& b);

  enum class Unbound : uint8_t { kKeep, kDyn };
  // With each bound variable replaced.
  Type resolve(const Type& type, Unbound unbound);

  // To try something and take it back.
  size_t mark() const { return journal_.size(); }
  void take_back(size_t mark);

  bool exhausted() const { return steps_left_ == 0; }

 private:
  bool step() {
    if (steps_left_ > 0) steps_left_--;
    return steps_left_ > 0;
  }
  bool try_fit(const Type& from, const Type& to);
  bool fit_parts(const Type& from, const Type& to);
  // Binds `variable` to `type` or finds them in agreement. `known`: it was bound before.
  bool bind(const Type& variable, const Type& type, bool& known);
  Type alias(Type type) const;
  bool occurs(const Type& variable, const Type& in);
  const Type& more_general(const Type& a, const Type& b);
  bool as_general(const Type& a, const Type& b);
  // Whether resolve() gives another type.
  bool changes(const Type& type, Unbound unbound);
  Type resolve_at(const Type& type, Unbound unbound, uint32_t depth);
  void set(uint32_t number, Type type);

  struct Change {
    uint32_t number;
    std::optional<Type> before;
  };
  uint32_t steps_left_;
  std::vector<std::optional<Type>> bound_;
  std::vector<Change> journal_;
};

}  // namespace rapport::expr
