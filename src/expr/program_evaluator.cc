#include "expr/program_evaluator.h"

#include <algorithm>
#include <array>

#include "expr/collections.h"
#include "expr/functions/libraries.h"
#include "expr/loops.h"
#include "expr/selection.h"

namespace rapport::expr {
namespace {

constexpr Failure kFailed{"the evaluation failed"};

Value unsettled(Truth t) {
  return t == Truth::kUnknown ? Value::unknown(nullptr) : Value::error(&kFailed);
}
Value to_value(Truth t) {
  if (t == Truth::kTrue || t == Truth::kFalse) return Value::boolean(t == Truth::kTrue);
  return unsettled(t);
}
Value plain(const Value& v) {
  return v.is_absent() ? Value::unknown(v.missing()) : v;
}
Truth turned(bool holds, const Op& op) {
  return to_truth(holds != op.negated);
}

// Gathers what of several parts is not known: unknown beats error.
class Parts {
 public:
  bool add(const Value& part) {
    if (part.is_known()) return true;
    worst_ = std::min(worst_, part.is_unknown() ? Truth::kUnknown : Truth::kError);
    return false;
  }
  void fail() { worst_ = std::min(worst_, Truth::kError); }
  bool all_known() const { return worst_ == Truth::kTrue; }
  Value value() const { return unsettled(worst_); }

 private:
  Truth worst_ = Truth::kTrue;
};

}  // namespace

Truth Evaluator::truth_of(const Op& op) {
  switch (op.code) {
    case OpCode::kAnd:
      return and_of(op);
    case OpCode::kOr:
      return or_of(op);
    case OpCode::kNot:
      return !truth(operand(op));
    case OpCode::kSlotIsTrue: {
      const Truth t = to_truth(read(op));
      return op.negated ? !t : t;
    }
    case OpCode::kHasSlot: {
      const Truth t = to_truth(has_value_read(read(op)));
      return op.negated ? !t : t;
    }
    case OpCode::kEqualText:
      return equal_text(op);
    case OpCode::kEqualNumber:
      return equal_number(op);
    case OpCode::kOrder:
      return order(op);
    case OpCode::kOrderMoney:
      return order_money(op);
    case OpCode::kTextInList:
      return text_in_list(op);
    case OpCode::kListHasText:
      return list_has_text(op);
    case OpCode::kWordsInText:
      return words_in_text(op);
    case OpCode::kTableTextIs: {
      const SlotState& state = slot_state(op.number);
      if (state.held == SlotState::Held::kText) return turned(state.symbol == op.symbol, op);
      return truth(operand(op));
    }
    case OpCode::kTableNumberIs: {
      const SlotState& state = slot_state(op.number);
      if (state.held == SlotState::Held::kNumber) return turned(state.symbol == op.symbol, op);
      return truth(operand(op));
    }
    case OpCode::kTableTextIn: {
      const SlotState& state = slot_state(op.number);
      if (state.held != SlotState::Held::kText) return truth(operand(op));
      const bool in_word = state.symbol / 64 == op.symbol;
      return turned(in_word && (op.symbols >> state.symbol % 64 & 1) != 0, op);
    }
    case OpCode::kTableListHas: {
      const SlotState& state = slot_state(op.number);
      if (state.held != SlotState::Held::kList) return truth(operand(op));
      return turned((state.bits[op.symbol] & op.symbols) != 0, op);
    }
    case OpCode::kTableWords:
      return table_words(op);
    case OpCode::kExists:
    case OpCode::kAll:
      return iterate(op);
    default:
      return to_truth(value_of(op));
  }
}

Value Evaluator::value_of(const Op& op) {
  switch (op.code) {
    case OpCode::kShared:
      return shared(op);
    case OpCode::kConstant:
      return op.constant;
    case OpCode::kSlot:
      return read(op);
    case OpCode::kLocal:
      return locals_[op.number];
    case OpCode::kSelect:
    case OpCode::kSelectOptional: {
      const Lookup lookup = op.code == OpCode::kSelect ? Lookup::kStrict : Lookup::kOptional;
      return select_field(value(operand(op)), op.constant.as_text(), lookup, &op.node->missing,
                          call_);
    }
    case OpCode::kHasField:
      return has_field(value(operand(op)), op.constant.as_text(), call_);
    case OpCode::kIndex:
    case OpCode::kIndexOptional: {
      const Lookup lookup = op.code == OpCode::kIndex ? Lookup::kStrict : Lookup::kOptional;
      const Value indexed = value(operand(op));
      return select_element(indexed, value(operand(op, 1)), lookup, &op.node->missing, call_);
    }
    case OpCode::kEqual:
      return equal_values(op);
    case OpCode::kCall:
      return apply(op);
    case OpCode::kOptionalOr:
      return optional_or(op);
    case OpCode::kConditional:
      return conditional(op);
    case OpCode::kList:
      return list(op);
    case OpCode::kMap:
      return map(op);
    case OpCode::kLoop:
      return loop(op);
    case OpCode::kBind:
      locals_[op.number] = value(operand(op));
      return value(operand(op, 1));
    case OpCode::kOptMap:
      return opt_map(op);
    case OpCode::kNoObjects:
      return Value::error(&kFailed);
    default:
      return to_value(truth_of(op));
  }
}

// Truth

Truth Evaluator::and_of(const Op& op) {
  Truth least = Truth::kTrue;
  for (const Op* part = ops_ + op.first; part != ops_ + op.first + op.count; ++part) {
    const Truth t = truth(*part);
    if (t == Truth::kFalse) return t;
    least = std::min(least, t);
  }
  return least;
}

Truth Evaluator::or_of(const Op& op) {
  Truth least = Truth::kTrue;  // of the parts turned round
  for (const Op* part = ops_ + op.first; part != ops_ + op.first + op.count; ++part) {
    const Truth t = truth(*part);
    if (t == Truth::kTrue) return t;
    least = std::min(least, !t);
  }
  return !least;
}

Truth Evaluator::equal_text(const Op& op) {
  const Value v = read(op);
  if (v.is(Kind::kString)) return turned(same_bytes(v.as_text(), op.constant.as_text()), op);
  if (v.is_unknown()) return Truth::kUnknown;
  return truth(operand(op));
}

Truth Evaluator::equal_number(const Op& op) {
  const Value v = read(op);
  if (v.is(Kind::kInt) && op.as_whole) return turned(v.as_int() == op.whole, op);
  if (v.is(Kind::kDouble) && op.as_real) return turned(v.as_double() == op.real, op);
  if (v.is_unknown()) return Truth::kUnknown;
  return truth(operand(op));
}

Truth Evaluator::order(const Op& op) {
  const Value v = read(op);
  if (v.is(Kind::kInt) && op.as_whole) return to_truth(holds(op.relation, v.as_int() <=> op.whole));
  if (v.is(Kind::kDouble) && op.as_real)
    return to_truth(holds(op.relation, v.as_double() <=> op.real));
  if (v.is_unknown()) return Truth::kUnknown;
  return truth(operand(op));
}

Truth Evaluator::order_money(const Op& op) {
  const Value v = read(op);
  const Money limit = op.constant.as_money();
  if (v.is(Kind::kMoney) && v.as_money().currency == limit.currency)
    return to_truth(holds(op.relation, v.as_money().minor <=> limit.minor));
  if (v.is_unknown()) return Truth::kUnknown;
  return truth(operand(op));
}

Truth Evaluator::text_in_list(const Op& op) {
  const Value v = read(op);
  if (v.is_unknown()) return Truth::kUnknown;
  if (!v.is(Kind::kString)) return truth(operand(op));
  const Value* cells = op.constant.cells();
  for (uint32_t i = 0; i < op.constant.cell_count(); ++i)
    if (same_bytes(cells[i].as_text(), v.as_text())) return Truth::kTrue;
  return Truth::kFalse;
}

Truth Evaluator::list_has_text(const Op& op) {
  const Value v = read(op);
  if (v.is_unknown()) return Truth::kUnknown;
  if (!v.is(Kind::kList) || v.is_view()) return truth(operand(op));
  bool some_unknown = false;
  for (uint32_t i = 0; i < v.cell_count(); ++i) {
    const Value& element = v.cells()[i];
    if (element.is(Kind::kString) && same_bytes(element.as_text(), op.constant.as_text()))
      return Truth::kTrue;
    some_unknown |= element.is_unknown();
  }
  return some_unknown ? Truth::kUnknown : Truth::kFalse;
}

Truth Evaluator::words_in_text(const Op& op) {
  const Value v = read(op);
  if (v.is_unknown()) return Truth::kUnknown;
  if (!v.is(Kind::kString)) return truth(operand(op));
  call_.budget.spend(v.as_text().size() / 64);
  const auto found = op.words->scan(v.as_text());
  return found ? to_truth(*found != 0) : truth(operand(op));
}

Truth Evaluator::table_words(const Op& op) {
  SlotState& state = shared_->slots[op.number];
  if (state.scanned_for != shared_->turn) scan_slot(op.number, state);
  if (!state.scanned) return truth(operand(op));
  return to_truth((state.word_bits & op.symbols) != 0);
}

void Evaluator::read_slot(uint32_t table, SlotState& state) {
  state.read_for = shared_->turn;
  const SlotTable& asked = (*shared_->tables)[table];
  classify(asked, record_.read(asked.slot, call_.arena), state);
}

void Evaluator::scan_slot(uint32_t table, SlotState& state) {
  state.scanned_for = shared_->turn;
  state.scanned = false;
  const SlotTable& asked = (*shared_->tables)[table];
  const Value v = record_.read(asked.slot, call_.arena);
  if (!v.is(Kind::kString)) return;
  const auto found = asked.scanner->scan(v.as_text());
  state.scanned = found.has_value();
  state.word_bits = found.value_or(0);
}

Truth Evaluator::iterate(const Op& op) {
  const Value range = value(operand(op));
  if (!range.is_known()) return to_truth(range);
  if (!range.is(Kind::kList) && !is_map(range)) return Truth::kError;
  const bool settled_by = op.code == OpCode::kExists;
  const uint32_t size = range.is(Kind::kList) ? list_size(range) : map_size(range);
  Truth least = Truth::kTrue;  // of what all() asks, or of the opposite of what exists() asks
  for (uint32_t i = 0; i < size; ++i) {
    if (call_.budget.over()) return Truth::kError;
    set_variables(op, range, element(op, range, i));
    const Truth t = truth(operand(op, 1));
    if (t == to_truth(settled_by)) return t;
    least = std::min(least, settled_by ? !t : t);
  }
  return settled_by ? !least : least;
}

MapEntry Evaluator::element(const Op& op, const Value& range, uint32_t index) {
  MapEntry entry = range.is(Kind::kList)
                       ? MapEntry{Value::integer(index), list_at(range, index, call_.arena)}
                       : map_at(range, index, call_.arena);
  entry.value = with_path(entry.value, &op.node->missing);
  return entry;
}

void Evaluator::set_variables(const Op& op, const Value& range, const MapEntry& entry) {
  if (op.two_variables) {
    locals_[op.number] = entry.key;
    locals_[op.number + 1] = entry.value;
  } else {
    locals_[op.number] = range.is(Kind::kList) ? entry.value : entry.key;
  }
}

// Values

Value Evaluator::shared(const Op& op) {
  SharedState::Memo& memo = shared_->memos[op.number];
  if (memo.turn != shared_->turn) {
    const Value found = value(operand(op));
    if (call_.budget.over()) return found;  // another expression may have more to spend
    memo = {shared_->turn, found};
  }
  return memo.value;
}

Value Evaluator::equal_values(const Op& op) {
  const Value left = value(operand(op));
  const Value right = value(operand(op, 1));
  Parts parts;
  if (!parts.add(left) | !parts.add(right)) return parts.value();
  const Value same = equal(left, right, call_);
  return same.is(Kind::kBool) ? Value::boolean(same.as_bool() != op.negated) : same;
}

Value Evaluator::apply(const Op& op) {
  std::array<Value, 4> few;
  std::vector<Value> many(op.count > few.size() ? op.count : 0);
  const std::span<Value> args(many.empty() ? few.data() : many.data(), op.count);
  Parts parts;
  for (uint32_t i = 0; i < op.count; ++i) {
    args[i] = value(operand(op, i));
    parts.add(args[i]);
  }
  return parts.all_known() ? apply_overload(op.node->calls, args, call_) : parts.value();
}

Value Evaluator::optional_or(const Op& op) {
  const Value first = value(operand(op));
  if (!first.is(Kind::kOptional)) return first.is_known() ? no_such_overload() : plain(first);
  if (first.held() != nullptr) return op.negated ? *first.held() : first;
  return plain(value(operand(op, 1)));
}

Value Evaluator::conditional(const Op& op) {
  const Truth condition = truth(operand(op));
  if (condition == Truth::kTrue) return value(operand(op, 1));
  if (condition == Truth::kFalse) return value(operand(op, 2));
  return unsettled(condition);
}

Value Evaluator::list(const Op& op) {
  std::vector<Value> items;
  items.reserve(op.count);
  Parts parts;
  for (uint32_t i = 0; i < op.count; ++i) {
    const Op& part = operand(op, i);
    const bool optional = part.code == OpCode::kOptionalItem;
    const Value item = value(optional ? operand(part) : part);
    if (!parts.add(item)) continue;
    if (!optional)
      items.push_back(item);
    else if (!item.is(Kind::kOptional))
      parts.fail();
    else if (item.held() != nullptr)
      items.push_back(*item.held());
  }
  return parts.all_known() ? call_.arena.list(items) : parts.value();
}

Value Evaluator::map(const Op& op) {
  std::vector<MapEntry> entries;
  entries.reserve(op.count);
  Parts parts;
  for (uint32_t i = 0; i < op.count; ++i) {
    const Op& entry = operand(op, i);
    const Value key = value(operand(entry));
    const Value held = value(operand(entry, 1));
    if (!parts.add(key) | !parts.add(held)) continue;
    if (!entry.negated)
      entries.push_back({key, held});
    else if (!held.is(Kind::kOptional))
      parts.fail();
    else if (held.held() != nullptr)
      entries.push_back({key, *held.held()});
  }
  return parts.all_known() ? call_.arena.map(entries) : parts.value();
}

Value Evaluator::loop(const Op& op) {
  const Value range = value(operand(op));
  if (!range.is_known()) return plain(range);
  if (!range.is(Kind::kList) && !is_map(range)) return Value::error(&kFailed);
  Loop loop(op.macro, call_);
  const bool plain_list = range.is(Kind::kList) && !op.two_variables;
  const uint32_t size = range.is(Kind::kList) ? list_size(range) : map_size(range);
  for (uint32_t i = 0; i < size && !call_.budget.over(); ++i) {
    const MapEntry entry = element(op, range, i);
    set_variables(op, range, entry);
    if (op.count == 3 && !loop.passes(value(operand(op, 1)))) continue;
    const Value result = value(operand(op, op.count - 1));
    if (!loop.add(plain_list ? entry.value : entry.key, result)) break;
  }
  return call_.budget.over() ? cost_exceeded() : loop.value();
}

Value Evaluator::opt_map(const Op& op) {
  const Value optional = value(operand(op));
  if (!optional.is_known()) return plain(optional);
  if (!optional.is(Kind::kOptional)) return no_such_overload();
  if (optional.held() == nullptr) return optional;
  locals_[op.number] = *optional.held();
  const Value result = plain(value(operand(op, 1)));
  if (!result.is_known()) return result;
  if (op.macro == Macro::kOptMap) return call_.arena.some(result);
  return result.is(Kind::kOptional) ? result : no_such_overload();
}

}  // namespace rapport::expr
