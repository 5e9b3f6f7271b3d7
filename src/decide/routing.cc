#include "decide/routing.h"

#include <fmt/core.h>

#include <algorithm>
#include <compare>

#include "base/text.h"
#include "decide/sla.h"

namespace rapport::decide {
namespace {

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

int64_t open_of(const Agent& agent, const std::string& object) {
  const auto found = agent.open.find(object);
  return found == agent.open.end() ? 0 : found->second;
}

// "pt" and "pt-BR" are of one language, "pt-PT" and "pt-BR" are not.
bool is_language(std::string_view spoken, std::string_view wanted) {
  const std::string a = ascii_lower(spoken), b = ascii_lower(wanted);
  if (a.empty() || b.empty()) return false;
  return a == b || b.starts_with(a + "-") || a.starts_with(b + "-");
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : " or ") + word;
  return all;
}

// A step, as it asks of one record.
class Asked {
 public:
  Asked(const RoutingStep& step, const Routing& routing, const RoutingWants& wants,
        const RoutingContext& context)
      : step_(step),
        routing_(routing),
        wants_(wants),
        context_(context),
        team_(!step.team_of.empty() ? wants.team.value_or("") : step.team) {}

  const std::string& team() const { return team_; }

  // What of the record is missing, so that nobody can fit.
  std::string missing() const {
    if (!step_.team_of.empty() && team_.empty())
      return "the team cannot be told: a field is missing";
    if (!step_.languages.empty() && !wants_.languages)
      return "the language cannot be told: a field is missing";
    if (!step_.territory.empty() && wants_.territory.value_or("").empty())
      return "the territory cannot be told: a field is missing";
    return "";
  }

  // Why an agent cannot get it; empty: it can.
  std::string unfit(const Agent& agent) const {
    if (std::string reason = lacks(agent); !reason.empty()) return reason;
    if (step_.method == RoutingMethod::kOwner && agent.id != context_.owner)
      return "is not the present owner";
    if (std::string reason = absent(agent); !reason.empty()) return reason;
    // What it owns already counts among its open items and adds none.
    const int64_t held = agent.all_open() - (agent.id == context_.owner ? 1 : 0);
    if (routing_.respect_capacity && agent.capacity && held >= *agent.capacity)
      return fmt::format("at capacity {}/{}", agent.all_open(), *agent.capacity);
    if (step_.method == RoutingMethod::kLeastShare && agent.capacity.value_or(0) <= 0)
      return "has no capacity to take a share of: set one";
    return "";
  }

 private:
  std::string lacks(const Agent& agent) const {
    if (!team_.empty() && !contains(agent.teams, team_))
      return fmt::format("not in team '{}'", team_);
    if (!step_.role.empty() && !contains(agent.roles, step_.role))
      return fmt::format("not of role '{}'", step_.role);
    for (const SkillWanted& skill : step_.skills) {
      const auto found = agent.skills.find(skill.name);
      if (found == agent.skills.end()) return fmt::format("lacks skill '{}'", skill.name);
      if (found->second < skill.level)
        return fmt::format("skill '{}' at level {} < {}", skill.name, found->second, skill.level);
    }
    if (!step_.languages.empty() && !wants_.languages->empty() && !speaks(agent))
      return fmt::format("does not speak {}", joined(*wants_.languages));
    if (!step_.territory.empty() && !contains(agent.territories, *wants_.territory))
      return fmt::format("not of territory '{}'", *wants_.territory);
    return "";
  }
  bool speaks(const Agent& agent) const {
    return std::any_of(agent.languages.begin(), agent.languages.end(), [&](const auto& spoken) {
      return std::any_of(wants_.languages->begin(), wants_.languages->end(),
                         [&](const auto& wanted) { return is_language(spoken, wanted); });
    });
  }
  std::string absent(const Agent& agent) const {
    if (routing_.any_presence) return "";
    if (agent.presence == Presence::kAway) return "away";
    if (agent.presence == Presence::kOffline) return "offline";
    if (agent.hours && !agent.hours->is_open(to_span(context_.now))) return "outside working hours";
    return "";
  }

  const RoutingStep& step_;
  const Routing& routing_;
  const RoutingWants& wants_;
  const RoutingContext& context_;
  std::string team_;
};

std::string assigned(const Agent& agent) {
  return agent.last_assigned_at ? format_time(*agent.last_assigned_at) : "never";
}
std::string share(const Agent& agent) {
  return fmt::format("{}/{}", agent.all_open(), agent.capacity.value_or(0));
}

// Orders agents by one measure; less is better.
struct Measure {
  std::strong_ordering (*compare)(const Agent&, const Agent&, const std::string& object);
  std::string (*loss)(const Agent& loser, const Agent& winner, const std::string& object);
  std::string (*win)(const Agent& winner, const std::string& object);
};

constexpr Measure kRoundRobin{
    [](const Agent& a, const Agent& b, const std::string&) {
      const auto by_time = a.last_assigned_at <=> b.last_assigned_at;  // never is before all
      if (by_time != 0 || !a.last_assigned_at) return by_time;
      return a.last_assigned_sequence <=> b.last_assigned_sequence;
    },
    [](const Agent& loser, const Agent& winner, const std::string&) {
      return fmt::format("assigned later: {}, the chosen {}", assigned(loser), assigned(winner));
    },
    [](const Agent& winner, const std::string&) {
      return winner.last_assigned_at ? "assigned the longest ago: " + assigned(winner)
                                     : std::string("never assigned before");
    }};

constexpr Measure kLoad{[](const Agent& a, const Agent& b, const std::string& object) {
                          return open_of(a, object) <=> open_of(b, object);
                        },
                        [](const Agent& loser, const Agent& winner, const std::string& object) {
                          return fmt::format("more open of {}: {} > {}", object,
                                             open_of(loser, object), open_of(winner, object));
                        },
                        [](const Agent& winner, const std::string& object) {
                          return fmt::format("fewest open of {}: {}", object,
                                             open_of(winner, object));
                        }};

constexpr Measure kShare{
    [](const Agent& a, const Agent& b, const std::string&) {
      const auto left = static_cast<__int128>(a.all_open()) * b.capacity.value_or(0);
      const auto right = static_cast<__int128>(b.all_open()) * a.capacity.value_or(0);
      return left <=> right;
    },
    [](const Agent& loser, const Agent& winner, const std::string&) {
      return fmt::format("more of the capacity in use: {} > {}", share(loser), share(winner));
    },
    [](const Agent& winner, const std::string&) {
      return "least of the capacity in use: " + share(winner);
    }};

constexpr Measure kIdle{
    [](const Agent& a, const Agent& b, const std::string&) {
      if (a.idle_since.has_value() != b.idle_since.has_value())
        return a.idle_since ? std::strong_ordering::less : std::strong_ordering::greater;
      return a.idle_since <=> b.idle_since;
    },
    [](const Agent& loser, const Agent& winner, const std::string&) {
      if (!loser.idle_since) return std::string("not idle");
      return fmt::format("idle since {} > {}", format_time(*loser.idle_since),
                         format_time(*winner.idle_since));
    },
    [](const Agent& winner, const std::string&) {
      return winner.idle_since ? "idle the longest: since " + format_time(*winner.idle_since)
                               : std::string("nobody is idle");
    }};

constexpr Measure kName{
    [](const Agent& a, const Agent& b, const std::string&) { return a.name.compare(b.name) <=> 0; },
    [](const Agent&, const Agent& winner, const std::string&) {
      return fmt::format("as good, but '{}' comes before by name", winner.name);
    },
    [](const Agent&, const std::string&) { return std::string("first by name"); }};

constexpr Measure kId{
    [](const Agent& a, const Agent& b, const std::string&) { return a.id.compare(b.id) <=> 0; },
    [](const Agent&, const Agent& winner, const std::string&) {
      return fmt::format("as good, but '{}' comes before by id", winner.id);
    },
    [](const Agent&, const std::string&) { return std::string("first by id"); }};

const Measure* measure_of(RoutingMethod method) {
  switch (method) {
    case RoutingMethod::kRoundRobin:
      return &kRoundRobin;
    case RoutingMethod::kLeastLoaded:
      return &kLoad;
    case RoutingMethod::kLeastShare:
      return &kShare;
    case RoutingMethod::kLongestIdle:
      return &kIdle;
    case RoutingMethod::kFirst:
    case RoutingMethod::kOwner:
      break;
  }
  return nullptr;
}

const Measure* measure_of(TieRule rule) {
  switch (rule) {
    case TieRule::kName:
      return &kName;
    case TieRule::kLoad:
      return &kLoad;
    case TieRule::kRoundRobin:
      return &kRoundRobin;
    case TieRule::kId:
      break;
  }
  return &kId;
}

// The method, then the tie rules, then the id: a total order.
std::vector<const Measure*> measures(const RoutingStep& step, const Routing& routing) {
  std::vector<const Measure*> all;
  if (const Measure* method = measure_of(step.method)) all.push_back(method);
  for (const TieRule rule : routing.tie) all.push_back(measure_of(rule));
  all.push_back(&kId);
  return all;
}

// The first measure by which two differ.
const Measure& deciding(const std::vector<const Measure*>& all, const Agent& a, const Agent& b,
                        const std::string& object) {
  for (const Measure* measure : all)
    if (measure->compare(a, b, object) != 0) return *measure;
  return kId;
}

// Why one of these: what set it apart from the best of the others.
std::string win(const std::vector<const Measure*>& order, const std::vector<const Agent*>& fit,
                const Agent& winner, const RoutingStep& step, const std::string& object) {
  if (step.method == RoutingMethod::kOwner) return "the present owner";
  if (fit.size() == 1) return "the only one who fits";
  const Agent* second = nullptr;
  for (const Agent* agent : fit) {
    if (agent == &winner) continue;
    const bool better =
        second == nullptr ||
        deciding(order, *agent, *second, object).compare(*agent, *second, object) < 0;
    if (better) second = agent;
  }
  return fmt::format("{}, of {} who fit",
                     deciding(order, winner, *second, object).win(winner, object), fit.size());
}

RoutingChoice choose_agent(const RoutingStep& step, const Routing& routing, const Asked& asked,
                           std::span<const Agent> candidates) {
  RoutingChoice choice;
  std::vector<const Agent*> fit;
  for (const Agent& agent : candidates) {
    std::string reason = asked.unfit(agent);
    if (reason.empty()) fit.push_back(&agent);
    if (!reason.empty()) choice.losses.push_back({agent.id, std::move(reason)});
  }
  const auto by_id = [](const RoutingLoss& a, const RoutingLoss& b) { return a.agent < b.agent; };
  if (fit.empty()) {
    choice.reason = fmt::format("none of {} fits", candidates.size());
    std::sort(choice.losses.begin(), choice.losses.end(), by_id);
    return choice;
  }
  const auto order = measures(step, routing);
  const std::string& object = routing.object;
  const Agent& winner =
      **std::min_element(fit.begin(), fit.end(), [&](const auto* a, const auto* b) {
        return deciding(order, *a, *b, object).compare(*a, *b, object) < 0;
      });
  for (const Agent* agent : fit) {
    if (agent == &winner) continue;
    const Measure& measure = deciding(order, *agent, winner, object);
    choice.losses.push_back({agent->id, measure.loss(*agent, winner, object)});
  }
  std::sort(choice.losses.begin(), choice.losses.end(), by_id);
  choice.assign = Assign::kAgent;
  choice.agent = winner.id;
  choice.team = asked.team();
  choice.reason = win(order, fit, winner, step, object);
  return choice;
}

}  // namespace

int64_t Agent::all_open() const {
  int64_t all = 0;
  for (const auto& [object, items] : open) all += items;
  return all;
}

RoutingChoice choose(const RoutingStep& step, const Routing& routing,
                     std::span<const Agent> candidates, const RoutingWants& wants,
                     const RoutingContext& context) {
  const Asked asked(step, routing, wants, context);
  RoutingChoice choice;
  if (step.assign == Assign::kNobody) {
    choice.reason = "declared to go to nobody";
    return choice;
  }
  choice.reason = asked.missing();
  if (!choice.reason.empty()) return choice;
  if (step.assign == Assign::kAgent) return choose_agent(step, routing, asked, candidates);
  choice.assign = Assign::kTeam;
  choice.team = asked.team();
  choice.reason = "declared to go to the team";
  return choice;
}

RoutingChoice route(const Routing& routing, std::span<const Agent> candidates,
                    std::span<const std::optional<RoutingWants>> wants,
                    const RoutingWants& fallback_wants, const RoutingContext& context) {
  CHECK(wants.size() == routing.steps.size());
  std::map<std::string, std::string> losses;
  const auto ask = [&](const RoutingStep& step, const RoutingWants& wanted) {
    RoutingChoice choice = choose(step, routing, candidates, wanted, context);
    for (RoutingLoss& loss : choice.losses) losses[loss.agent] = std::move(loss.reason);
    losses.erase(choice.agent);
    choice.losses.clear();
    return choice;
  };
  std::optional<RoutingChoice> decided;
  for (size_t i = 0; i < wants.size() && !decided; ++i) {
    if (!wants[i]) continue;
    RoutingChoice choice = ask(routing.steps[i], *wants[i]);
    choice.step = i;
    const bool is_meant = routing.steps[i].assign == Assign::kNobody;
    if (is_meant || choice.assign != Assign::kNobody) decided = std::move(choice);
  }
  if (!decided) decided = ask(routing.fallback, fallback_wants);
  for (auto& [agent, reason] : losses) decided->losses.push_back({agent, std::move(reason)});
  return *std::move(decided);
}

}  // namespace rapport::decide
