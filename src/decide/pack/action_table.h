// What each action may be told: docs/spec/packs.md.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rapport::decide {

enum class ArgumentKind : uint8_t {
  kValue,      // a literal or "= expr"; a list or a map is one literal
  kText,       // the same, but one scalar, not null
  kObject,     // the name of an object
  kId,         // the id of something declared
  kFlag,       // true or false
  kSpan,       // "24h", "2 business hours" or "= expr"
  kReceiver,   // exactly one of team, role, user, owner_of
  kSetting,    // field → value
  kReferring,  // object → value
  kTree,       // anything, with expressions in it
  kForward,    // the word `forward`
  kSeverity,   // low, medium, high, critical
};

enum class Need : uint8_t { kOptional, kRequired };

struct ArgumentForm {
  std::string_view name;
  ArgumentKind kind = ArgumentKind::kValue;
  Need need = Need::kOptional;
};

// What stands under the action's name.
enum class ActionShape : uint8_t {
  kArguments,    // the named arguments
  kFieldValues,  // <object>.<field> → value
  kFieldLists,   // object → names
  kPerObject,    // object → the named arguments
};

struct ActionForm {
  std::string_view name;
  ActionShape shape = ActionShape::kArguments;
  std::span<const ArgumentForm> arguments = {};
};

// By name, in alphabetical order.
std::span<const ActionForm> action_forms();

// The ways to say who: team, role, user, owner_of.
std::span<const ArgumentForm> receiver_forms();

}  // namespace rapport::decide
