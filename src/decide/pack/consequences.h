// What follows from a change: fields that are computed from fields, and events that those changes
// make. An approximation from above: everything that could follow.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "decide/pack/findings_parts.h"

namespace rapport::decide {

class Consequences {
 public:
  Consequences(std::span<const PackSpec> packs, const Names& names);

  // Adds to `changed` all that follows from it. Fields are "ticket.priority", events
  // "@ticket.created"; "@ticket.changed" follows from every field of a ticket. Linear in what
  // follows.
  void close(std::set<std::string>& changed) const;

 private:
  // When one of `inputs` changes, all of `outputs` may.
  struct Derivation {
    std::set<std::string> inputs, outputs;
  };
  void add(Derivation derivation);
  void add_objects(const PackSpec& pack);
  void add_rollups(const PackSpec& pack);
  void add_scores(const PackSpec& pack);
  void add_conditions(const PackSpec& pack);
  void add_lifecycle(const LifecycleSpec& lifecycle, const Names& names);

  std::vector<Derivation> derivations_;
  std::map<std::string, std::vector<size_t>> by_input_;
};

}  // namespace rapport::decide
