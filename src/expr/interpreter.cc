#include "expr/interpreter.h"

#include <array>

#include "expr/collections.h"
#include "expr/functions/libraries.h"
#include "expr/loops.h"
#include "expr/selection.h"

namespace rapport::expr {
namespace {

constexpr Failure kNotOptional{"`?` before an element or entry needs an optional value"};
constexpr Failure kNoObjects{"objects cannot be made in an expression"};
constexpr Failure kNotIterable{"only lists and maps can be walked through"};

class Interpreter {
 public:
  Interpreter(const Binding& expression, const RecordView& record, Call& call,
              Explanation* explanation)
      : binding_(expression),
        ast_(expression.ast()),
        record_(record),
        call_(call),
        locals_(size_t{expression.locals()} + 2) {
    if (explanation != nullptr) seen_.resize(ast_.size());
  }

  Value run() { return evaluate(ast_.root()); }

  void explain(Explanation& explanation) const {
    for (NodeId id = 0; id < seen_.size(); ++id)
      if (seen_[id].reached) explanation.steps.push_back({id, seen_[id].value});
  }

 private:
  Value evaluate(NodeId id) {
    if (!call_.budget.spend(1)) return cost_exceeded();
    const Value value = evaluate_node(id);
    if (!seen_.empty()) seen_[id] = {true, value};
    return value;
  }

  Value evaluate_node(NodeId id) {
    const BoundNode& node = binding_.node(id);
    switch (node.origin) {
      case Origin::kConstant:
        return node.constant;
      case Origin::kLocal:
        return locals_[node.number];
      case Origin::kSlot: {
        const Value read = record_.read(node.number, call_.arena);
        return ast_.kind(id) == NodeKind::kHas ? has_value_read(read)
                                               : with_path(read, &node.missing);
      }
      case Origin::kComputed:
        break;
    }
    return compute(id);
  }

  Value compute(NodeId id) {
    const Node& node = ast_.node(id);
    const Lookup lookup = node.optional ? Lookup::kOptional : Lookup::kStrict;
    const Missing* missing = &binding_.node(id).missing;
    switch (node.kind) {
      case NodeKind::kSelect:
        return select_field(evaluate(ast_.child(id, 0)), ast_.text(id), lookup, missing, call_);
      case NodeKind::kHas:
        return has_field(evaluate(ast_.child(id, 0)), ast_.text(id), call_);
      case NodeKind::kIndex: {
        const Value operand = evaluate(ast_.child(id, 0));
        return select_element(operand, evaluate(ast_.child(id, 1)), lookup, missing, call_);
      }
      case NodeKind::kCall:
        return apply(id);
      case NodeKind::kAnd:
        return junction(id, Junction(false, call_));
      case NodeKind::kOr:
        return junction(id, Junction(true, call_));
      case NodeKind::kConditional:
        return conditional(id);
      case NodeKind::kList:
        return list(id);
      case NodeKind::kMap:
        return map(id);
      case NodeKind::kComprehension:
        return comprehension(id);
      case NodeKind::kBind:
        return bind(id);
      case NodeKind::kOptMap:
        return opt_map(id);
      default:
        return Value::error(&kNoObjects);
    }
  }

  Value apply(NodeId id) {
    const BoundNode& node = binding_.node(id);
    std::span<const NodeId> children = ast_.children(id);
    if (node.qualified) children = children.subspan(1);
    if (is_lazy_or(id)) {
      const Value first = evaluate(children[0]);
      if (!first.is(Kind::kOptional)) return first.is_known() ? no_such_overload() : plain(first);
      if (first.held() != nullptr) return ast_.text(id) == "or" ? first : *first.held();
      return plain(evaluate(children[1]));
    }
    std::array<Value, 8> few;
    std::vector<Value> many(children.size() > few.size() ? children.size() : 0);
    const std::span<Value> args(many.empty() ? few.data() : many.data(), children.size());
    Unsettled unsettled(call_);
    for (size_t i = 0; i < args.size(); ++i) {
      args[i] = evaluate(children[i]);
      unsettled.add(args[i]);
    }
    if (unsettled.any()) return unsettled.value();
    const Value value = apply_overload(node.calls, args, call_);
    return value.is_unknown() && value.missing() == nullptr ? named_after(children, args) : value;
  }

  // Something within an argument could not be told: named after the first that can hold parts.
  Value named_after(std::span<const NodeId> children, std::span<const Value> args) const {
    for (size_t i = 0; i < args.size(); ++i)
      if ((args[i].is(Kind::kList) || is_map(args[i])) && !binding_.node(children[i]).path.empty())
        return Value::unknown(&binding_.node(children[i]).missing);
    return Value::unknown(nullptr);
  }

  // The argument of optional.or and orValue is evaluated only when it is needed.
  bool is_lazy_or(NodeId id) const {
    return ast_.node(id).method && ast_.children(id).size() == 2 && !binding_.node(id).qualified &&
           (ast_.text(id) == "or" || ast_.text(id) == "orValue");
  }

  Value junction(NodeId id, Junction junction) {
    for (const NodeId child : ast_.children(id))
      if (!junction.add(evaluate(child))) break;
    return junction.value();
  }

  Value conditional(NodeId id) {
    const Value condition = evaluate(ast_.child(id, 0));
    if (!condition.is_known()) return plain(condition);
    if (!condition.is(Kind::kBool)) return no_such_overload();
    return evaluate(ast_.child(id, condition.as_bool() ? 1 : 2));
  }

  Value list(NodeId id) {
    std::vector<Value> items;
    Unsettled unsettled(call_);
    for (const NodeId child : ast_.children(id)) {
      const bool optional = ast_.kind(child) == NodeKind::kOptionalItem;
      const Value item = evaluate(optional ? ast_.child(child, 0) : child);
      if (!unsettled.add(item)) continue;
      if (!optional)
        items.push_back(item);
      else if (!item.is(Kind::kOptional))
        unsettled.add(Value::error(&kNotOptional));
      else if (item.held() != nullptr)
        items.push_back(*item.held());
    }
    return unsettled.any() ? unsettled.value() : call_.arena.list(items);
  }

  Value map(NodeId id) {
    std::vector<MapEntry> entries;
    Unsettled unsettled(call_);
    for (const NodeId entry : ast_.children(id)) {
      const Value key = evaluate(ast_.child(entry, 0));
      Value value = evaluate(ast_.child(entry, 1));
      if (!unsettled.add(key) | !unsettled.add(value)) continue;
      if (ast_.node(entry).optional) {
        if (!value.is(Kind::kOptional)) {
          unsettled.add(Value::error(&kNotOptional));
          continue;
        }
        if (value.held() == nullptr) continue;
        value = *value.held();
      }
      entries.push_back({key, value});
    }
    return unsettled.any() ? unsettled.value() : call_.arena.map(entries);
  }

  Value bind(NodeId id) {
    locals_[binding_.node(id).local] = evaluate(ast_.child(id, 0));
    return evaluate(ast_.child(id, 1));
  }

  Value opt_map(NodeId id) {
    const Value optional = evaluate(ast_.child(id, 0));
    if (!optional.is_known()) return plain(optional);
    if (!optional.is(Kind::kOptional)) return no_such_overload();
    if (optional.held() == nullptr) return optional;
    locals_[binding_.node(id).local] = *optional.held();
    const Value result = plain(evaluate(ast_.child(id, 1)));
    if (!result.is_known()) return result;
    if (ast_.node(id).macro == Macro::kOptMap) return call_.arena.some(result);
    return result.is(Kind::kOptional) ? result : no_such_overload();
  }

  Value comprehension(NodeId id) {
    const Value range = evaluate(ast_.child(id, 0));
    if (!range.is_known()) return plain(range);
    if (!range.is(Kind::kList) && !is_map(range)) return Value::error(&kNotIterable);
    Loop loop(ast_.node(id).macro, call_);
    const uint32_t size = range.is(Kind::kList) ? list_size(range) : map_size(range);
    for (uint32_t i = 0; i < size && !call_.budget.over(); ++i) {
      const MapEntry entry = range.is(Kind::kList)
                                 ? MapEntry{Value::integer(i), list_at(range, i, call_.arena)}
                                 : map_at(range, i, call_.arena);
      if (!step(id, loop, range, entry)) break;
    }
    return call_.budget.over() ? cost_exceeded() : loop.value();
  }

  // False when the outcome is settled.
  bool step(NodeId id, Loop& loop, const Value& range, const MapEntry& entry) {
    const uint32_t local = binding_.node(id).local;
    const BoundNode& node = binding_.node(id);
    const Value value = with_path(entry.value, &node.missing);
    if (!ast_.second_text(id).empty()) {
      locals_[local] = entry.key;
      locals_[local + 1] = value;
    } else {
      locals_[local] = range.is(Kind::kList) ? value : entry.key;
    }
    const auto children = ast_.children(id);
    if (children.size() == 3 && !loop.passes(evaluate(children[1]))) return true;
    const Value element = range.is(Kind::kList) && ast_.second_text(id).empty() ? value : entry.key;
    return loop.add(element, evaluate(children.back()));
  }

  static Value plain(const Value& v) { return v.is_absent() ? Value::unknown(v.missing()) : v; }

  struct Seen {
    bool reached = false;
    Value value;
  };
  const Binding& binding_;
  const Ast& ast_;
  const RecordView& record_;
  Call& call_;
  std::vector<Value> locals_;
  std::vector<Seen> seen_;  // empty unless an explanation is wanted
};

}  // namespace

Value interpret(const Binding& expression, const RecordView& record, Arena& arena,
                const EvaluationOptions& options, Explanation* explanation) {
  Budget budget(options.cost);
  Call call{arena, budget, options.zones, options.rates};
  Interpreter interpreter(expression, record, call, explanation);
  const Value value = interpreter.run();
  if (explanation != nullptr) interpreter.explain(*explanation);
  return budget.over() ? cost_exceeded() : value;
}

}  // namespace rapport::expr
