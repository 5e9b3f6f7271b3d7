// The functions an expression may call. A library is a table of overloads; libraries are built
// into an immutable registry that is handed to checker, interpreter and compiler.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/arena.h"
#include "expr/declarations.h"
#include "expr/value.h"

namespace rapport::expr {

class Zones;
class ExchangeRates;

// What a function may use beside its arguments. Functions are pure: the same arguments and the
// same Call give the same value.
struct Call {
  Arena& arena;
  Budget& budget;
  const Zones* zones = nullptr;          // null: only UTC and fixed offsets are known
  const ExchangeRates* rates = nullptr;  // null: two currencies cannot be compared
  const void* prepared = nullptr;        // what the overload's `prepare` made of constants

  Value error(std::string_view message) { return arena.error(message); }
};

// The arguments of a method start with the receiver. None of them is an error or unknown.
using Apply = Value (*)(std::span<const Value> args, Call& call);

// Work done once for constant arguments (a pattern compiled, a zone looked up). Arguments that are
// no constants are null pointers. Null: nothing to prepare. An error refuses the expression.
using Prepared = std::shared_ptr<const void>;
using Prepare = Result<Prepared> (*)(std::span<const Value* const> args, const Zones* zones);

enum class CallStyle : uint8_t { kFunction, kMethod };

// A signature is text:
//   "(string, int) -> string"       function
//   "string.(int) -> string"        method: receiver before the dot
//   "(dyn, ...) -> dyn"             the last parameter once or more often
//   single capital letters are type parameters: "list(T).(T) -> bool"
// Types: bool int uint double string bytes null_type timestamp duration money type dyn list(T)
// map(K, V) optional_type(T), and names of libraries' own types (net.IP).
// Operators have the names _+_ _-_ _*_ _/_ _%_ _==_ _!=_ _<_ _<=_ _>_ _>=_ @in _[_] _[?_] !_ -_
// _&&_ _||_ _?_:_ ; names with dots are plain ("math.greatest", "optional.none").
struct Overload {
  std::string_view name;
  std::string_view signature;
  uint32_t cost = 1;  // in units of Budget; bytes and elements of arguments are charged beside
  Apply apply = nullptr;
  Prepare prepare = nullptr;
};

struct Library {
  std::string_view name;
  std::span<const Overload> overloads;
};

// An overload with its signature read. `kinds` holds a bit per Kind an argument may have.
struct BoundOverload {
  const Overload* overload = nullptr;
  CallStyle style = CallStyle::kFunction;
  std::vector<uint32_t> kinds;
  std::vector<std::string_view> opaque_types;  // per parameter: its name, for libraries' own types
  bool variadic = false;

  bool accepts(std::span<const Value> args) const;
};

class Registry {
 public:
  // The error names the overload whose signature cannot be read or stands twice.
  static Result<Registry> build(std::span<const Library> libraries);

  // All overloads of a name and style, in the order of the tables; empty when there is none.
  std::span<const BoundOverload> find(std::string_view name, CallStyle style) const;
  std::span<const BoundOverload> all() const { return overloads_; }
  bool has(std::string_view name) const;

 private:
  std::vector<BoundOverload> overloads_;  // sorted by name and style
};

// Declares every overload of the registry for the checker; ids are places in Registry::all().
Result<void> declare(const Registry& registry, Declarations& declarations);

// All libraries of this room.
std::span<const Library> all_libraries();

}  // namespace rapport::expr
