// The checks behind static_findings.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decide/pack/static_findings.h"

namespace rapport::decide {

// All names of the joined packs.
struct Names {
  struct Declared {
    std::string pack;  // empty: built in
    Place place;
    std::string of;  // the object it is about
  };
  std::map<std::string, std::map<std::string, Declared>> sections;  // section → id
  std::map<std::string, std::map<std::string, Declared>> fields;    // object → field
  // Derived events, each with the pack it comes from: "score.health.A.entered".
  std::map<std::string, std::string> events;
  // Words an event may begin with that are not for events from outside, such as "score".
  static bool is_reserved(std::string_view first_word);
};

class Findings {
 public:
  Findings(std::span<const PackSpec> packs, const Elsewhere& elsewhere)
      : packs_(packs), elsewhere_(elsewhere) {}

  std::span<const PackSpec> packs() const { return packs_; }
  const Elsewhere& elsewhere() const { return elsewhere_; }
  Names names;

  void error(std::string_view code, const Place& place, std::string message);
  void warning(std::string_view code, const Place& place, std::string message);
  std::vector<Finding> take();  // sorted

 private:
  std::span<const PackSpec> packs_;
  const Elsewhere& elsewhere_;
  std::vector<Finding> found_;
};

void collect_names(Findings& findings);     // fills names; refuses what is declared twice
void check_references(Findings& findings);  // uses, objects, ids, events
void check_loops(Findings& findings);
void check_flows(Findings& findings);   // workflows, schedules, messages
void check_fields(Findings& findings);  // two writers; written and read at all

// What an action changes by itself. A field is "ticket.priority", an event "@ticket.created".
struct Write {
  std::string field;
  // The value, when writing it again changes nothing; null: each time may bring another.
  Json settled;
};
std::vector<Write> writes_of(const ActionSpec& action);
std::set<std::string> events_of(const ActionSpec& action, const Names& names);
// Whether doing it again may change something again.
bool repeats(const ActionSpec& action);

}  // namespace rapport::decide
