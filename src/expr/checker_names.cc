// Names, fields and elements.
#include <algorithm>

#include "expr/checker_walk.h"
#include "expr/parser_words.h"
#include "expr/printer.h"
#include "expr/spelling.h"

namespace rapport::expr {
namespace {

std::string_view first_word(std::string_view name) {
  return name.substr(0, name.find('.'));
}

std::string article(const Type& type) {
  const std::string text = to_text(type);
  const bool vowel = std::string_view("aeio").find(text[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + text;
}

}  // namespace

const CheckerWalk::Local* CheckerWalk::find_local(std::string_view name) const {
  for (auto local = locals_.rbegin(); local != locals_.rend(); ++local) {
    if (local->name == name) return &*local;
  }
  return nullptr;
}

bool CheckerWalk::starts_with_local(NodeId chain) const {
  const NodeId root = chain_root(ast_, chain);
  return !ast_.node(root).leading_dot && find_local(ast_.text(root)) != nullptr;
}

std::vector<std::string> CheckerWalk::candidates(const std::string& name, bool leading_dot) const {
  return candidate_names(leading_dot ? std::string_view() : declarations_.container(), name);
}

std::optional<Type> CheckerWalk::resolve_name(NodeId id, const std::string& name,
                                              bool leading_dot) {
  Reference& reference = checked_.references[id];
  for (const std::string& candidate : candidates(name, leading_dot)) {
    if (const auto number = declarations_.find_variable(candidate)) {
      reference.meaning = Meaning::kVariable;
      reference.number = *number;
      return declarations_.variables()[*number].type;
    }
    if (const auto type = declarations_.find_type(candidate)) {
      reference.meaning = Meaning::kType;
      return Type::type_of(*type);
    }
  }
  return std::nullopt;
}

bool CheckerWalk::means_something(NodeId chain) const {
  if (starts_with_local(chain)) return true;
  const bool dot = ast_.node(chain_root(ast_, chain)).leading_dot;
  for (;; chain = ast_.child(chain, 0)) {
    for (const std::string& candidate : candidates(joined_name(ast_, chain), dot)) {
      if (declarations_.find_variable(candidate) || declarations_.find_type(candidate)) return true;
    }
    if (ast_.kind(chain) != NodeKind::kSelect) return false;
  }
}

Type CheckerWalk::visit_name(NodeId id) {
  const Node& node = ast_.node(id);
  Reference& reference = checked_.references[id];
  if (!node.leading_dot) {
    if (const Local* local = find_local(ast_.text(id))) {
      reference.meaning = Meaning::kLocal;
      reference.number = local->slot;
      return local->type;
    }
  }
  if (auto type = resolve_name(id, std::string(ast_.text(id)), node.leading_dot)) return *type;
  reference.meaning = Meaning::kUnknown;
  return unknown_name(id);
}

Type CheckerWalk::unknown_name(NodeId id) {
  if (!speaks()) return {};
  const std::string name(ast_.text(id));
  const std::string message = "unknown name '" + name + "'";
  if (const auto meant = constant_meant(name); !meant.empty()) {
    return problem(id, message, std::string(meant));
  }
  std::vector<std::string_view> first;
  std::vector<std::string_view> whole;
  for (const Local& local : locals_) first.push_back(local.name);
  const std::string& container = declarations_.container();
  for (const auto& variable : declarations_.variables()) {
    std::string_view known = variable.name;
    if (!container.empty() && known.starts_with(container + ".")) {
      known.remove_prefix(container.size() + 1);
    }
    whole.push_back(known);
    first.push_back(first_word(known));
  }
  if (outer_chain_ != kNoNode && std::ranges::find(first, name) != first.end()) {
    const std::string chain = joined_name(ast_, outer_chain_);
    return problem(id, "unknown name '" + chain + "'", nearest_spelling(chain, whole));
  }
  return problem(id, message, nearest_spelling(name, first));
}

Type CheckerWalk::visit_select(NodeId id) {
  if (is_open_chain(ast_, id)) {
    if (!starts_with_local(id)) {
      const bool dot = ast_.node(chain_root(ast_, id)).leading_dot;
      if (auto type = resolve_name(id, joined_name(ast_, id), dot)) return *type;
    }
    if (outer_chain_ == kNoNode) outer_chain_ = id;
  } else {
    outer_chain_ = kNoNode;
  }
  const Type operand = visit(ast_.child(id, 0));
  const Type field = field_of(id, operand, ast_.text(id));
  return ast_.node(id).optional && !field.is(TypeKind::kOptional) ? Type::optional(field) : field;
}

Type CheckerWalk::visit_has(NodeId id) {
  const Type operand = visit(ast_.child(id, 0));
  field_of(id, operand, ast_.text(id));
  return TypeKind::kBool;
}

Type CheckerWalk::field_of(NodeId id, const Type& operand, std::string_view field) {
  switch (operand.kind()) {
    case TypeKind::kDyn:
      return {};
    case TypeKind::kVariable:
      bindings_.fits(operand, Type());
      return {};
    case TypeKind::kMap:
      if (bindings_.fits(TypeKind::kString, operand.parameters()[0]))
        return operand.parameters()[1];
      return problem(id, "the keys of " + shown(operand) + " are not strings", "[…]");
    case TypeKind::kOptional: {
      const Type held = known(operand.parameters()[0]);
      const Type inner = field_of(id, held, field);
      return inner.is(TypeKind::kOptional) ? inner : Type::optional(inner);
    }
    case TypeKind::kObject: {
      const ObjectDeclaration* object = declarations_.find_object(operand.name());
      if (object == nullptr) return without_fields(id, operand, field);
      if (const Type* type = object->find(field)) return *type;
      if (object->open || !speaks()) return {};
      std::vector<std::string_view> known_fields;
      for (const auto& declared : object->fields) known_fields.push_back(declared.name);
      return problem(id, "'" + object->name + "' has no field '" + std::string(field) + "'",
                     nearest_spelling(field, known_fields));
    }
    default:
      return without_fields(id, operand, field);
  }
}

Type CheckerWalk::without_fields(NodeId id, const Type& operand, std::string_view field) {
  if (!speaks()) return {};
  std::string remedy;
  const std::string inner = print(ast_, ast_.child(id, 0));
  const auto* overloads = declarations_.find_function(field);
  if (operand.is(TypeKind::kList)) remedy = inner + ".map(x, x." + std::string(field) + ")";
  if (overloads != nullptr || field == "length") {
    remedy = inner + "." + (field == "length" ? "size" : std::string(field)) + "()";
  }
  if (remedy.size() > 80) remedy.clear();
  return problem(id, article(known(operand)) + " has no field '" + std::string(field) + "'",
                 remedy);
}

Type CheckerWalk::visit_index(NodeId id) {
  const Type operand = visit(ast_.child(id, 0));
  const Type key = visit(ast_.child(id, 1));
  const Type element = element_of(id, operand, key);
  return ast_.node(id).optional && !element.is(TypeKind::kOptional) ? Type::optional(element)
                                                                    : element;
}

Type CheckerWalk::element_of(NodeId id, const Type& operand, const Type& key) {
  switch (operand.kind()) {
    case TypeKind::kDyn:
      return {};
    case TypeKind::kVariable:
      bindings_.fits(operand, Type());
      return {};
    case TypeKind::kList:
      if (!bindings_.fits(key, TypeKind::kInt) && !key.is(TypeKind::kUint)) {
        return problem(ast_.child(id, 1), "a list is indexed by int, not " + shown(key));
      }
      return operand.parameters()[0];
    case TypeKind::kMap:
      if (!comparable(key, operand.parameters()[0])) {
        return problem(
            ast_.child(id, 1),
            "the keys of this map are " + shown(operand.parameters()[0]) + ", not " + shown(key));
      }
      return operand.parameters()[1];
    case TypeKind::kOptional: {
      const Type inner = element_of(id, known(operand.parameters()[0]), key);
      return inner.is(TypeKind::kOptional) ? inner : Type::optional(inner);
    }
    case TypeKind::kObject: {
      const ObjectDeclaration* object = declarations_.find_object(operand.name());
      const NodeId index = ast_.child(id, 1);
      if (object != nullptr && ast_.kind(index) == NodeKind::kString) {
        return field_of(id, operand, ast_.text(index));
      }
      if (object != nullptr && bindings_.fits(key, TypeKind::kString)) return {};
      [[fallthrough]];
    }
    default: {
      std::string remedy;
      if (operand.is(TypeKind::kString)) {
        remedy = ".charAt(" + print(ast_, ast_.child(id, 1)) + ")";
      }
      return problem(id, article(known(operand)) + " has no elements", remedy);
    }
  }
}

}  // namespace rapport::expr
