// The types of CEL, as values that are cheap to copy, and the text they are written in:
//   int  list(string)  map(string, dyn)  optional_type(int)  type(int)  contact  tuple(T, U)
// One capital letter is a type parameter. A name nobody declares is an opaque type.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rapport::expr {

enum class TypeKind : uint8_t {
  kDyn,  // known only when evaluated
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kTimestamp,
  kDuration,
  kType,       // the type of types; parameters: none, or the type it names
  kList,       // parameters: element
  kMap,        // parameters: key, value
  kOptional,   // parameters: what it may hold
  kObject,     // named, with or without parameters: a declared object or an opaque type
  kParameter,  // named: T
  kVariable,   // numbered: stands for a type not yet known, inside the checker only
};

class Type {
 public:
  Type() = default;                     // dyn
  Type(TypeKind kind) : kind_(kind) {}  // NOLINT: those without parameters
  static Type list(Type element);
  static Type map(Type key, Type value);
  static Type optional(Type held);
  static Type type_of(Type named);
  static Type object(std::string name, std::vector<Type> parameters = {});
  static Type parameter(std::string name);
  static Type variable(uint32_t number);

  TypeKind kind() const { return kind_; }
  bool is(TypeKind kind) const { return kind_ == kind; }
  bool is_dyn() const { return kind_ == TypeKind::kDyn; }
  // Of a kObject or kParameter.
  std::string_view name() const;
  uint32_t number() const { return number_; }  // of a kVariable
  std::span<const Type> parameters() const;
  // Nodes on the longest path and in all, shared ones counted each time.
  uint32_t depth() const;
  uint64_t size() const;

  // Whether a kParameter or a kVariable is in it.
  bool is_generic() const;

  bool operator==(const Type& other) const;
  // Cheap: true only when both are the same one value.
  bool is_same(const Type& other) const {
    return kind_ == other.kind_ && number_ == other.number_ && parts_ == other.parts_;
  }
  // The same with other parameters, as many as there are.
  Type with(std::vector<Type> parameters) const;

 private:
  struct Parts;
  Type(TypeKind kind, std::string name, std::vector<Type> parameters);

  TypeKind kind_ = TypeKind::kDyn;
  uint32_t number_ = 0;
  std::shared_ptr<const Parts> parts_;
};

struct Type::Parts {
  std::string name;
  std::vector<Type> parameters;
  uint32_t depth = 1;
  uint64_t size = 1;
  bool generic = false;
};

// "map(string, int)"; timestamp and duration are written so, although their type's own name is
// "google.protobuf.Timestamp". A text past 400 bytes is cut and ends in "…".
std::string to_text(const Type& type);
// The name a value of type `type` has: "list", "google.protobuf.Timestamp", "contact".
std::string_view type_name(const Type& type);
// Error: what is wrong and at which character.
Result<Type> parse_type(std::string_view text);

// `size(string) -> int` without the name: arguments, a method's receiver first, and the result.
struct Signature {
  std::vector<Type> arguments;
  Type result;
  bool method = false;
  bool variadic = false;  // the last argument may stand once or more often
  bool operator==(const Signature&) const = default;
};
// "(string, int) -> bool" for a function, "string.(int) -> string" for a method, "(int, ...) ->
// int" for one whose last argument repeats.
Result<Signature> parse_signature(std::string_view text);
std::string to_text(const Signature& signature);

}  // namespace rapport::expr
