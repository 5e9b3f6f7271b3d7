#include "decide/read_routing.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "decide/read_formula.h"

namespace rapport::decide {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"round_robin",  "least_loaded", "least_share",
                                                      "longest_idle", "first",        "owner"};
constexpr std::array<std::string_view, 4> kTieRules = {"id", "name", "load", "round_robin"};
constexpr std::array<std::string_view, 3> kAssigns = {"agent", "team", "nobody"};
constexpr int64_t kMostLevel = 100;

class RoutingReader {
 public:
  RoutingReader(RoutingDefinitions& read, YamlDocument& document)
      : read_(read), document_(document) {
    for (const auto& [name, says] : read.teams) teams_.push_back(name);
  }

  void read(const YamlNode& node) {
    YamlFields fields(node, "a routing", document_);
    Routing routing;
    routing.id = fields.text("id");
    routing.says = fields.text_or("says", "");
    routing.object = fields.text("of");
    routing.as = fields.text_or("as", "owner");
    read_steps(fields.require("steps"), routing);
    read_fallback(node, fields.take("fallback"), routing);
    read_tie(fields.take("tie"), routing);
    routing.respect_capacity = fields.flag("respect_capacity", true);
    routing.any_presence = fields.choice("presence", {"available", "any"}, 0) == 1;
    routing.spec = fields.texts("spec");
    fields.finish();
    if (!routing.id.empty() && read_.find(routing.id) != nullptr)
      document_.refuse(*node.find("id"), fmt::format("two routings are called '{}'", routing.id));
    read_.routings.push_back(std::move(routing));
  }

 private:
  void read_steps(const YamlNode* list, Routing& routing) {
    if (list == nullptr) return;
    if (list->kind != YamlNode::Kind::kList || list->items.empty())
      document_.refuse(*list, "'steps' must be a list of at least one step");
    bool all_taken = false;
    for (const YamlNode& node : list->items) {
      if (all_taken)
        document_.refuse(node,
                         "this step is never reached: the step before it takes every record; "
                         "give that one a 'when' or move it last");
      routing.steps.push_back(read_step(node, "a step of routing", Assign::kAgent));
      const RoutingStep& step = routing.steps.back();
      const bool always_decides = step.assign != Assign::kAgent && step.team_of.empty();
      all_taken = step.when.empty() && always_decides;
    }
  }

  void read_fallback(const YamlNode& routing_node, const YamlNode* node, Routing& routing) {
    if (node == nullptr) {
      document_.refuse(routing_node,
                       "a routing needs 'fallback', for when nobody fits: {assign: "
                       "team, team: …} or {assign: nobody}");
      return;
    }
    const Assign usual = node->find("team") != nullptr || node->find("team_of") != nullptr
                             ? Assign::kTeam
                             : Assign::kNobody;
    routing.fallback = read_step(*node, "'fallback'", usual);
    if (!routing.fallback.when.empty())
      document_.refuse(*node->find("when"), "'fallback' has no 'when': make it a step");
    if (routing.fallback.assign == Assign::kAgent)
      document_.refuse(*node, "'fallback' must always hold: assign a team or nobody");
  }

  RoutingStep read_step(const YamlNode& node, const std::string& what, Assign usual) {
    YamlFields fields(node, what, document_);
    RoutingStep step;
    step.at = node;
    step.when = read_formula(fields, document_, "when");
    step.assign =
        static_cast<Assign>(fields.choice("assign", kAssigns, static_cast<size_t>(usual)));
    step.team = fields.text_or("team", "");
    step.team_of = read_formula(fields, document_, "team_of");
    step.role = fields.text_or("role", "");
    read_skills(fields.take("skills"), step);
    step.languages = read_formula(fields, document_, "languages");
    step.territory = read_formula(fields, document_, "territory");
    step.method = static_cast<RoutingMethod>(fields.choice("method", kMethods, 0));
    if (const YamlNode* actions = fields.take("do")) {
      step.actions = actions->items;
      if (actions->kind != YamlNode::Kind::kList)
        document_.refuse(*actions, "'do' must be a list of actions");
    }
    fields.finish();
    if (node.kind == YamlNode::Kind::kMap) check(node, step);
    return step;
  }

  void read_skills(const YamlNode* list, RoutingStep& step) {
    if (list == nullptr) return;
    if (list->kind != YamlNode::Kind::kList) document_.refuse(*list, "'skills' must be a list");
    for (const YamlNode& node : list->items) {
      if (node.kind == YamlNode::Kind::kScalar) {
        step.skills.push_back({node.text});
        continue;
      }
      YamlFields fields(node, "a skill", document_);
      SkillWanted skill;
      skill.name = fields.text("name");
      skill.level = fields.integer("level", 1, kMostLevel, 1);
      fields.finish();
      step.skills.push_back(std::move(skill));
    }
  }

  void read_tie(const YamlNode* node, Routing& routing) {
    if (node == nullptr) return;
    const bool is_list = node->kind == YamlNode::Kind::kList;
    for (const YamlNode& item : is_list ? node->items : std::vector<YamlNode>{*node}) {
      const auto found = std::find(kTieRules.begin(), kTieRules.end(), item.text);
      if (found != kTieRules.end()) {
        routing.tie.push_back(static_cast<TieRule>(found - kTieRules.begin()));
        continue;
      }
      document_.refuse(item, "'tie' must be of id, name, load, round_robin" +
                                 suggestion(item.text, {kTieRules.begin(), kTieRules.end()}));
    }
  }

  // What is said must fit together.
  void check(const YamlNode& node, const RoutingStep& step) {
    const bool has_team = !step.team.empty() || !step.team_of.empty();
    const bool has_trait = !step.role.empty() || !step.skills.empty() || !step.languages.empty() ||
                           !step.territory.empty();
    const bool names_agents = has_trait || node.find("method") != nullptr;
    const bool fits_someone = has_team || has_trait || step.method == RoutingMethod::kOwner;
    if (!step.team.empty() && !step.team_of.empty())
      document_.refuse(node, "'team' and 'team_of' are two answers to one question: keep one");
    if (!step.team.empty() && !read_.teams.contains(step.team)) check_team(node, step.team);
    if (step.assign == Assign::kAgent && !fits_someone)
      document_.refuse(node,
                       "a step says who may get it: team, role, skills, languages or territory");
    if (step.assign == Assign::kTeam && !has_team)
      document_.refuse(node, "'assign: team' needs 'team' or 'team_of'");
    if (step.assign == Assign::kNobody && has_team)
      document_.refuse(node, "'assign: nobody' takes no team");
    if (step.assign != Assign::kAgent && names_agents)
      document_.refuse(node,
                       "role, skills, languages, territory and method are for agents: leave "
                       "them out or 'assign: agent'");
  }

  void check_team(const YamlNode& node, const std::string& team) {
    const std::string close = suggestion(team, teams_);
    document_.refuse(*node.find("team"),
                     fmt::format("team '{}' is not declared{}", team,
                                 close.empty() ? "; declare it under 'teams'" : close));
  }

  RoutingDefinitions& read_;
  YamlDocument& document_;
  std::vector<std::string> teams_;
};

void read_teams(const YamlNode& node, RoutingDefinitions& read, YamlDocument& document) {
  if (node.kind != YamlNode::Kind::kMap) document.refuse(node, "'teams' must be teams by name");
  for (const auto& [key, value] : node.members) {
    read.teams[key.text] = "";
    if (value.kind == YamlNode::Kind::kNull) continue;
    YamlFields fields(value, fmt::format("team '{}'", key.text), document);
    read.teams[key.text] = fields.text_or("says", "");
    fields.finish();
  }
}

}  // namespace

const Routing* RoutingDefinitions::find(std::string_view id) const {
  const auto found = std::find_if(routings.begin(), routings.end(),
                                  [&](const Routing& routing) { return routing.id == id; });
  return found == routings.end() ? nullptr : &*found;
}

RoutingDefinitions read_routing(const YamlNode* teams, const YamlNode* routing,
                                YamlDocument& document) {
  RoutingDefinitions read;
  if (teams != nullptr) read_teams(*teams, read, document);
  if (routing == nullptr) return read;
  if (routing->kind != YamlNode::Kind::kList) document.refuse(*routing, "'routing' must be a list");
  RoutingReader reader(read, document);
  for (const YamlNode& node : routing->items) reader.read(node);
  return read;
}

}  // namespace rapport::decide
