// Routing: who gets a record.
//
// A step names who may get it and how one of these is chosen; the first step whose condition holds
// and that finds someone decides. Pure: who is there, how busy, and what time it is are handed in.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/yaml.h"
#include "decide/pack/spec.h"
#include "expr/functions/business_time.h"

namespace rapport::decide {

enum class Presence : uint8_t { kAvailable, kAway, kOffline };

// A user as a candidate. Lists in any order.
struct Agent {
  std::string id;
  std::string name;
  std::vector<std::string> roles, teams, languages, territories;
  std::map<std::string, int64_t> skills;  // level; 1 where none is given
  std::optional<int64_t> capacity;        // open items at most; none: no limit
  std::map<std::string, int64_t> open;    // items open now, by object
  Presence presence = Presence::kAvailable;
  std::optional<Micros> last_assigned_at;  // none: never
  int64_t last_assigned_sequence = 0;      // of that event: settles which of one instant was last
  std::optional<Micros> idle_since;        // none: busy
  std::shared_ptr<const expr::BusinessCalendar> hours;  // none: at all times

  int64_t all_open() const;
};

enum class RoutingMethod : uint8_t {
  kRoundRobin,   // never assigned first, then the longest ago
  kLeastLoaded,  // the fewest open items of the routed object
  kLeastShare,   // the smallest share of the capacity in use
  kLongestIdle,  // idle the longest; who is not idle comes after
  kFirst,        // by the tie rules alone
  kOwner,        // the present owner, if still fit
};
enum class TieRule : uint8_t { kId, kName, kLoad, kRoundRobin };
enum class Assign : uint8_t { kAgent, kTeam, kNobody };

struct SkillWanted {
  std::string name;
  int64_t level = 1;  // at least
};

struct RoutingStep {
  YamlNode at = {};
  Formula when = {};
  Assign assign = Assign::kAgent;
  std::string team = {};  // or, reckoned:
  Formula team_of = {};   // gives a team's name
  std::string role = {};
  std::vector<SkillWanted> skills = {};  // all of them
  Formula languages = {};                // gives a text or a list: at least one of them
  Formula territory = {};                // gives a text
  RoutingMethod method = RoutingMethod::kRoundRobin;
  std::vector<YamlNode> actions = {};  // `do`: when this step decides; the engine reads them
};

struct Routing {
  std::string id = {};
  std::string says = {};
  std::string object = {};
  std::string as = {};  // what the chosen becomes of the record: "owner"
  std::vector<RoutingStep> steps = {};
  RoutingStep fallback = {};      // without condition
  std::vector<TieRule> tie = {};  // then by id
  bool respect_capacity = true;
  bool any_presence = false;  // also who is away, offline or out of hours
  std::vector<std::string> spec = {};
};

// What a step's expressions give for the record. Nothing: a field they need is missing.
struct RoutingWants {
  std::optional<std::string> team = {};
  std::optional<std::vector<std::string>> languages = {};
  std::optional<std::string> territory = {};
};

struct RoutingContext {
  Micros now;
  std::string owner;  // the record's present one; empty: none
};

struct RoutingLoss {
  std::string agent;   // id
  std::string reason;  // "away", "at capacity 5/5", "4 open tickets > 2"
  bool operator==(const RoutingLoss&) const = default;
};

struct RoutingChoice {
  Assign assign = Assign::kNobody;
  std::string agent;                // id, with kAgent
  std::string team;                 // with kTeam, and with kAgent the team it was chosen from
  std::string reason;               // why this one, or why nobody
  std::vector<RoutingLoss> losses;  // by id; with kTeam none are compared
  std::optional<size_t> step;       // that decided; none: the fallback
  bool operator==(const RoutingChoice&) const = default;
};

// One step. The order of `candidates` does not matter; their ids differ. Linear in them, and
// n log n for the losses.
RoutingChoice choose(const RoutingStep& step, const Routing& routing,
                     std::span<const Agent> candidates, const RoutingWants& wants,
                     const RoutingContext& context);

// All steps, then the fallback. `wants` has one entry a step, nothing where its condition does not
// hold; `fallback_wants` is for the fallback. The losses are those of all steps that were asked and
// found nobody, and of the one that decided; each agent's last.
RoutingChoice route(const Routing& routing, std::span<const Agent> candidates,
                    std::span<const std::optional<RoutingWants>> wants,
                    const RoutingWants& fallback_wants, const RoutingContext& context);

}  // namespace rapport::decide
