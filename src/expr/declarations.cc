#include "expr/declarations.h"

#include <algorithm>

namespace rapport::expr {
namespace {

void collect_opaque(const Type& type, std::set<std::string, std::less<>>& into) {
  if (type.is(TypeKind::kObject)) into.emplace(type.name());
  for (const Type& parameter : type.parameters()) collect_opaque(parameter, into);
}

// Names of types that are values too; `dyn` is none.
constexpr std::string_view kTypeValues[] = {"bool",
                                            "bytes",
                                            "double",
                                            "google.protobuf.Duration",
                                            "google.protobuf.Timestamp",
                                            "int",
                                            "list",
                                            "map",
                                            "null_type",
                                            "optional_type",
                                            "string",
                                            "type",
                                            "uint"};

}  // namespace

const Type* ObjectDeclaration::find(std::string_view field) const {
  const auto found = std::ranges::find(fields, field, &FieldDeclaration::name);
  return found == fields.end() ? nullptr : &found->type;
}

Result<uint32_t> Declarations::add_variable(std::string name, Type type) {
  const auto number = static_cast<uint32_t>(variables_.size());
  if (!variable_numbers_.emplace(name, number).second) {
    return invalid("the variable '" + name + "' is declared twice; drop one");
  }
  variables_.push_back({std::move(name), std::move(type)});
  return number;
}

Result<void> Declarations::add_object(ObjectDeclaration object) {
  for (size_t i = 0; i < object.fields.size(); i++) {
    if (object.find(object.fields[i].name) != &object.fields[i].type) {
      return invalid("the field '" + object.name + "." + object.fields[i].name +
                     "' is declared twice; drop one");
    }
  }
  std::string name = object.name;
  if (!objects_.emplace(std::move(name), object).second) {
    return invalid("the object '" + object.name + "' is declared twice; drop one");
  }
  return {};
}

Result<void> Declarations::add_function(std::string name, Signature signature, uint32_t id) {
  auto& overloads = functions_[name];
  for (const FunctionOverload& other : overloads) {
    if (other.signature.method == signature.method &&
        other.signature.arguments == signature.arguments) {
      return invalid("the function '" + name + "' is declared twice as " + to_text(signature) +
                     "; drop one");
    }
  }
  for (const Type& type : signature.arguments) collect_opaque(type, opaque_types_);
  collect_opaque(signature.result, opaque_types_);
  overloads.push_back({std::move(signature), id});
  return {};
}

std::optional<uint32_t> Declarations::find_variable(std::string_view name) const {
  const auto found = variable_numbers_.find(name);
  if (found == variable_numbers_.end()) return std::nullopt;
  return found->second;
}

const ObjectDeclaration* Declarations::find_object(std::string_view name) const {
  const auto found = objects_.find(name);
  return found == objects_.end() ? nullptr : &found->second;
}

std::optional<Type> Declarations::find_type(std::string_view name) const {
  if (std::ranges::binary_search(kTypeValues, name)) return *parse_type(name);
  if (find_object(name) != nullptr || opaque_types_.contains(name)) {
    return Type::object(std::string(name));
  }
  return std::nullopt;
}

const std::vector<Declarations::FunctionOverload>* Declarations::find_function(
    std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

std::vector<std::string> candidate_names(std::string_view container, std::string_view name) {
  std::vector<std::string> names;
  while (!container.empty()) {
    names.push_back(std::string(container) + "." + std::string(name));
    const size_t dot = container.rfind('.');
    container = dot == std::string_view::npos ? std::string_view() : container.substr(0, dot);
  }
  names.emplace_back(name);
  return names;
}

}  // namespace rapport::expr
