// RAPPORT_SEEDS=100000 decide_test --gtest_filter=RoutingOfAnyKind*
#include "decide/routing.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "decide/read_routing.h"

namespace rapport::decide {
namespace {

constexpr std::string_view kPack = R"(
teams:
  vip: {says: VIP agents}
  cost-support: {says: Cost support specialists}
  support-queue:
  enterprise-sales:
  smb-sales:
  sales:
routing:
  - id: fitting-agent
    of: ticket
    steps:
      - {when: "ticket.tier == 'platinum'", team: vip, method: least_loaded}
      - {when: "ticket.tier == 'gold'", team: cost-support, method: least_loaded}
      - {when: "ticket.tier in ['silver', 'bronze']", team: support-queue, method: least_loaded}
    fallback: {team: support-queue, assign: team}
    tie: [round_robin, name]
    spec: [CO-35]
  - id: territory
    of: lead
    presence: any
    respect_capacity: false
    steps:
      - {when: contact.chat_score >= 75 && account.size > 100, role: enterprise-rep}
      - {when: contact.chat_score >= 75 && account.size >= 10, role: mid-market-rep}
      - {when: contact.chat_score >= 50, role: inside-sales-rep}
    fallback: {assign: nobody, do: [{start: marketing-nurture}]}
    spec: [CH-25]
  - id: lead-team
    of: lead
    as: team
    steps:
      - {when: account.size > 500, assign: team, team: enterprise-sales, do: [{set: {priority: high}}]}
      - {when: account.size < 100, assign: team, team: smb-sales, do: [{set: {priority: medium}}]}
    fallback: {assign: team, team: sales, do: [{set: {priority: medium}}]}
    spec: [BO-20]
  - id: lead-engineer
    of: lead
    as: engineer
    steps:
      - {when: lead.is_technical, role: sales-engineer, method: longest_idle,
         do: [{notify: {team: technical}}]}
    fallback: {assign: nobody}
    spec: [BO-20]
  - id: assign-csm
    of: account
    steps: [{role: csm, team_of: "'csm-' + account.segment", method: least_loaded}]
    fallback: {assign: nobody, do: [{task: {role: csm-lead}}]}
    spec: [CS-62]
)";

RoutingDefinitions pack() {
  const auto yaml = parse_yaml(kPack, "pack.yaml");
  YamlDocument document{.name = "pack.yaml"};
  auto read = read_routing(yaml->find("teams"), yaml->find("routing"), document);
  EXPECT_FALSE(document.error) << document.error->message;
  return read;
}

Agent agent(std::string id, std::vector<std::string> teams = {},
            std::vector<std::string> roles = {}) {
  Agent made;
  made.name = id;
  made.id = std::move(id);
  made.teams = std::move(teams);
  made.roles = std::move(roles);
  return made;
}

// Routes with the steps from `first` on that hold.
RoutingChoice routed(const Routing& routing, const std::vector<Agent>& agents,
                     const std::vector<bool>& holds, const RoutingWants& wants = {}) {
  std::vector<std::optional<RoutingWants>> each;
  for (const bool one : holds) each.push_back(one ? std::optional(wants) : std::nullopt);
  return route(routing, agents, each, wants, {});
}

std::string losses(const RoutingChoice& choice) {
  std::string all;
  for (const RoutingLoss& loss : choice.losses)
    all += fmt::format("{}{}: {}", all.empty() ? "" : "; ", loss.agent, loss.reason);
  return all;
}

TEST(Routing, FittingAgentIsTheAvailableOneOfTheTierWithFewestOpenTickets) {  // CO-35
  const RoutingDefinitions read = pack();
  std::vector<Agent> agents = {agent("ana", {"vip"}), agent("ben", {"vip"}), agent("cho", {"vip"}),
                               agent("dia", {"vip"}), agent("eve", {"support-queue"})};
  agents[0].open["ticket"] = 4;
  agents[1].open["ticket"] = 2;
  agents[2].presence = Presence::kAway;
  agents[3].open = {{"ticket", 1}, {"task", 4}};
  agents[3].capacity = 5;
  const RoutingChoice choice = routed(*read.find("fitting-agent"), agents, {true, false, false});
  EXPECT_EQ(choice.agent, "ben");
  EXPECT_EQ(choice.team, "vip");
  EXPECT_EQ(choice.reason, "fewest open of ticket: 2, of 2 who fit");
  EXPECT_EQ(losses(choice),
            "ana: more open of ticket: 4 > 2; cho: away; dia: at capacity 5/5; eve: "
            "not in team 'vip'");
}

TEST(Routing, WithoutAFittingAgentTheTeamGetsIt) {  // CO-35
  const RoutingDefinitions read = pack();
  std::vector<Agent> agents = {agent("ana", {"vip"})};
  agents[0].presence = Presence::kOffline;
  const RoutingChoice choice = routed(*read.find("fitting-agent"), agents, {true, false, false});
  EXPECT_EQ(choice.assign, Assign::kTeam);
  EXPECT_EQ(choice.team, "support-queue");
  EXPECT_FALSE(choice.step);
  EXPECT_EQ(losses(choice), "ana: offline");
}

TEST(Routing, TerritoryFollowsScoreAndSize) {  // CH-25
  const RoutingDefinitions read = pack();
  const Routing& routing = *read.find("territory");
  const std::vector<Agent> agents = {agent("e", {}, {"enterprise-rep"}),
                                     agent("m", {}, {"mid-market-rep"}),
                                     agent("i", {}, {"inside-sales-rep"})};
  EXPECT_EQ(routed(routing, agents, {true, true, true}).agent, "e");
  EXPECT_EQ(routed(routing, agents, {false, true, true}).agent, "m");
  EXPECT_EQ(routed(routing, agents, {false, false, true}).agent, "i");  // size small or unknown
  const RoutingChoice nobody = routed(routing, agents, {false, false, false});
  EXPECT_EQ(nobody.assign, Assign::kNobody);
  EXPECT_EQ(routing.fallback.actions.at(0).to_json(),
            *parse_json(R"({"start": "marketing-nurture"})"));
}

TEST(Routing, LeadGoesToATeamBySizeAndAnEngineerJoins) {  // BO-20
  const RoutingDefinitions read = pack();
  const std::vector<Agent> agents = {agent("eng", {}, {"sales-engineer"})};
  EXPECT_EQ(routed(*read.find("lead-team"), agents, {true, false}).team, "enterprise-sales");
  EXPECT_EQ(routed(*read.find("lead-team"), agents, {false, true}).team, "smb-sales");
  EXPECT_EQ(routed(*read.find("lead-team"), agents, {false, false}).team, "sales");
  const Routing& engineer = *read.find("lead-engineer");
  EXPECT_EQ(engineer.as, "engineer");
  EXPECT_EQ(routed(engineer, agents, {true}).agent, "eng");
  EXPECT_EQ(routed(engineer, agents, {false}).assign, Assign::kNobody);
}

TEST(Routing, AccountGetsTheLeastLoadedOfItsSegment) {  // CS-62
  const RoutingDefinitions read = pack();
  const Routing& routing = *read.find("assign-csm");
  std::vector<Agent> agents = {agent("a", {"csm-smb"}, {"csm"}), agent("b", {"csm-large"}, {"csm"}),
                               agent("c", {"csm-large"}, {"csm"})};
  agents[1].open["account"] = 12;
  agents[2].open["account"] = 9;
  EXPECT_EQ(routed(routing, agents, {true}, {.team = "csm-large"}).agent, "c");
  EXPECT_EQ(routed(routing, agents, {true}).assign, Assign::kNobody);  // no segment known
}

struct Chosen : testing::Test {
  Routing routing{.object = "ticket"};
  RoutingStep step;
  RoutingWants wants;
  RoutingContext context;
  std::vector<Agent> agents = {agent("a"), agent("b"), agent("c")};

  RoutingChoice choice() { return choose(step, routing, agents, wants, context); }
};

TEST_F(Chosen, SkillsLanguagesAndTerritoriesMustFit) {
  step.skills = {{"refunds", 2}};
  step.languages = {.text = "[contact.language]", .place = {}};
  step.territory = {.text = "account.region", .place = {}};
  wants = {.languages = {{"de-AT"}}, .territory = "emea"};
  agents[0].skills = {{"refunds", 1}};
  agents[1].skills = {{"refunds", 3}};
  agents[1].languages = {"en"};
  EXPECT_EQ(losses(choice()),
            "a: skill 'refunds' at level 1 < 2; b: does not speak de-AT; c: lacks "
            "skill 'refunds'");
  agents[1].languages = {"en", "de"};
  EXPECT_EQ(choice().losses[1].reason, "not of territory 'emea'");
  agents[1].territories = {"emea"};
  EXPECT_EQ(choice().agent, "b");
  EXPECT_EQ(choice().reason, "the only one who fits");
}

TEST_F(Chosen, NobodyWhereWhatTheStepAsksForIsMissing) {
  step.territory = {.text = "account.region", .place = {}};
  EXPECT_EQ(choice().assign, Assign::kNobody);
  EXPECT_EQ(choice().reason, "the territory cannot be told: a field is missing");
}

TEST_F(Chosen, LeastShareComparesPartsOfCapacities) {
  step.method = RoutingMethod::kLeastShare;
  agents[0].capacity = 10;
  agents[0].open["ticket"] = 4;
  agents[1].capacity = 3;
  agents[1].open["ticket"] = 2;
  EXPECT_EQ(choice().agent, "a");
  EXPECT_EQ(losses(choice()),
            "b: more of the capacity in use: 2/3 > 4/10; c: has no capacity to "
            "take a share of: set one");
}

TEST_F(Chosen, LongestIdleComesFirstAndBusyLast) {
  step.method = RoutingMethod::kLongestIdle;
  agents[1].idle_since = seconds(20);
  agents[2].idle_since = seconds(10);
  EXPECT_EQ(choice().agent, "c");
  EXPECT_EQ(choice().losses[0].reason, "not idle");
}

TEST_F(Chosen, OwnerStaysIfFitAlsoAtCapacityWithThisRecord) {
  step.method = RoutingMethod::kOwner;
  context.owner = "b";
  agents[1].capacity = 1;
  agents[1].open["ticket"] = 1;
  EXPECT_EQ(choice().agent, "b");
  EXPECT_EQ(choice().reason, "the present owner");
  agents[1].presence = Presence::kAway;
  EXPECT_EQ(choice().assign, Assign::kNobody);
}

TEST_F(Chosen, TieIsSettledAsDeclaredThenById) {
  step.method = RoutingMethod::kLeastLoaded;
  agents[0].name = "Zoe";
  agents[1].name = agents[2].name = "Ana";
  EXPECT_EQ(choice().agent, "a");
  routing.tie = {TieRule::kName};
  EXPECT_EQ(choice().agent, "b");
  EXPECT_EQ(losses(choice()),
            "a: as good, but 'Ana' comes before by name; c: as good, but 'b' comes before by id");
}

TEST_F(Chosen, OutsideWorkingHoursIsNotAvailable) {
  const auto hours = expr::BusinessCalendar::read("UTC; Mon-Fri 09:00-17:00", nullptr);
  for (Agent& each : agents) each.hours = *hours;
  context.now = parse_time("2026-11-22T12:00:00Z").value();  // Sunday
  EXPECT_EQ(choice().losses.at(0).reason, "outside working hours");
  context.now = context.now + days(1);
  EXPECT_EQ(choice().agent, "a");
}

int64_t seeds() {
  const char* text = std::getenv("RAPPORT_SEEDS");
  return text == nullptr ? 3000 : std::atoll(text);
}

// Random agents, steps and wants.
struct Case {
  std::mt19937_64 random;
  Routing routing{.object = "ticket"};
  RoutingStep step;
  RoutingWants wants;
  RoutingContext context;
  std::vector<Agent> agents;

  explicit Case(int64_t seed) : random(static_cast<uint64_t>(seed)) {
    routing.respect_capacity = below(4) > 0;
    routing.any_presence = below(4) == 0;
    for (int64_t n = below(3); n > 0; --n) routing.tie.push_back(static_cast<TieRule>(below(4)));
    step.method = static_cast<RoutingMethod>(below(6));
    if (below(2) == 0) step.team = "t1";
    if (below(3) == 0) step.skills = {{"s1", 1 + below(2)}};
    context.owner = below(2) == 0 ? "" : std::to_string(below(8));
    for (int64_t i = below(9); i > 0; --i) agents.push_back(random_agent(std::to_string(i)));
  }
  int64_t below(int64_t limit) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(limit));
  }
  Agent random_agent(std::string id) {
    Agent made = agent(std::move(id));
    made.name = std::to_string(below(3));
    if (below(4) > 0) made.teams = {"t1"};
    if (below(4) > 0) made.skills["s1"] = 1 + below(3);
    if (below(3) > 0) made.capacity = below(6);
    for (const char* object : {"ticket", "task"})
      if (below(2) == 0) made.open[object] = below(4);
    made.presence = static_cast<Presence>(std::max<int64_t>(0, below(5) - 2));
    if (below(3) > 0) made.last_assigned_at = seconds(below(3));
    made.last_assigned_sequence = below(3);
    if (below(2) == 0) made.idle_since = seconds(below(3));
    return made;
  }
  RoutingChoice choice() const { return choose(step, routing, agents, wants, context); }
  const Agent& chosen(const RoutingChoice& choice) const {
    return *std::find_if(agents.begin(), agents.end(),
                         [&](const Agent& each) { return each.id == choice.agent; });
  }
};

TEST(RoutingOfAnyKind, NeverOverfillsNorChoosesWhoIsNotThere) {
  int64_t assigned = 0;
  for (int64_t seed = 0; seed < seeds(); ++seed) {
    const Case each(seed);
    const RoutingChoice choice = each.choice();
    ASSERT_EQ(choice.losses.size() + (choice.assign == Assign::kAgent ? 1 : 0), each.agents.size());
    if (choice.assign != Assign::kAgent) continue;
    ++assigned;
    const Agent& chosen = each.chosen(choice);
    const int64_t after = chosen.all_open() + (chosen.id == each.context.owner ? 0 : 1);
    if (each.routing.respect_capacity && chosen.capacity) {
      ASSERT_LE(after, *chosen.capacity) << seed;
    }
    if (!each.routing.any_presence) {
      ASSERT_EQ(chosen.presence, Presence::kAvailable) << seed;
    }
    if (!each.step.team.empty()) {
      ASSERT_EQ(chosen.teams.size(), 1u) << seed;
    }
  }
  EXPECT_GT(assigned, seeds() / 4);
}

TEST(RoutingOfAnyKind, DoesNotDependOnTheOrderOfTheCandidates) {
  for (int64_t seed = 0; seed < seeds(); ++seed) {
    Case each(seed);
    const RoutingChoice before = each.choice();
    std::shuffle(each.agents.begin(), each.agents.end(), each.random);
    ASSERT_EQ(each.choice(), before) << seed;
  }
}

TEST(RoutingOfAnyKind, WhoLosesDoesNotDecideWhoWins) {
  for (int64_t seed = 0; seed < seeds(); ++seed) {
    Case each(seed);
    const RoutingChoice before = each.choice();
    if (before.assign != Assign::kAgent) continue;
    std::erase_if(each.agents, [&](const Agent& other) {
      return other.id != before.agent && each.below(2) == 0;
    });
    ASSERT_EQ(each.choice().agent, before.agent) << seed;
  }
}

TEST(RoutingOfAnyKind, RoundRobinIsFairAlsoWhenTimeStandsStill) {
  for (int64_t seed = 0; seed < seeds() / 30; ++seed) {
    Case each(seed);
    Routing routing{.object = "ticket"};
    std::vector<Agent> agents;
    for (int64_t i = 1 + each.below(7); i > 0; --i) agents.push_back(agent(std::to_string(i)));
    std::map<std::string, int64_t> counts;
    Micros now;
    for (int64_t sequence = 1; sequence <= 60; ++sequence) {
      now = now + seconds(each.below(2));
      const RoutingChoice choice =
          choose(RoutingStep{}, routing, agents, {}, {.now = now, .owner = {}});
      ++counts[choice.agent];
      for (Agent& one : agents) {
        if (one.id != choice.agent) continue;
        one.last_assigned_at = now;
        one.last_assigned_sequence = sequence;
      }
      std::shuffle(agents.begin(), agents.end(), each.random);
      int64_t least = INT64_MAX, most = 0;
      for (const Agent& one : agents) {
        least = std::min(least, counts[one.id]);
        most = std::max(most, counts[one.id]);
      }
      ASSERT_LE(most - least, 1) << seed;
    }
  }
}

}  // namespace
}  // namespace rapport::decide
