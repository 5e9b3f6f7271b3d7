#include "expr/type_bindings.h"

#include <utility>

namespace rapport::expr {
namespace {

constexpr uint32_t kMaxDepth = 1000;

bool may_be_null(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kNull:
    case TypeKind::kObject:
    case TypeKind::kOptional:
    case TypeKind::kTimestamp:
    case TypeKind::kDuration:
      return true;
    default:
      return false;
  }
}

}  // namespace

Type TypeBindings::instantiate(const Type& type, Named& named) {
  if (!type.is_generic()) return type;
  if (type.is(TypeKind::kParameter)) {
    const auto found = named.find(type.name());
    if (found != named.end()) return found->second;
    return named.emplace(std::string(type.name()), fresh()).first->second;
  }
  std::vector<Type> parameters;
  for (const Type& parameter : type.parameters()) {
    parameters.push_back(instantiate(parameter, named));
  }
  return type.with(std::move(parameters));
}

bool TypeBindings::fits(const Type& from, const Type& to) {
  const size_t before = mark();
  if (try_fit(from, to)) return true;
  take_back(before);
  return false;
}

Type TypeBindings::alias(Type type) const {
  while (type.is(TypeKind::kVariable)) {
    const std::optional<Type>& next = bound_[type.number()];
    if (!next || !next->is(TypeKind::kVariable)) break;
    type = *next;
  }
  return type;
}

bool TypeBindings::try_fit(const Type& from_type, const Type& to_type) {
  if (from_type.is_same(to_type)) return true;
  if (!step()) return false;
  const Type from = alias(from_type);
  const Type to = alias(to_type);
  if (from.is_same(to)) return true;
  bool known = false;
  if (to.is(TypeKind::kVariable)) {
    if (bind(to, from, known)) return true;
    if (known) return false;
  }
  if (from.is(TypeKind::kVariable)) return bind(from, to, known);
  if (from.is_dyn() || to.is_dyn()) return true;
  if (from.is(TypeKind::kNull) && may_be_null(to)) return true;
  if (to.is(TypeKind::kNull) && may_be_null(from)) return true;
  return fit_parts(from, to);
}

bool TypeBindings::fit_parts(const Type& from, const Type& to) {
  if (from.kind() != to.kind()) return false;
  if (from.is(TypeKind::kType)) return true;
  const auto parts = from.parameters();
  const auto others = to.parameters();
  if (from.name() != to.name() || parts.size() != others.size()) return false;
  for (size_t i = 0; i < parts.size(); i++) {
    if (!try_fit(parts[i], others[i])) return false;
  }
  return true;
}

bool TypeBindings::bind(const Type& variable, const Type& type, bool& known) {
  const std::optional<Type> before = bound_[variable.number()];
  known = before.has_value();
  if (known) {
    if (!fits(type, *before)) return false;
    const Type general = more_general(type, *before);
    if (!general.is_same(*before) && !occurs(variable, general)) set(variable.number(), general);
    return true;
  }
  if (occurs(variable, type)) return false;
  set(variable.number(), type);
  return true;
}

bool TypeBindings::occurs(const Type& variable, const Type& in) {
  if (!in.is_generic()) return false;
  if (!step()) return true;
  if (in.is(TypeKind::kVariable)) {
    if (in.number() == variable.number()) return true;
    const std::optional<Type>& next = bound_[in.number()];
    return next && occurs(variable, Type(*next));
  }
  for (const Type& parameter : in.parameters()) {
    if (occurs(variable, parameter)) return true;
  }
  return false;
}

Type TypeBindings::join(const Type& a, const Type& b) {
  if (!fits(a, b)) return {};
  return more_general(a, b);
}

const Type& TypeBindings::more_general(const Type& a, const Type& b) {
  if (b.is(TypeKind::kNull)) return a;
  if (a.is(TypeKind::kNull)) return b;
  return as_general(a, b) ? a : b;
}

bool TypeBindings::as_general(const Type& a, const Type& b) {
  if (a.is_same(b) || a.is_dyn() || a.is(TypeKind::kVariable)) return true;
  if (!step()) return true;
  if (b.is_dyn() || b.is(TypeKind::kVariable)) return false;
  if (a.kind() != b.kind() || a.parameters().size() != b.parameters().size()) return false;
  for (size_t i = 0; i < a.parameters().size(); i++) {
    if (!as_general(a.parameters()[i], b.parameters()[i])) return false;
  }
  return a.name() == b.name();
}

Type TypeBindings::resolve(const Type& type, Unbound unbound) {
  return changes(type, unbound) ? resolve_at(type, unbound, 0) : type;
}

bool TypeBindings::changes(const Type& type, Unbound unbound) {
  if (!type.is_generic()) return false;
  if (!step()) return true;
  if (type.is(TypeKind::kVariable)) return unbound == Unbound::kDyn || bound_[type.number()];
  for (const Type& parameter : type.parameters()) {
    if (changes(parameter, unbound)) return true;
  }
  return false;
}

Type TypeBindings::resolve_at(const Type& type, Unbound unbound, uint32_t depth) {
  if (!type.is_generic()) return type;
  if (!step() || depth > kMaxDepth) return {};
  const Type own = alias(type);
  if (own.is(TypeKind::kVariable)) {
    const std::optional<Type> next = bound_[own.number()];
    if (next) return resolve_at(*next, unbound, depth + 1);
    return unbound == Unbound::kKeep ? own : Type();
  }
  std::vector<Type> parameters;
  for (const Type& parameter : own.parameters()) {
    parameters.push_back(resolve_at(parameter, unbound, depth + 1));
  }
  return own.with(std::move(parameters));
}

void TypeBindings::set(uint32_t number, Type type) {
  journal_.push_back({number, std::move(bound_[number])});
  bound_[number] = std::move(type);
}

void TypeBindings::take_back(size_t mark) {
  while (journal_.size() > mark) {
    bound_[journal_.back().number] = std::move(journal_.back().before);
    journal_.pop_back();
  }
}

}  // namespace rapport::expr
