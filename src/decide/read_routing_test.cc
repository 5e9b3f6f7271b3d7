#include "decide/read_routing.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

std::string errors(std::string_view text) {
  const auto yaml = parse_yaml(text, "p");
  if (!yaml) return yaml.error().message;
  YamlDocument document{.name = "p"};
  read_routing(yaml->find("teams"), yaml->find("routing"), document);
  std::string all;
  for (const Error& error : document.errors)
    all += (all.empty() ? "" : "\n") + error.message.substr(std::string_view("p:").size());
  return all;
}

// Of the steps of a routing; they stand in line 6.
std::string in_steps(const std::string& steps) {
  return errors("teams: {vip: , queue: }\nrouting:\n  - id: a\n    of: ticket\n    steps:\n      " +
                steps + "\n    fallback: {assign: nobody}");
}
std::string in_routing(const std::string& rest) {
  return errors(
      "teams: {vip: , queue: }\nrouting:\n  - id: a\n    of: ticket\n    steps: [{team: "
      "vip}]\n    " +
      rest);
}

struct Wrong {
  std::string text, error;
};

TEST(ReadRouting, RefusesWrongStepsWithPlaceAndRemedy) {
  const Wrong wrong[] = {
      {"[{team: vop}]", "6:15: team 'vop' is not declared; did you mean 'vip'?"},
      {"[{team: elsewhere}]", "6:15: team 'elsewhere' is not declared; declare it under 'teams'"},
      {"[{when: x}]",
       "6:8: a step says who may get it: team, role, skills, languages or territory"},
      {"[{team: vip, team_of: x}]",
       "6:8: 'team' and 'team_of' are two answers to one question: keep one"},
      {"[{team: vip, method: round_robbin}]",
       "6:28: 'method' must be one of round_robin, least_loaded, least_share, longest_idle, first, "
       "owner; did you mean 'round_robin'?"},
      {"[{assign: team}]", "6:8: 'assign: team' needs 'team' or 'team_of'"},
      {"[{assign: nobody, team: vip}]", "6:8: 'assign: nobody' takes no team"},
      {"[{assign: team, team: vip, role: agent}]",
       "6:8: role, skills, languages, territory and method are for agents: leave them out or "
       "'assign: agent'"},
      {"[{assign: team, team: vip}, {team: queue}]",
       "6:35: this step is never reached: the step before it takes every record; give that one a "
       "'when' or move it last"},
      {"[{role: agent, skills: [{name: refunds, level: 0}]}]",
       "6:54: 'level' must be a whole number from 1 to 100"},
      {"[{role: agent, skils: [x]}]",
       "6:22: a step of routing has no 'skils'; did you mean 'skills'?"},
      {"[]", "6:7: 'steps' must be a list of at least one step"},
  };
  for (const auto& [text, error] : wrong) EXPECT_EQ(in_steps(text), error) << text;
}

TEST(ReadRouting, RefusesWrongRoutingsWithPlaceAndRemedy) {
  const Wrong wrong[] = {
      {"tie: id",
       "3:5: a routing needs 'fallback', for when nobody fits: {assign: team, team: …} or "
       "{assign: nobody}"},
      {"fallback: {team: vip, assign: agent}",
       "6:15: 'fallback' must always hold: assign a team or nobody"},
      {"fallback: {team: vip, when: x}", "6:33: 'fallback' has no 'when': make it a step"},
      {"fallback: {assign: nobody}\n    tie: nmae",
       "7:10: 'tie' must be of id, name, load, round_robin; did you mean 'name'?"},
      {"fallback: {assign: nobody}\n  - {id: a, of: deal, steps: [{team: vip}], fallback: {team: "
       "queue}}",
       "7:10: two routings are called 'a'"},
  };
  for (const auto& [text, error] : wrong) EXPECT_EQ(in_routing(text), error) << text;
}

TEST(ReadRouting, GoesOnAfterMistakesOfAnyShape) {
  for (const char* text :
       {"teams: []\nrouting: {}", "teams: {a: x}\nrouting: [x, {}, {id: [], steps: {}, tie: {}}]",
        "routing: [{steps: [x, [], {skills: x, do: y}, {skills: [[]], team: []}], fallback: x}]"})
    EXPECT_NE(errors(text), "") << text;
}

}  // namespace
}  // namespace rapport::decide
