#include "expr/checker.h"

#include <algorithm>

#include "expr/checker_walk.h"
#include "expr/parser_words.h"
#include "expr/printer.h"
#include "expr/spelling.h"

namespace rapport::expr {
namespace {

constexpr uint32_t kMaxSteps = 50'000;
constexpr uint64_t kMaxTypeSize = 1000;

}  // namespace

bool is_open_chain(const Ast& ast, NodeId id) {
  while (ast.kind(id) == NodeKind::kSelect && !ast.node(id).optional) {
    id = ast.child(id, 0);
    if (ast.node(id).grouped) return false;
  }
  return ast.kind(id) == NodeKind::kName;
}

NodeId chain_root(const Ast& ast, NodeId id) {
  while (ast.kind(id) == NodeKind::kSelect) id = ast.child(id, 0);
  return id;
}

CheckerWalk::CheckerWalk(const Ast& ast, const Declarations& declarations, Strictness strictness)
    : ast_(ast), declarations_(declarations), strictness_(strictness), bindings_(kMaxSteps) {}

Checked CheckerWalk::run() {
  checked_.references.resize(ast_.size());
  checked_.types.resize(ast_.size());
  checked_.name_of.resize(ast_.size());
  checked_.names.emplace_back();
  if (ast_.size() == 0) return std::move(checked_);
  visit(ast_.root());
  for (Type& type : checked_.types) {
    type = bindings_.resolve(type, TypeBindings::Unbound::kDyn);
  }
  if (strict() && bindings_.exhausted()) {
    problem(ast_.root(), "the types of the expression are too entangled; split it into several");
  }
  std::ranges::stable_sort(found_, {}, &Found::at);
  for (Found& found : found_) {
    found.problem.at = position_of(ast_.source(), found.at);
    checked_.problems.push_back(std::move(found.problem));
  }
  if (checked_.ok()) checked_.fields = read_fields(ast_, checked_, declarations_);
  return std::move(checked_);
}

Type CheckerWalk::problem(NodeId id, std::string message, std::string suggestion) {
  return problem_at(ast_.node(id).at, std::move(message), std::move(suggestion));
}

Type CheckerWalk::problem_at(uint32_t byte, std::string message, std::string suggestion) {
  if (speaks()) {
    found_.push_back({byte, {std::move(message), {}, std::move(suggestion)}});
  }
  return {};
}

std::string CheckerWalk::shown(const Type& type) {
  return to_text(bindings_.resolve(type, TypeBindings::Unbound::kDyn));
}

Type CheckerWalk::visit(NodeId id) {
  const NodeId outer = outer_chain_;
  const NodeKind kind = ast_.kind(id);
  if (kind != NodeKind::kSelect && kind != NodeKind::kName) outer_chain_ = kNoNode;
  Type type = visit_kind(id);
  outer_chain_ = outer;
  if (strict()) {
    type = known(type);
    if (type.size() > kMaxTypeSize) {
      type = problem(id, "the type of this is too large; split the expression into several");
    }
    checked_.types[id] = type;
  } else if (!type.is(TypeKind::kType)) {
    type = {};
  } else {
    checked_.types[id] = type;
  }
  return type;
}

Type CheckerWalk::visit_kind(NodeId id) {
  switch (ast_.kind(id)) {
    case NodeKind::kNull:
      return TypeKind::kNull;
    case NodeKind::kBool:
      return TypeKind::kBool;
    case NodeKind::kInt:
      return TypeKind::kInt;
    case NodeKind::kUint:
      return TypeKind::kUint;
    case NodeKind::kDouble:
      return TypeKind::kDouble;
    case NodeKind::kString:
      return TypeKind::kString;
    case NodeKind::kBytes:
      return TypeKind::kBytes;
    case NodeKind::kName:
      return visit_name(id);
    case NodeKind::kSelect:
      return visit_select(id);
    case NodeKind::kHas:
      return visit_has(id);
    case NodeKind::kCall:
      return visit_call(id);
    case NodeKind::kAnd:
    case NodeKind::kOr:
      return visit_logic(id);
    case NodeKind::kConditional:
      return visit_conditional(id);
    case NodeKind::kIndex:
      return visit_index(id);
    case NodeKind::kList:
      return visit_list(id);
    case NodeKind::kMap:
      return visit_map(id);
    case NodeKind::kObject:
      return visit_object(id);
    case NodeKind::kComprehension:
      return visit_comprehension(id);
    case NodeKind::kBind:
      return visit_bind(id);
    case NodeKind::kOptMap:
      return visit_opt_map(id);
    case NodeKind::kOptionalItem:
    case NodeKind::kEntry:
    case NodeKind::kField:
      break;  // visited by what holds them
  }
  BUG("a part of a list, map or object by itself");
}

void CheckerWalk::want_bool(NodeId id, const Type& type, std::string_view what) {
  if (bindings_.fits(type, TypeKind::kBool) || !speaks()) return;
  problem_at(ast_.node(id).begin, std::string(what) + " needs true or false, found " + shown(type),
             bool_remedy(id, known(type)));
}

std::string CheckerWalk::bool_remedy(NodeId id, const Type& type) const {
  const NodeKind kind = ast_.kind(id);
  if (kind != NodeKind::kName && kind != NodeKind::kSelect) return {};
  const std::string text = print(ast_, id);
  if (text.size() > 60) return {};
  if (type.is(TypeKind::kString)) return text + " != ''";
  if (type.is(TypeKind::kInt)) return text + " != 0";
  if (type.is(TypeKind::kDouble)) return text + " != 0.0";
  if (type.is(TypeKind::kList) || type.is(TypeKind::kMap)) return "size(" + text + ") > 0";
  if (type.is(TypeKind::kOptional)) return text + ".hasValue()";
  return {};
}

Type CheckerWalk::visit_logic(NodeId id) {
  const std::string_view what = ast_.kind(id) == NodeKind::kAnd ? "'&&'" : "'||'";
  for (const NodeId child : ast_.children(id)) want_bool(child, visit(child), what);
  return TypeKind::kBool;
}

Type CheckerWalk::visit_conditional(NodeId id) {
  want_bool(ast_.child(id, 0), visit(ast_.child(id, 0)), "the condition before '?'");
  const Type then = visit(ast_.child(id, 1));
  const Type otherwise = visit(ast_.child(id, 2));
  if (then.is(TypeKind::kNull) || otherwise.is(TypeKind::kNull)) {
    return bindings_.join(then, otherwise);
  }
  if (bindings_.fits(then, otherwise)) return bindings_.join(then, otherwise);
  return problem(id, "'?:' has " + shown(then) + " on one side and " + shown(otherwise) +
                         " on the other; write dyn(…) around one if both are meant");
}

Type CheckerWalk::visit_list(NodeId id) {
  std::optional<Type> element;
  for (const NodeId child : ast_.children(id)) {
    Type type;
    if (ast_.kind(child) == NodeKind::kOptionalItem) {
      const NodeId item = ast_.child(child, 0);
      const Type held = bindings_.fresh();
      const Type given = visit(item);
      if (!bindings_.fits(given, Type::optional(held))) {
        problem(item, "'?' in a list takes an optional value, found " + shown(given));
      }
      type = given.is_dyn() ? Type() : known(held);
      checked_.types[child] = type;
    } else {
      type = visit(child);
    }
    element = element ? bindings_.join(*element, type) : type;
  }
  return Type::list(element ? *element : bindings_.fresh());
}

Type CheckerWalk::visit_map(NodeId id) {
  std::optional<Type> key;
  std::optional<Type> value;
  std::map<std::string, NodeId, std::less<>> constants;
  for (const NodeId entry : ast_.children(id)) {
    const NodeId key_node = ast_.child(entry, 0);
    const Type key_type = visit(key_node);
    Type value_type = visit(ast_.child(entry, 1));
    if (ast_.node(entry).optional) {
      const Type held = bindings_.fresh();
      if (!bindings_.fits(value_type, Type::optional(held))) {
        problem(ast_.child(entry, 1),
                "'?' before a key takes an optional value, found " + shown(value_type));
      }
      value_type = value_type.is_dyn() ? Type() : known(held);
    }
    const NodeKind kind = ast_.kind(key_node);
    if (kind <= NodeKind::kString && !constants.emplace(print(ast_, key_node), key_node).second) {
      problem_at(ast_.node(key_node).begin, "the key " + print(ast_, key_node) + " stands twice");
    }
    const TypeKind key_kind = key_type.kind();
    if (key_kind == TypeKind::kDouble || key_kind == TypeKind::kNull ||
        key_kind == TypeKind::kBytes || key_kind == TypeKind::kList || key_kind == TypeKind::kMap) {
      problem_at(ast_.node(key_node).begin,
                 "the key of a map is a string, an int, a uint or a bool, not " + shown(key_type));
    }
    key = key ? bindings_.join(*key, key_type) : key_type;
    value = value ? bindings_.join(*value, value_type) : value_type;
  }
  return Type::map(key ? *key : bindings_.fresh(), value ? *value : bindings_.fresh());
}

Type CheckerWalk::visit_object(NodeId id) {
  const ObjectDeclaration* object = nullptr;
  for (const std::string& name :
       candidates(std::string(ast_.text(id)), ast_.node(id).leading_dot)) {
    object = declarations_.find_object(name);
    if (object != nullptr) break;
  }
  if (object == nullptr) {
    std::vector<std::string_view> known_types;
    for (const auto& [name, declared] : declarations_.objects()) known_types.push_back(name);
    problem_at(ast_.node(id).begin, "unknown type '" + std::string(ast_.text(id)) + "'",
               nearest_spelling(ast_.text(id), known_types));
  }
  for (const NodeId field : ast_.children(id)) {
    Type type = visit(ast_.child(field, 0));
    if (object == nullptr) continue;
    const Type wanted = field_of(field, Type::object(object->name), ast_.text(field));
    const Type given = ast_.node(field).optional ? Type::optional(wanted) : wanted;
    if (!type.is(TypeKind::kNull) && !bindings_.fits(type, given)) {
      problem(field, "the field '" + std::string(ast_.text(field)) + "' is " + shown(wanted) +
                         ", found " + shown(type));
    }
  }
  if (object == nullptr) {
    checked_.references[id].meaning = Meaning::kUnknown;
    return {};
  }
  return Type::object(object->name);
}

Checked check(const Ast& ast, const Declarations& declarations, Strictness strictness) {
  return CheckerWalk(ast, declarations, strictness).run();
}

}  // namespace rapport::expr
