// Reading a part of a value: fields, elements, presence. Shared by all evaluators.
#pragma once

#include "expr/registry.h"
#include "expr/value.h"

namespace rapport::expr {

enum class Lookup { kStrict, kOptional };  // a.b or a.?b; a[i] or a[?i]

// `missing` names the part in reports of missing fields; may be null.
Value select_field(const Value& operand, std::string_view field, Lookup lookup,
                   const Missing* missing, Call& call);
Value select_element(const Value& operand, const Value& index, Lookup lookup,
                     const Missing* missing, Call& call);
// has(operand.field)
Value has_field(const Value& operand, std::string_view field, Call& call);
// has() of a field with a slot of its own, given what the record answered.
inline Value has_value_read(const Value& read) {
  if (read.is_absent()) return Value::boolean(false);
  return read.is_known() ? Value::boolean(true) : read;
}
// What the record answered for a slot, with the path put to what is absent.
inline Value with_path(const Value& read, const Missing* missing) {
  return read.is_unknown() && read.missing() == nullptr
             ? (read.is_absent() ? Value::absent(missing) : Value::unknown(missing))
             : read;
}

// Gathers what of several parts could not be told: unknown beats error, the first error counts.
class Unsettled {
 public:
  explicit Unsettled(Call& call) : call_(call) {}
  // True when the part is a value proper.
  bool add(const Value& part) {
    if (part.is_known()) return true;
    if (part.is_unknown())
      value_ = value_.is_unknown() ? call_.arena.merge_unknown(value_, part)
                                   : Value::unknown(part.missing());
    else if (value_.is_known())
      value_ = part;
    return false;
  }
  bool any() const { return !value_.is_known(); }
  Value value() const { return value_; }

 private:
  Call& call_;
  Value value_;
};

// The first overload that takes the arguments, none of which is unknown or an error. Charges its
// cost and the size of the arguments.
struct BoundCall;
Value apply_overload(std::span<const BoundCall> calls, std::span<const Value> args, Call& call);

Value cost_exceeded();

}  // namespace rapport::expr
