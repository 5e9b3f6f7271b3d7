#include "expr/program_patterns.h"

#include <algorithm>
#include <cmath>

#include "expr/selection.h"

namespace rapport::expr {
namespace {

constexpr uint64_t kFoldCost = 20'000;         // of an expression; the rest is left as it is
constexpr double kExact = 9007199254740992.0;  // up to here a double tells every whole number

class Folder {
 public:
  Folder(const Binding& binding, Arena& arena)
      : binding_(binding), ast_(binding.ast()), arena_(arena), values_(ast_.size()) {}

  std::vector<std::optional<Value>> run() {
    for (NodeId id = 0; id < ast_.size(); ++id) {
      const BoundNode& node = binding_.node(id);
      if (node.origin == Origin::kConstant && node.constant.is_known()) values_[id] = node.constant;
      if (node.origin == Origin::kComputed) fold(id);
    }
    return std::move(values_);
  }

 private:
  void fold(NodeId id) {
    const NodeKind kind = ast_.kind(id);
    if (kind != NodeKind::kCall && kind != NodeKind::kList && kind != NodeKind::kMap) return;
    std::span<const NodeId> children = ast_.children(id);
    if (binding_.node(id).qualified) children = children.subspan(1);
    const std::optional<Value> value =
        kind == NodeKind::kMap ? map_of(children) : value_of(id, children);
    if (value && value->is_known()) values_[id] = value;
  }

  std::optional<Value> value_of(NodeId id, std::span<const NodeId> children) {
    std::vector<Value> parts;
    for (const NodeId child : children) {
      if (!values_[child]) return std::nullopt;
      parts.push_back(*values_[child]);
    }
    if (ast_.kind(id) == NodeKind::kList) return arena_.list(parts);
    if (ast_.text(id) == "or" || ast_.text(id) == "orValue") return std::nullopt;
    Call call{arena_, budget_};
    return apply_overload(binding_.node(id).calls, parts, call);
  }

  std::optional<Value> map_of(std::span<const NodeId> children) {
    std::vector<MapEntry> entries;
    for (const NodeId child : children) {
      const auto& key = values_[ast_.child(child, 0)];
      const auto& value = values_[ast_.child(child, 1)];
      if (!key || !value || ast_.node(child).optional) return std::nullopt;
      entries.push_back({*key, *value});
    }
    return arena_.map(entries);
  }

  const Binding& binding_;
  const Ast& ast_;
  Arena& arena_;
  Budget budget_{kFoldCost};
  std::vector<std::optional<Value>> values_;
};

bool accepts(const BoundNode& node, Kind first, Kind second) {
  return std::ranges::any_of(node.calls, [&](const BoundCall& call) {
    const auto& kinds = call.overload->kinds;
    return kinds.size() == 2 && (kinds[0] >> static_cast<unsigned>(first) & 1) != 0 &&
           (kinds[1] >> static_cast<unsigned>(second) & 1) != 0;
  });
}

// The number as an int and as a double, where comparing with that is the same as with the number.
void set_number(SlotTest& test, const Value& number) {
  test.constant = number;
  const double real = number.is(Kind::kInt)    ? static_cast<double>(number.as_int())
                      : number.is(Kind::kUint) ? static_cast<double>(number.as_uint())
                                               : number.as_double();
  const bool exact = real == std::trunc(real) && std::abs(real) < kExact;
  test.as_real = exact || number.is(Kind::kDouble);
  test.real = real;
  test.as_whole = exact || number.is(Kind::kInt);
  if (test.as_whole)
    test.whole = number.is(Kind::kInt) ? number.as_int() : static_cast<int64_t>(real);
}

std::optional<Relation> relation_of(std::string_view name) {
  if (name == "_<_") return Relation::kLess;
  if (name == "_<=_") return Relation::kLessOrEqual;
  if (name == "_>_") return Relation::kGreater;
  if (name == "_>=_") return Relation::kGreaterOrEqual;
  return std::nullopt;
}
Relation mirrored(Relation relation) {
  switch (relation) {
    case Relation::kLess:
      return Relation::kGreater;
    case Relation::kLessOrEqual:
      return Relation::kGreaterOrEqual;
    case Relation::kGreater:
      return Relation::kLess;
    case Relation::kGreaterOrEqual:
      return Relation::kLessOrEqual;
  }
  return relation;
}

// A call of two arguments, one a slot, the other a constant.
struct Pair {
  uint32_t slot = 0;
  Value constant;
  bool slot_first = true;
};

std::optional<SlotTest> equality_test(const Pair& pair, std::string_view name) {
  SlotTest test;
  test.slot = pair.slot;
  test.negated = name == "_!=_";
  test.constant = pair.constant;
  if (pair.constant.is(Kind::kString)) return test;
  if (!pair.constant.is_number()) return std::nullopt;
  test.code = OpCode::kEqualNumber;
  set_number(test, pair.constant);
  return test;
}

std::optional<SlotTest> order_test(const BoundNode& node, const Pair& pair, Relation relation) {
  SlotTest test;
  test.code = OpCode::kOrder;
  test.slot = pair.slot;
  test.relation = pair.slot_first ? relation : mirrored(relation);
  const Kind kind = pair.constant.kind();
  const auto takes = [&](Kind slot) {
    return pair.slot_first ? accepts(node, slot, kind) : accepts(node, kind, slot);
  };
  if (kind == Kind::kMoney && takes(Kind::kMoney)) {
    test.code = OpCode::kOrderMoney;
    test.constant = pair.constant;
    return test;
  }
  if (!pair.constant.is_number()) return std::nullopt;
  set_number(test, pair.constant);
  test.as_whole = test.as_whole && takes(Kind::kInt);
  test.as_real = test.as_real && takes(Kind::kDouble);
  return test;
}

bool is_list_of_texts(const Value& value) {
  return value.is(Kind::kList) && !value.is_view() && value.cell_count() > 0 &&
         std::all_of(value.cells(), value.cells() + value.cell_count(),
                     [](const Value& v) { return v.is(Kind::kString); });
}

std::optional<SlotTest> membership_test(const BoundNode& node, const Pair& pair) {
  if (!accepts(node, Kind::kString, Kind::kList)) return std::nullopt;
  SlotTest test;
  test.slot = pair.slot;
  test.constant = pair.constant;
  test.code = pair.slot_first ? OpCode::kTextInList : OpCode::kListHasText;
  const bool fits =
      pair.slot_first ? is_list_of_texts(pair.constant) : pair.constant.is(Kind::kString);
  return fits ? std::optional(test) : std::nullopt;
}

std::optional<SlotTest> words_test(const BoundNode& node, const Pair& pair) {
  if (!pair.slot_first || !accepts(node, Kind::kString, Kind::kList)) return std::nullopt;
  if (!is_list_of_texts(pair.constant) || pair.constant.cell_count() > WordScanner::kMost)
    return std::nullopt;
  if (!std::ranges::all_of(texts_of(pair.constant), WordScanner::takes)) return std::nullopt;
  SlotTest test;
  test.code = OpCode::kWordsInText;
  test.slot = pair.slot;
  test.constant = pair.constant;
  return test;
}

}  // namespace

std::vector<std::optional<Value>> fold_constants(const Binding& binding, Arena& arena) {
  return Folder(binding, arena).run();
}

bool is_equality(const BoundNode& node, std::string_view name) {
  return (name == "_==_" || name == "_!=_") && node.calls.size() == 1 &&
         node.calls[0].overload->overload->signature == "(T, T) -> bool";
}

std::vector<std::string_view> texts_of(const Value& list) {
  std::vector<std::string_view> texts;
  for (uint32_t i = 0; i < list.cell_count(); ++i) texts.push_back(list.cells()[i].as_text());
  return texts;
}

std::optional<SlotTest> find_test(const Binding& binding,
                                  const std::vector<std::optional<Value>>& constants, NodeId call) {
  const Ast& ast = binding.ast();
  const BoundNode& node = binding.node(call);
  if (node.qualified || node.calls.empty() || ast.children(call).size() != 2) return std::nullopt;
  Pair pair;
  for (int side = 0; side < 2; ++side) {
    const NodeId slot = ast.child(call, side == 0 ? 0 : 1);
    const NodeId other = ast.child(call, side == 0 ? 1 : 0);
    if (binding.node(slot).origin != Origin::kSlot || ast.kind(slot) == NodeKind::kHas) continue;
    if (!constants[other]) continue;
    pair = {binding.node(slot).number, *constants[other], side == 0};
    const std::string_view name = ast.text(call);
    if (is_equality(node, name)) return equality_test(pair, name);
    if (const auto relation = relation_of(name)) return order_test(node, pair, *relation);
    if (name == "@in") return membership_test(node, pair);
    if (name == "hasAnyWord") return words_test(node, pair);
  }
  return std::nullopt;
}

}  // namespace rapport::expr
