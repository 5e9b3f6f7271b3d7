// Calls: which function is meant, which of its overloads can apply, and what to say when none can.
#include <algorithm>

#include "expr/checker_walk.h"
#include "expr/macros.h"
#include "expr/parser_words.h"
#include "expr/printer.h"
#include "expr/spelling.h"

namespace rapport::expr {
namespace {

constexpr size_t kMaxShown = 3;
constexpr size_t kMaxRemedy = 80;

bool is_number(const Type& type) {
  return type.is(TypeKind::kInt) || type.is(TypeKind::kUint) || type.is(TypeKind::kDouble);
}

// Two of this kind are equal when what they hold is.
bool compares_its_parts(const Type& type) {
  return type.is(TypeKind::kList) || type.is(TypeKind::kMap) || type.is(TypeKind::kOptional);
}

bool takes(const Signature& signature, bool method, size_t count) {
  if (signature.method != method) return false;
  const size_t wanted = signature.arguments.size();
  return signature.variadic ? count >= wanted : count == wanted;
}

std::string joined_types(std::span<const std::string> texts) {
  std::string out;
  for (size_t i = 0; i < texts.size(); i++) {
    if (i > 0) out += i + 1 == texts.size() ? " and " : ", ";
    out += texts[i];
  }
  return out;
}

// The sign of an operator's function; empty for other functions.
std::string_view operator_sign(std::string_view function) {
  if (function == "!_") return "!";
  if (function == "-_") return "-";
  const Operator* binary = find_function_operator(function);
  return binary ? binary->sign : std::string_view();
}

std::string short_or_nothing(std::string text) {
  return text.size() > kMaxRemedy ? std::string() : text;
}

}  // namespace

std::optional<CheckerWalk::Callee> CheckerWalk::find_qualified(NodeId id, NodeId receiver) {
  if (!is_open_chain(ast_, receiver) || ast_.node(receiver).grouped ||
      starts_with_local(receiver)) {
    return std::nullopt;
  }
  const bool dot = ast_.node(chain_root(ast_, receiver)).leading_dot;
  const std::string name = joined_name(ast_, receiver) + "." + std::string(ast_.text(id));
  for (const std::string& candidate : candidates(name, dot)) {
    const auto* overloads = declarations_.find_function(candidate);
    if (overloads == nullptr) continue;
    const bool plain = std::ranges::any_of(
        *overloads, [](const Overload& overload) { return !overload.signature.method; });
    if (plain) return Callee{candidate, overloads, true, 1};
  }
  return std::nullopt;
}

std::optional<CheckerWalk::Callee> CheckerWalk::find_function(NodeId id) {
  const Node& node = ast_.node(id);
  const std::string name(ast_.text(id));
  if (node.method) {
    const auto* overloads = declarations_.find_function(name);
    if (overloads == nullptr) return std::nullopt;
    return Callee{name, overloads, false, 0};
  }
  for (const std::string& candidate : candidates(name, node.leading_dot)) {
    if (const auto* overloads = declarations_.find_function(candidate)) {
      return Callee{candidate, overloads, candidate != name, 0};
    }
  }
  return std::nullopt;
}

Type CheckerWalk::visit_call(NodeId id) {
  const bool method = ast_.node(id).method;
  const auto children = ast_.children(id);
  if (method) {
    const NodeId receiver = children[0];
    if (const auto callee = find_qualified(id, receiver)) {
      for (const NodeId argument : children.subspan(1)) visit(argument);
      return resolve_call(id, *callee, children.subspan(1));
    }
    if (is_open_chain(ast_, receiver) && !means_something(receiver)) {
      const std::string name = joined_name(ast_, receiver) + "." + std::string(ast_.text(id));
      if (is_near_function(name)) {
        for (const NodeId argument : children.subspan(strict() ? children.size() : 1)) {
          visit(argument);
        }
        return unknown_function(id, false, name);
      }
    }
  }
  const auto callee = find_function(id);
  const size_t found = found_.size();
  for (size_t i = 0; i < children.size(); i++) {
    // What no macro binds, `x.any(y, y > 1)`, is the fault of the method's name alone.
    if (strict() && !callee && method && i > 0 && ast_.kind(children[1]) == NodeKind::kName) break;
    visit(children[i]);
  }
  if (callee) return resolve_call(id, *callee, children);
  if (method && found_.size() > found) return {};
  return unknown_function(id, method, std::string(ast_.text(id)));
}

bool CheckerWalk::is_near_function(const std::string& name) const {
  if (!macro_use(name).empty()) return true;
  const std::string family = name.substr(0, name.rfind('.') + 1);
  std::vector<std::string_view> known_names;
  for (const auto& [known_name, overloads] : declarations_.functions()) {
    if (known_name.starts_with(family)) return true;
    if (known_name.find('.') != std::string::npos) known_names.push_back(known_name);
  }
  return strict() && !nearest_spelling(name, known_names).empty();
}

Type CheckerWalk::unknown_function(NodeId id, bool method, const std::string& name) {
  checked_.references[id].meaning = Meaning::kUnknown;
  if (!speaks()) return {};
  const bool qualified = ast_.node(id).method && !method;
  const uint32_t at = qualified ? ast_.node(id).begin : ast_.node(id).at;
  if (const auto use = macro_use(name); !use.empty()) {
    return problem_at(at, "'" + name + "' is written otherwise", std::string(use));
  }
  const std::string message = (method ? "unknown method '" : "unknown function '") + name + "'";
  if (const auto meant = function_meant(name); !meant.empty()) {
    return problem_at(at, message, std::string(meant));
  }
  std::vector<std::string_view> known;
  for (const auto& [other, overloads] : declarations_.functions()) {
    const bool fits = std::ranges::any_of(
        overloads, [&](const Overload& overload) { return overload.signature.method == method; });
    if (fits) known.push_back(other);
  }
  for (const MacroForm& form : macro_forms()) {
    if (method) known.push_back(form.name);
  }
  if (!method) known.push_back("has");
  return problem_at(at, message, nearest_spelling(name, known));
}

bool CheckerWalk::applies(const Overload& overload, bool method, std::span<const Type> arguments,
                          Type& result) {
  const Signature& signature = overload.signature;
  if (!takes(signature, method, arguments.size())) return false;
  TypeBindings::Named named;
  for (size_t i = 0; i < arguments.size(); i++) {
    const Type& parameter = signature.arguments[std::min(i, signature.arguments.size() - 1)];
    if (!bindings_.fits(arguments[i], bindings_.instantiate(parameter, named))) return false;
  }
  result = known(bindings_.instantiate(signature.result, named));
  return true;
}

void CheckerWalk::refer(NodeId id, const Callee& callee, std::span<const uint32_t> ids) {
  Reference& reference = checked_.references[id];
  reference.meaning = Meaning::kFunction;
  reference.qualified = callee.first_argument == 1;
  reference.number = static_cast<uint32_t>(checked_.overloads.size());
  reference.overload_count = static_cast<uint16_t>(ids.size());
  checked_.overloads.insert(checked_.overloads.end(), ids.begin(), ids.end());
  if (callee.qualified) {
    checked_.name_of[id] = static_cast<uint32_t>(checked_.names.size());
    checked_.names.push_back(callee.name);
  }
}

Type CheckerWalk::resolve_call(NodeId id, const Callee& callee, std::span<const NodeId> arguments) {
  const bool method = ast_.node(id).method && !callee.qualified;
  std::vector<Type> types;
  for (const NodeId argument : arguments) types.push_back(checked_.types[argument]);
  const bool equality = callee.name == "_==_" || callee.name == "_!=_" || callee.name == "@in";
  const bool by_count = !strict() || (equality && check_equality(id, callee.name, types));
  std::vector<uint32_t> ids;
  std::optional<Type> result;
  const Overload* only = nullptr;
  for (const Overload& overload : *callee.overloads) {
    Type own;
    const size_t before = bindings_.mark();
    const bool fits = by_count ? takes(overload.signature, method, types.size())
                               : applies(overload, method, types, own);
    bindings_.take_back(before);
    if (!fits) continue;
    if (by_count) own = equality ? Type(TypeKind::kBool) : Type();
    only = ids.empty() ? &overload : nullptr;
    ids.push_back(overload.id);
    if (result && !(*result == own)) own = {};
    result = own;
  }
  if (ids.empty() && strict()) {
    if (equality && !found_.empty()) return TypeKind::kBool;
    return no_overload(id, callee, arguments, types);
  }
  if (only != nullptr && !by_count) applies(*only, method, types, *result);
  refer(id, callee, ids);
  return result ? *result : Type();
}

bool CheckerWalk::comparable(const Type& a, const Type& b) {
  if (a.is(TypeKind::kNull) || b.is(TypeKind::kNull)) return true;
  if (is_number(a) && is_number(b)) return true;
  if (a.kind() != b.kind() || !compares_its_parts(a)) return bindings_.fits(a, b);
  for (size_t i = 0; i < a.parameters().size(); i++) {
    if (!comparable(a.parameters()[i], b.parameters()[i])) return false;
  }
  return true;
}

bool CheckerWalk::check_equality(NodeId id, std::string_view name, std::span<const Type> types) {
  const NodeId left = ast_.child(id, 0);
  const NodeId right = ast_.child(id, 1);
  if (name != "@in") {
    if (!comparable(types[0], types[1])) {
      no_operator(id, operator_sign(name), ast_.children(id), types);
    }
    return true;
  }
  const Type& in = types[1];
  if (in.is(TypeKind::kList) || in.is(TypeKind::kMap)) {
    if (!comparable(types[0], in.parameters()[0])) {
      problem(id, "'in' looks for " + shown(types[0]) + " in " + shown(in));
    }
  } else if (!in.is_dyn() && !in.is(TypeKind::kVariable)) {
    std::string remedy;
    if (in.is(TypeKind::kString) && types[0].is(TypeKind::kString)) {
      remedy = print(ast_, right) + ".contains(" + print(ast_, left) + ")";
    }
    problem(id, "'in' looks into a list or a map, not " + shown(in), short_or_nothing(remedy));
  }
  return true;
}

Type CheckerWalk::no_overload(NodeId id, const Callee& callee, std::span<const NodeId> arguments,
                              std::span<const Type> types) {
  if (!speaks()) return {};
  if (const auto sign = operator_sign(callee.name); !sign.empty()) {
    return no_operator(id, sign, arguments, types);
  }
  const bool method = ast_.node(id).method && !callee.qualified;
  std::vector<std::string> known_forms;
  for (const Overload& overload : *callee.overloads) {
    if (overload.signature.method == method) known_forms.push_back(to_text(overload.signature));
  }
  if (known_forms.empty()) {
    return problem(id,
                   "'" + callee.name + "' is called " + (method ? "as a function" : "on a value"),
                   wrong_style_remedy(id, callee));
  }
  Signature given{.arguments = {types.begin(), types.end()}, .result = {}, .method = method};
  for (Type& type : given.arguments) type = bindings_.resolve(type, TypeBindings::Unbound::kDyn);
  std::string text = to_text(given);
  text.erase(text.rfind(" -> "));
  text = "no '" + callee.name + "' for " + text + "; there is ";
  const bool more = known_forms.size() > kMaxShown;
  if (more) known_forms.resize(kMaxShown);
  text += joined_types(known_forms) + (more ? " and others" : "");
  const std::string use(macro_use(callee.name));
  return problem(id, text, use.empty() ? optional_remedy(id, callee) : use);
}

std::string CheckerWalk::optional_remedy(NodeId id, const Callee& callee) const {
  const auto children = ast_.children(id);
  const bool for_optionals =
      ast_.node(id).method && ast_.kind(children[0]) == NodeKind::kSelect &&
      std::ranges::all_of(*callee.overloads, [](const Overload& overload) {
        return overload.signature.method && overload.signature.arguments[0].is(TypeKind::kOptional);
      });
  if (!for_optionals) return {};
  return short_or_nothing(print(ast_, ast_.child(children[0], 0)) + ".?" +
                          std::string(ast_.text(children[0])) + "." + callee.name + "(…)");
}

std::string CheckerWalk::wrong_style_remedy(NodeId id, const Callee& callee) const {
  const auto children = ast_.children(id);
  if (children.empty()) return {};
  std::string arguments;
  for (const NodeId child : children.subspan(1)) {
    arguments += (arguments.empty() ? "" : ", ") + print(ast_, child);
  }
  const std::string first = print(ast_, children[0]);
  if (ast_.node(id).method) {
    return short_or_nothing(callee.name + "(" + first + (arguments.empty() ? "" : ", ") +
                            arguments + ")");
  }
  return short_or_nothing(first + "." + callee.name + "(" + arguments + ")");
}

Type CheckerWalk::no_operator(NodeId id, std::string_view sign, std::span<const NodeId> arguments,
                              std::span<const Type> types) {
  if (!speaks()) return {};
  std::vector<std::string> texts;
  for (const Type& type : types) texts.push_back(shown(type));
  const bool compares = sign == "==" || sign == "!=";
  const std::string message =
      compares ? "'" + std::string(sign) + "' compares " + joined_types(texts) +
                     ", which are never equal"
               : "'" + std::string(sign) + "' does not work on " + joined_types(texts);
  return problem(id, message, short_or_nothing(operator_remedy(sign, arguments, types)));
}

std::string CheckerWalk::operator_remedy(std::string_view sign, std::span<const NodeId> arguments,
                                         std::span<const Type> types) const {
  if (arguments.size() == 1) {
    const std::string text = print(ast_, arguments[0]);
    if (sign != "!") return {};
    if (types[0].is(TypeKind::kString)) return text + " == ''";
    if (is_number(types[0])) return text + " == 0";
    if (types[0].is(TypeKind::kList) || types[0].is(TypeKind::kMap))
      return "size(" + text + ") == 0";
    return {};
  }
  const std::string left = print(ast_, arguments[0]);
  const std::string right = print(ast_, arguments[1]);
  const auto written = [&](const std::string& a, const std::string& b) {
    return a + " " + std::string(sign) + " " + b;
  };
  const Operator* inner = ast_.kind(arguments[0]) == NodeKind::kCall
                              ? find_function_operator(ast_.text(arguments[0]))
                              : nullptr;
  if (inner != nullptr && inner->level == 0 && types[0].is(TypeKind::kBool)) {
    return left + " && " + written(print(ast_, ast_.child(arguments[0], 1)), right);
  }
  const auto side = [&](size_t n, TypeKind kind) { return types[n].is(kind); };
  if (side(0, TypeKind::kOptional)) return written(left + ".orValue(…)", right);
  if (side(1, TypeKind::kOptional)) return written(left, right + ".orValue(…)");
  if (sign == "+" && side(0, TypeKind::kString) && is_number(types[1])) {
    return written(left, "string(" + right + ")");
  }
  if (sign == "+" && side(1, TypeKind::kString) && is_number(types[0])) {
    return written("string(" + left + ")", right);
  }
  if (is_number(types[0]) && ast_.kind(arguments[1]) == NodeKind::kString) {
    const std::string_view digits = ast_.text(arguments[1]);
    const bool whole = !digits.empty() && digits.size() < 16 &&
                       digits.find_first_not_of("0123456789") == std::string_view::npos;
    return whole ? written(left, std::string(digits)) : std::string();
  }
  if (is_number(types[0]) && side(1, TypeKind::kString)) {
    return written(left, to_text(types[0]) + "(" + right + ")");
  }
  if (is_number(types[1]) && side(0, TypeKind::kString)) {
    return written(to_text(types[1]) + "(" + left + ")", right);
  }
  if (side(0, TypeKind::kTimestamp) && side(1, TypeKind::kString)) {
    return written(left, "timestamp(" + right + ")");
  }
  const bool mixed = is_number(types[0]) && is_number(types[1]);
  if (mixed && side(0, TypeKind::kDouble)) return written(left, "double(" + right + ")");
  if (mixed && side(1, TypeKind::kDouble)) return written("double(" + left + ")", right);
  if (mixed && side(0, TypeKind::kInt)) return written(left, "int(" + right + ")");
  if (mixed) return written("int(" + left + ")", right);
  return {};
}

}  // namespace rapport::expr
