#include "decide/pack/read_pack.h"

#include <gtest/gtest.h>

#include "base/time.h"

namespace rapport::decide {
namespace {

PackRead read_text(std::string text) {
  return read_pack({.name = "p", .files = {{"pack.yaml", "pack: p\n"}, {"x.yaml", text}}});
}

std::string told(const PackRead& read) {
  std::string out;
  for (const Error& error : read.errors) out += error.message + "\n";
  return out;
}

TEST(ReadPack, KeepsTheOrderOfFilesAndLines) {
  const PackRead read = read_pack(
      {.name = "folder",
       .files = {{"pack.yaml", "pack: money\nsays: About money\nuses: [objects, text-signals]\n"},
                 {"b.yaml", "segments: {c: {of: contact, when: 'true'}}\n"},
                 {"a.yaml",
                  "segments:\n  b: {of: contact, when: 'true', says: B, spec: [CO-20]}\n"
                  "  a: {of: contact, when: 'true'}\n"},
                 {"README.md", "# not read"},
                 {"cases/x.yaml", "- nonsense: &x"}}});
  EXPECT_EQ(told(read), "");
  EXPECT_EQ(read.pack.name, "money");
  EXPECT_EQ(read.pack.says, "About money");
  EXPECT_EQ(read.pack.uses, (std::vector<std::string>{"objects", "text-signals"}));
  ASSERT_EQ(read.pack.segments.size(), 3u);
  EXPECT_EQ(read.pack.segments[0].id, "b");
  EXPECT_EQ(read.pack.segments[0].says, "B");
  EXPECT_EQ(read.pack.segments[0].pack, "money");
  EXPECT_EQ(read.pack.segments[0].spec, std::vector<std::string>{"CO-20"});
  EXPECT_EQ(to_text(read.pack.segments[1].place), "folder/a.yaml:3:3");
  EXPECT_EQ(read.pack.segments[2].id, "c");
}

TEST(ReadPack, WithoutItsHeadIsRefused) {
  EXPECT_EQ(told(read_pack({.name = "p", .files = {}})),
            "p: a pack needs a file pack.yaml that says 'pack: <name>'\n");
}

TEST(ReadPack, LeavesSectionsOfOthersAsTheyStand) {
  const PackRead read = read_text("teams:\n  vip: {says: V}\nsla: [{policy: vip}]\n");
  EXPECT_EQ(told(read), "");
  ASSERT_EQ(read.unread.at("teams").size(), 1u);
  EXPECT_EQ(read.unread.at("teams")[0].file, "p/x.yaml");
  EXPECT_NE(read.unread.at("teams")[0].node.find("vip"), nullptr);
  EXPECT_EQ(read.unread.count("sla"), 1u);
}

TEST(ReadPack, ReadsARuleWithAllItMaySay) {
  const PackRead read = read_text(R"(rules:
  vip-ticket:
    on: [ticket.created, ticket.changed]
    when: account.ltv > setting.vip_ltv
    priority: 400
    once_per: ticket
    cooldown: 7d
    debounce: 10m
    changed: [status]
    do:
      - set: {ticket.tier: gold, ticket.note: null, contact.topics: [a, b]}
      - take: {account: [plan, mrr]}
      - tag: {ticket: cost}
      - assign: {ticket: {team: vip}}
      - create: {object: refund, key: "= event.id", set: {amount: "= event.amount"}}
      - task: {subject: Call, due: 2 business hours, to: {owner_of: account}}
      - webhook: {to: cs_events, body: {who: "= contact.id", list: [1, {a: x}], none: []}}
      - stop_sla: {of: ticket}
)");
  EXPECT_EQ(told(read), "");
  const RuleSpec& rule = read.pack.rules.at(0);
  EXPECT_EQ(rule.cooldown, days(7));
  EXPECT_EQ(rule.debounce, minutes(10));
  EXPECT_EQ(rule.priority, 400);
  std::string arguments;
  for (const ActionSpec& action : rule.actions) {
    for (const auto& [path, value] : action.arguments) {
      arguments += action.kind + " " + path + " ";
      arguments += value.formula.empty() ? rapport::to_text(value.literal) : value.formula.text;
      arguments += "\n";
    }
  }
  EXPECT_EQ(arguments,
            "set ticket.tier \"gold\"\nset ticket.note null\nset contact.topics [\"a\",\"b\"]\n"
            "take account.0 \"plan\"\ntake account.1 \"mrr\"\ntag ticket.0 \"cost\"\n"
            "assign ticket.team \"vip\"\n"
            "create object \"refund\"\ncreate key event.id\ncreate set.amount event.amount\n"
            "task subject \"Call\"\ntask due \"2 business hours\"\ntask to.owner_of \"account\"\n"
            "webhook to \"cs_events\"\nwebhook body.who contact.id\nwebhook body.list.0 1\n"
            "webhook body.list.1.a \"x\"\nwebhook body.none []\nstop_sla of \"ticket\"\n");
}

TEST(ReadPack, AnswersWhatStandsUnderAnArgument) {
  const PackRead read =
      read_text("rules: {r: {on: x.y, do: [{create: {object: refund, set: {a: 1, b: two}}}]}}\n");
  const ActionSpec& action = read.pack.rules.at(0).actions.at(0);
  EXPECT_EQ(action.text("object"), "refund");
  EXPECT_EQ(action.text("set.a"), "1");
  EXPECT_EQ(action.text("set.c"), "");
  EXPECT_EQ(action.find("set"), nullptr);
  ASSERT_EQ(action.under("set").size(), 2u);
  EXPECT_EQ(action.under("set")[1].first, "b");
}

TEST(ReadPack, ReadsScoresOfEachForm) {
  const PackRead read = read_text(R"(scores:
  lead:
    of: contact
    least: 0
    points:
      pricing: {add: 20, on: message.sent, when: "true", once_per: conversation, part: intent}
      company: {add: 15, while: "!contact.free_mail"}
      chatter: {add: 10, per: "= event.minutes", on: visit.ended}
    bands: {qualified: 75, cold: 0}
  health:
    of: account
    weighted:
      usage: {weight: 0.3, metrics: {a: {value: "= account.a", ideal: 0.5}}}
      support:
        weight: 0.7
        metrics:
          b: {value: "= account.b", ideal: 0, inverse: true, weight: 0.1}
          c: {value: "= account.c", ideal: 1, weight: 0.2}
          d: {value: "= account.d", ideal: 1, weight: 0.7}
    trend: {improving: 5, declining: -5}
  usage:
    of: account
    weighted: {metrics: {a: {value: "= account.a", ideal: 1}}}
  chance: {of: account, value: account.a / 2.0, decimals: 2}
)");
  EXPECT_EQ(told(read), "");
  ASSERT_EQ(read.pack.scores.size(), 4u);
  EXPECT_TRUE(read.pack.scores[0].points[1].standing);
  EXPECT_EQ(read.pack.scores[0].points[2].per.formula.text, "event.minutes");
  EXPECT_EQ(read.pack.scores[0].bands[0].name, "qualified");
  EXPECT_EQ(read.pack.scores[1].components[0].metrics[0].weight, 1);
  EXPECT_EQ(read.pack.scores[2].components[0].id, "");
  EXPECT_EQ(read.pack.scores[3].decimals, 2);
}

TEST(ReadPack, AnActionMayBeTheWayToAStage) {
  const std::string stages = R"(lifecycles:
  c:
    of: account
    starts: {at: trial}
    stages: {trial: {}, won: {}}
)";
  EXPECT_NE(told(read_text(stages)), "");
  EXPECT_EQ(told(read_text(stages + R"(rules:
  to: {on: x.y, do: [{move: {lifecycle: c, to: won}}]}
  fro: {on: y.z, do: [{move: {lifecycle: c, to: trial}}]}
)")),
            "");
}

TEST(ReadPack, ReadsTheRest) {
  const PackRead read = read_text(R"(settings:
  vip_ltv: {value: 50000 USD, type: money}
  quiet: {value: 48h, type: span}
  words: {value: [a, "1"], type: texts}
objects:
  refund: {prefix: ref, belongs_to: {ticket: optional, account: required}, fields: {a: {type: money, class: financial}}}
clocks:
  tenure: {of: account, since: account.customer_since, to: 4000}
rollups:
  total: {of: account, from: refund, sum: refund.a, where: "true"}
approvals:
  refund:
    of: refund
    levels:
      - {reject: true, when: "true"}
      - {level: 1, by: {role: [agent, manager]}, wait: 1 business day}
programs:
  start:
    of: account
    days: 7
    steps:
      set-up: {minutes: 5, done: profile_completed, resources: [{type: video, title: T}]}
    milestones:
      first: {day: 1, when: profile_completed, celebrate: Done}
pipelines:
  sales: {of: deal, field: stage, stages: {open: {probability: 10, typical: 7d}, won: {closed: true}}}
)");
  EXPECT_EQ(told(read), "");
  EXPECT_EQ(read.pack.settings[0].value, Json("50000 USD"));
  EXPECT_EQ(read.pack.settings[1].value, Json(hours(48).value));
  EXPECT_EQ(read.pack.settings[2].value, Json(Json::Array{"a", "1"}));
  EXPECT_FALSE(read.pack.objects[0].belongs_to[1].optional);
  EXPECT_EQ(read.pack.rollups[0].measure, RollupMeasure::kSum);
  EXPECT_EQ(read.pack.approvals[0].levels[1].roles.size(), 2u);
  EXPECT_EQ(read.pack.approvals[0].levels[1].wait, "1 business day");
  EXPECT_EQ(read.pack.programs[0].stalls_after, days(3));
  EXPECT_TRUE(read.pack.lifecycles[0].pipeline);
  EXPECT_EQ(read.pack.lifecycles[0].field, "stage");
}

// Where the word 'HERE' of the condition of a segment stands in the file.
std::string place_of_here(const std::string& condition) {
  const PackRead read = read_text("segments:\n  s:\n    of: contact\n    when: " + condition);
  EXPECT_EQ(told(read), "");
  const Formula& formula = read.pack.segments.at(0).when;
  int line = 1;
  int column = 1;
  const size_t here = formula.text.find("HERE");
  for (size_t i = 0; i < here; i++) {
    column = formula.text[i] == '\n' ? 1 : column + ((formula.text[i] & 0xC0) != 0x80 ? 1 : 0);
    line += formula.text[i] == '\n' ? 1 : 0;
  }
  const Place place = formula.place_at(line, column);
  return std::to_string(place.line) + ":" + std::to_string(place.column);
}

TEST(Formula, KnowsWhereItsWordsStandHoweverItIsWritten) {
  EXPECT_EQ(place_of_here("HERE\n"), "4:11");
  EXPECT_EQ(place_of_here("a && HERE\n"), "4:16");
  EXPECT_EQ(place_of_here("\"a && HERE\"\n"), "4:17");
  EXPECT_EQ(place_of_here("\"a == \\\"x\\\" && HERE\"\n"), "4:26");
  EXPECT_EQ(place_of_here("'a == ''x'' && HERE'\n"), "4:26");
  EXPECT_EQ(place_of_here("'  a  == ''x''&&HERE'\n"), "4:27");
  EXPECT_EQ(place_of_here("\"a == 'ä' && HERE\"\n"), "4:24");
  EXPECT_EQ(place_of_here("a &&\n      b && HERE\n"), "5:12");
  EXPECT_EQ(place_of_here("\"a &&\n      HERE\"\n"), "5:7");
  EXPECT_EQ(place_of_here(">-\n      a &&\n      b && HERE\n"), "6:12");
  EXPECT_EQ(place_of_here(">-\n      a &&\n\n      HERE\n"), "7:7");
  EXPECT_EQ(place_of_here("|\n      a &&\n        HERE\n"), "6:9");
}

TEST(Formula, OfAValueBeginsBehindItsSign) {
  const PackRead read = read_text(
      "scores:\n  s:\n    of: contact\n    points:\n      a: {add: 1, on: x.y, per: \"= "
      "event.n\"}\n");
  const Formula& formula = read.pack.scores.at(0).points.at(0).per.formula;
  EXPECT_EQ(formula.text, "event.n");
  EXPECT_EQ(to_text(formula.place), "p/x.yaml:5:36");
}

TEST(PackVersion, FollowsWhatIsDeclaredAndNothingElse) {
  const PackFiles first = {.name = "p", .files = {{"pack.yaml", "pack: p\n"}, {"a.yaml", "b"}}};
  EXPECT_EQ(pack_version(first).size(), 16u);
  EXPECT_EQ(pack_version(first).find_first_not_of("0123456789abcdef"), std::string::npos);
  PackFiles other = first;
  other.name = "q";
  other.files["cases/a.yaml"] = "- case: x";
  EXPECT_EQ(pack_version(other), pack_version(first));
  other.files["a.yaml"] = "c";
  EXPECT_NE(pack_version(other), pack_version(first));
  PackFiles moved = {.name = "p", .files = {{"pack.yaml", "pack: p\n"}, {"a.yamlb", ""}}};
  EXPECT_NE(pack_version(moved), pack_version(first));
  EXPECT_EQ(read_pack(first).pack.version, pack_version(first));
}

}  // namespace
}  // namespace rapport::decide
