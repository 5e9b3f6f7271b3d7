// What is wrong with packs that are to be active side by side, told without knowing any type:
// names that mean nothing, things declared twice, rules that trigger each other for ever, two
// writers of one field, fields that nobody writes or reads.
//
// The checks look at what could happen, not at what will: docs/spec/packs.md says how far they see.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "decide/pack/read_pack.h"
#include "decide/pack/spec.h"

namespace rapport::decide {

struct Finding {
  enum class Level : uint8_t { kError, kWarning };
  Level level = Level::kError;
  std::string code;     // "unknown-object", a word for programs
  std::string message;  // for people, with the remedy
  Place place;
};

// "packs/x/rules.yaml:3:5: error: …"
std::string to_text(const Finding& finding);

// What stands in the sections that PackSpec does not have.
struct Elsewhere {
  // Section ("sla", "routing", "teams", "calendars") → id → pack.
  // References to a section that is not here are not checked.
  std::map<std::string, std::map<std::string, std::string>> ids;
  std::vector<std::string> texts;  // everything written there: it may name fields
};
// Adds what a pack leaves unread; `sections` that it could have are known from then on.
void add_elsewhere(const PackRead& read, Elsewhere& elsewhere);

// In the order of packs, files and lines, each once. Pure; about linear in the size of the packs,
// but for rules that can trigger each other.
std::vector<Finding> static_findings(std::span<const PackSpec> packs,
                                     const Elsewhere& elsewhere = {});

}  // namespace rapport::decide
