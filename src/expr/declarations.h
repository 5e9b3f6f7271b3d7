// What an expression may name: variables, objects with typed fields, functions; and the container
// within which names are looked up.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/type.h"

namespace rapport::expr {

// What a field or a variable is declared as.
struct FieldDeclaration {
  std::string name;
  Type type;
};

// A declared object: a record's type. Open ones give dyn for fields nobody declared.
struct ObjectDeclaration {
  std::string name;
  std::vector<FieldDeclaration> fields;
  bool open = false;
  // Null when there is none of that name. Linear.
  const Type* find(std::string_view field) const;
};

class Declarations {
 public:
  // "a.b" within container "x.y" means the first declared of x.y.a.b, x.a.b, a.b.
  void set_container(std::string name) { container_ = std::move(name); }
  const std::string& container() const { return container_; }

  // Error: declared already. Variables have numbers in the order of declaration, from 0.
  Result<uint32_t> add_variable(std::string name, Type type);
  Result<void> add_object(ObjectDeclaration object);
  // Error: an overload of the same function with the same arguments. `id` is the caller's own
  // number of the overload, reported by the checker.
  Result<void> add_function(std::string name, Signature signature, uint32_t id);

  struct Variable {
    std::string name;
    Type type;
  };
  struct FunctionOverload {
    Signature signature;
    uint32_t id = 0;
  };
  const std::vector<Variable>& variables() const { return variables_; }
  std::optional<uint32_t> find_variable(std::string_view name) const;
  const ObjectDeclaration* find_object(std::string_view name) const;
  // The type a name stands for as a value: int, google.protobuf.Timestamp, a declared object, a
  // type that a function's signature names.
  std::optional<Type> find_type(std::string_view name) const;
  // Null when nothing of that name is declared; operators under their names, "_+_".
  const std::vector<FunctionOverload>* find_function(std::string_view name) const;
  const std::map<std::string, std::vector<FunctionOverload>, std::less<>>& functions() const {
    return functions_;
  }
  const std::map<std::string, ObjectDeclaration, std::less<>>& objects() const { return objects_; }

 private:
  std::string container_;
  std::vector<Variable> variables_;
  std::map<std::string, uint32_t, std::less<>> variable_numbers_;
  std::map<std::string, ObjectDeclaration, std::less<>> objects_;
  std::map<std::string, std::vector<FunctionOverload>, std::less<>> functions_;
  std::set<std::string, std::less<>> opaque_types_;
};

// The candidates of a name within a container, longest first: "b" in "x.y": x.y.b, x.b, b.
std::vector<std::string> candidate_names(std::string_view container, std::string_view name);

}  // namespace rapport::expr
