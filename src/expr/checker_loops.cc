// Macros: what their variables are and what they give.
#include "expr/checker_walk.h"
#include "expr/macros.h"

namespace rapport::expr {

void CheckerWalk::push_local(std::string_view name, Type type) {
  const auto slot = static_cast<uint32_t>(locals_.size());
  locals_.push_back({name, std::move(type), slot});
  checked_.slots = std::max(checked_.slots, slot + 1);
}

CheckerWalk::Range CheckerWalk::range_of(NodeId id, const Type& type, bool two) {
  Range range;
  switch (type.kind()) {
    case TypeKind::kList:
      range.known = true;
      range.element = type.parameters()[0];
      range.key = two ? Type(TypeKind::kInt) : range.element;
      range.loop_key = TypeKind::kInt;
      break;
    case TypeKind::kMap:
      range.known = range.is_map = true;
      range.key = range.loop_key = type.parameters()[0];
      range.element = type.parameters()[1];
      break;
    case TypeKind::kVariable:
      bindings_.fits(type, Type());
      break;
    case TypeKind::kDyn:
      break;
    default: {
      const std::string remedy =
          type.is(TypeKind::kOptional)
              ? "orValue([])." + std::string(macro_name(ast_.node(id))) + "(…)"
              : "";
      problem(id,
              "'" + std::string(macro_name(ast_.node(id))) +
                  "' goes through a list or a map, not " + shown(type),
              remedy);
    }
  }
  return range;
}

Type CheckerWalk::visit_comprehension(NodeId id) {
  const auto children = ast_.children(id);
  const bool two = !ast_.second_text(id).empty();
  const Type range_type = visit(children[0]);
  const Range range = range_of(id, range_type, two);
  checked_.references[id].slot = static_cast<uint32_t>(locals_.size());
  push_local(ast_.text(id), two ? range.loop_key : range.key);
  if (two) push_local(ast_.second_text(id), range.element);
  const std::string what = "'" + std::string(macro_name(ast_.node(id))) + "'";
  const bool filtered = children.size() == 3;
  if (filtered) want_bool(children[1], visit(children[1]), what);
  const Type body = visit(children.back());
  const Macro macro = ast_.node(id).macro;
  if (macro == Macro::kAll || macro == Macro::kExists || macro == Macro::kExistsOne ||
      macro == Macro::kFilter) {
    want_bool(children.back(), body, what);
  }
  locals_.erase(locals_.end() - (two ? 2 : 1), locals_.end());
  return loop_result(id, range, range_type, body);
}

Type CheckerWalk::loop_result(NodeId id, const Range& range, const Type& range_type,
                              const Type& body) {
  switch (ast_.node(id).macro) {
    case Macro::kMap:
    case Macro::kTransformList:
      return Type::list(body);
    case Macro::kFilter:
      return Type::list(range.key);
    case Macro::kSortBy:
      return range.is_map ? Type::list(range.key) : range_type;
    case Macro::kTransformMap:
      return Type::map(range.loop_key, body);
    case Macro::kTransformMapEntry: {
      const Type entry = Type::map(bindings_.fresh(), bindings_.fresh());
      if (!bindings_.fits(body, entry)) {
        problem(ast_.children(id).back(),
                "'transformMapEntry' needs a map of what to add, found " + shown(body));
      }
      return body.is_dyn() ? Type::map({}, {}) : known(entry);
    }
    default:
      return TypeKind::kBool;
  }
}

Type CheckerWalk::visit_bind(NodeId id) {
  const Type init = visit(ast_.child(id, 0));
  checked_.references[id].slot = static_cast<uint32_t>(locals_.size());
  push_local(ast_.text(id), init);
  const Type result = visit(ast_.child(id, 1));
  locals_.pop_back();
  return result;
}

Type CheckerWalk::visit_opt_map(NodeId id) {
  const Type target = visit(ast_.child(id, 0));
  const Type held = bindings_.fresh();
  const std::string what(macro_name(ast_.node(id)));
  if (!bindings_.fits(target, Type::optional(held))) {
    problem(id, "'" + what + "' is for an optional value, not " + shown(target));
  }
  checked_.references[id].slot = static_cast<uint32_t>(locals_.size());
  push_local(ast_.text(id), target.is(TypeKind::kOptional) ? known(held) : Type());
  const Type body = visit(ast_.child(id, 1));
  locals_.pop_back();
  if (ast_.node(id).macro == Macro::kOptMap) return Type::optional(body);
  const Type result = Type::optional(bindings_.fresh());
  if (!bindings_.fits(body, result)) {
    problem(ast_.child(id, 1), "'optFlatMap' needs an optional result, found " + shown(body),
            "optMap");
  }
  return body.is_dyn() ? Type::optional({}) : known(result);
}

}  // namespace rapport::expr
