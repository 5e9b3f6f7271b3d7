#include "expr/selection.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.h"
#include "expr/binding.h"
#include "expr/collections.h"
#include "expr/functions/libraries.h"
#include "expr/parser_words.h"

namespace rapport::expr {
namespace {

constexpr Failure kNoElements{"this value cannot be indexed"};
constexpr Failure kBadIndex{"a list is indexed by whole numbers"};
constexpr Failure kBadKey{"unsupported key type"};
constexpr Failure kCost{"the evaluation costs more than its limit allows"};

Value no_such_key(const Value& key, Call& call) {
  if (!key.is(Kind::kString)) return call.error("no such key");
  return call.error("no such key: '" + std::string(cut_utf8(key.as_text(), 80)) + "'");
}

// "null has no field 'city'"
Value no_fields(const Value& operand, std::string_view field, Call& call) {
  return call.error(std::string(operand.is(Kind::kNull) ? "null" : type_name(operand)) +
                    " has no field '" + std::string(cut_utf8(field, 80)) + "'");
}

// A map or object read at a key; `lookup` decides what a missing one is.
Value find_key(const Value& map, const Value& key, Lookup lookup, const Missing* missing,
               Call& call) {
  const Value found = map_find(map, key, call.arena);
  if (found.is_absent()) {
    if (lookup == Lookup::kOptional) return Value::none();
    return map.is(Kind::kObject) ? with_path(found, missing) : no_such_key(key, call);
  }
  if (!found.is_known()) return with_path(found, missing);
  return lookup == Lookup::kOptional ? call.arena.some(found) : found;
}

// Reading within optional.of(x) gives an optional; within optional.none() none.
template <class Read>
Value within_optional(const Value& optional, Read read) {
  return optional.held() == nullptr ? Value::none() : read(*optional.held());
}

// Of what is not known: an absent value has absent parts.
Value part_of_unknown(const Value& operand, Lookup lookup, const Missing* missing) {
  if (!operand.is_absent()) return operand;
  return lookup == Lookup::kOptional ? Value::none() : Value::absent(missing);
}

// The index as a place, or -1 when it is beyond the list, -2 when it is no whole number.
int64_t place_in(uint32_t size, const Value& index) {
  int64_t at = -2;
  if (index.is(Kind::kInt)) at = index.as_int() < 0 ? -1 : index.as_int();
  if (index.is(Kind::kUint)) at = index.as_uint() > INT64_MAX ? -1 : index.as_int();
  if (index.is(Kind::kDouble) && index.as_double() == std::trunc(index.as_double()))
    at = index.as_double() < 0 || index.as_double() >= 4294967296.0
             ? -1
             : static_cast<int64_t>(index.as_double());
  return at >= size ? -1 : at;
}

Value element_of_list(const Value& list, const Value& index, Lookup lookup, const Missing* missing,
                      Call& call) {
  const int64_t at = place_in(list_size(list), index);
  if (at == -2) return Value::error(&kBadIndex);
  if (at < 0) {
    if (lookup == Lookup::kOptional) return Value::none();
    return call.error("index out of bounds: the list has " + std::to_string(list_size(list)) +
                      " elements");
  }
  const Value found = list_at(list, static_cast<uint32_t>(at), call.arena);
  if (!found.is_known()) return with_path(found, missing);
  return lookup == Lookup::kOptional ? call.arena.some(found) : found;
}

// "'>' does not work on string and int", "'startsWith' does not work on int".
Value no_overload(std::span<const BoundCall> calls, std::span<const Value> args, Call& call) {
  if (calls.empty()) return no_such_overload();
  std::string_view name = calls[0].overload->overload->name;
  if (const Operator* sign = find_function_operator(name)) name = sign->sign;
  if (name == "!_" || name == "-_") name = name.substr(0, 1);
  std::string message = "no such overload: '" + std::string(name) + "' does not work on ";
  for (size_t i = 0; i < std::min<size_t>(args.size(), 4); ++i) {
    if (i > 0) message += i + 1 == args.size() ? " and " : ", ";
    message += type_name(args[i]);
  }
  return call.error(message);
}

uint64_t size_charge(std::span<const Value> args) {
  uint64_t units = 0;
  for (const Value& arg : args) {
    if (arg.is(Kind::kString) || arg.is(Kind::kBytes)) units += arg.as_text().size() / 32;
    if (arg.is(Kind::kList)) units += list_size(arg) / 4;
  }
  return units;
}

}  // namespace

Value select_field(const Value& operand, std::string_view field, Lookup lookup,
                   const Missing* missing, Call& call) {
  if (operand.is_unknown()) return part_of_unknown(operand, lookup, missing);
  if (operand.is_error()) return operand;
  if (is_map(operand)) return find_key(operand, Value::string(field), lookup, missing, call);
  if (operand.is(Kind::kOptional))
    return within_optional(operand, [&](const Value& held) {
      return select_field(held, field, Lookup::kOptional, missing, call);
    });
  return no_fields(operand, field, call);
}

Value select_element(const Value& operand, const Value& index, Lookup lookup,
                     const Missing* missing, Call& call) {
  Unsettled unsettled(call);
  if (operand.is_absent() && index.is_known()) return part_of_unknown(operand, lookup, missing);
  if (!unsettled.add(operand) | !unsettled.add(index)) return unsettled.value();
  if (operand.is(Kind::kOptional))
    return within_optional(operand, [&](const Value& held) {
      return select_element(held, index, Lookup::kOptional, missing, call);
    });
  if (operand.is(Kind::kList)) return element_of_list(operand, index, lookup, missing, call);
  if (!is_map(operand)) return Value::error(&kNoElements);
  if (index.is(Kind::kString) && !call.budget.spend(index.as_text().size() / 16))
    return cost_exceeded();
  const bool key = index.is_number() || index.is(Kind::kBool) || index.is(Kind::kString);
  return key ? find_key(operand, index, lookup, missing, call) : Value::error(&kBadKey);
}

Value has_field(const Value& operand, std::string_view field, Call& call) {
  if (operand.is_absent()) return Value::boolean(false);
  if (!operand.is_known()) return operand;
  if (is_map(operand)) return has_value_read(map_find(operand, Value::string(field), call.arena));
  if (operand.is(Kind::kOptional))
    return operand.held() == nullptr ? Value::boolean(false)
                                     : has_field(*operand.held(), field, call);
  return no_fields(operand, field, call);
}

Value apply_overload(std::span<const BoundCall> calls, std::span<const Value> args, Call& call) {
  for (const BoundCall& candidate : calls) {
    if (!candidate.overload->accepts(args)) continue;
    const Overload& overload = *candidate.overload->overload;
    if (!call.budget.spend(overload.cost + size_charge(args))) return cost_exceeded();
    call.prepared = candidate.prepared.get();
    const Value value = overload.apply(args, call);
    // What a function hands on may be absent inside a list; its own result is not.
    return value.is_absent() ? Value::unknown(value.missing()) : value;
  }
  return no_overload(calls, args, call);
}

Value cost_exceeded() {
  return Value::error(&kCost);
}

}  // namespace rapport::expr
