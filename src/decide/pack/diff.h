// What changed between two versions of a pack, for the person who is to activate it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "decide/pack/read_pack.h"

namespace rapport::decide {

struct FieldChange {
  std::string path;    // "weighted.support.weight"
  std::string what;    // "weight of support", "team of ticket of action 2"
  Json before, after;  // texts, as written; null: was, or is, not there
};

struct EntryChange {
  enum class Kind : uint8_t { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kChanged;
  std::string section;  // "scores"; "pack" for name, says and uses
  std::string id;
  std::vector<FieldChange> fields;  // of what is changed
};

struct PackDiff {
  std::string before, after;         // versions
  std::vector<EntryChange> changes;  // by section and id
};

// Compares what is declared, as it is written, in all sections: moving an entry to another file,
// writing its keys in another order, comments and cases are no changes; nor is one text instead of
// a list of one. The order of a list (moves, levels, actions) and that of stages, steps, paths and
// variants is a change. Error: a file that is not YAML.
Result<PackDiff> diff_packs(const PackFiles& before, const PackFiles& after);

// "score health: weight of support 0.15 → 0.20", a line each; empty when nothing changed.
std::string to_text(const PackDiff& diff);
// {before, after, changes: [{kind, section, id, fields: [{path, what, before, after}]}]}
Json to_json(const PackDiff& diff);

}  // namespace rapport::decide
