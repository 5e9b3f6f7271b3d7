// Packs as the engine runs them, end to end over the facts of one workspace in memory.
#include <gtest/gtest.h>

#include "decide/pack/read_pack.h"
#include "decide/scene.h"
#include "testing/world.h"

namespace rapport::decide {
namespace {

using testing::email;
using testing::identify;
using testing::own;
using testing::tracked;
using testing::World;

const SubjectId kAna{1};

class Packs : public ::testing::Test {
 protected:
  void activate(const std::string& yaml, const std::string& name = "p") {
    PackFiles files{name, {{"pack.yaml", "pack: " + name + "\n"}, {"all.yaml", yaml}}};
    const PackRead read = read_pack(files);
    for (const Error& error : read.errors) ADD_FAILURE() << error.message;
    Json texts = Json::object();
    for (const auto& [path, text] : files.files) texts.set(path, text);
    world.send(own(
        "pack.activated",
        Json::object().set("pack", name).set("version", pack_version(files)).set("files", texts)));
    for (const Error& error : world.problems()) ADD_FAILURE() << error.message;
  }
  model::Event ana() {
    return world.send(identify(kAna, {email("ana@acme.example", kAna)}, Json::object()));
  }
  model::Event send(std::string_view type, Json properties = Json::object()) {
    model::Event event = tracked(type, kAna, std::move(properties));
    return world.send(std::move(event));
  }
  const model::Record& contact() { return *world.all(model::kContact).at(0); }
  const model::Record& account() { return *world.all(model::kAccount).at(0); }
  std::vector<const model::Record*> objects(std::string_view name) {
    std::vector<const model::Record*> found;
    for (const model::Record* record : world.all(model::kObject))
      if (record->fields.text("object") == name) found.push_back(record);
    return found;
  }

  World world;
};

TEST_F(Packs, ARuleSetsFieldsOfTheRecordsInSight) {
  activate(R"(
objects: {account: {fields: {plan: {type: text}, seats: {type: int}}}}
rules:
  plan: {on: subscription.changed, when: "event.seats > 3", do: [{take: {account: [plan, seats]}}]}
)");
  ana();
  send("subscription.changed", Json::object().set("plan", "pro").set("seats", 3));
  EXPECT_EQ(account().fields.find("plan"), nullptr);
  send("subscription.changed", Json::object().set("plan", "pro").set("seats", 4));
  EXPECT_EQ(account().fields.text("plan"), "pro");
  EXPECT_EQ(account().fields.integer("seats"), 4);
}

TEST_F(Packs, AnEventThatMakesARecordIsToldOfOnce) {
  activate(R"(
objects: {visit_note: {prefix: vn, fields: {n: {type: int}}}}
scores: {asked: {of: contact, points: {ticket: {add: 10, on: ticket.created}}}}
rules: {keep: {on: ticket.created, do: [{create: {object: visit_note, set: {n: 1}}}]}}
)");
  ana();
  send("ticket.created", Json::object().set("ticket_id", "t1"));
  EXPECT_EQ(objects("visit_note").size(), 1u);
  EXPECT_EQ(contact().fields.integer("asked"), 10);
  // A ticket made otherwise is told of as made.
  send("conversation.escalated", Json::object().set("conversation_id", "v1"));
  EXPECT_EQ(objects("visit_note").size(), 2u);
  EXPECT_EQ(contact().fields.integer("asked"), 20);
}

TEST_F(Packs, WhatARecordNamesButIsNotThereIsNotInSight) {
  activate(R"(
rules:
  tag: {on: task.created, when: "!has(conversation.channel) ", do: [{tag: {task: [late]}}]}
)");
  ana();
  send("task.created", Json::object().set("task_id", "k1").set("conversation_id", "nobody's"));
  EXPECT_EQ(to_text(*world.all(model::kTask).at(0)->fields.find("tags")), R"(["late"])");
}

TEST_F(Packs, PointsCountOncePerRecordAndCrossBands) {
  activate(R"(
scores:
  lead:
    of: contact
    points:
      pricing: {add: 20, on: asked.pricing, once_per: record}
      chat: {add: 5, on: message.typed}
      work: {add: 15, while: "contact.email_domain != '' && !contact.free_mail"}
    bands: {qualified: 40, cold: 0}
rules:
  hot: {on: score.lead.qualified.entered, do: [{tag: {contact: [hot]}}]}
)");
  ana();
  EXPECT_EQ(contact().fields.integer("lead"), 15);
  send("asked.pricing");
  send("asked.pricing");
  EXPECT_EQ(contact().fields.integer("lead"), 35);
  EXPECT_EQ(contact().fields.text("lead_band"), "cold");
  EXPECT_EQ(contact().fields.find("tags"), nullptr);
  send("message.typed");
  EXPECT_EQ(contact().fields.integer("lead"), 40);
  EXPECT_EQ(contact().fields.text("lead_band"), "qualified");
  EXPECT_EQ(to_text(*contact().fields.find("tags")), R"(["hot"])");
}

TEST_F(Packs, WeightedScoresLeaveOutWhatIsMissing) {  // CS-40
  activate(R"(
objects: {account: {fields: {nps: {type: int}, tickets: {type: int}}}}
rules: {take: {on: figures.told, do: [{take: {account: [nps, tickets]}}]}}
scores:
  health:
    of: account
    weighted:
      support: {weight: 0.4, metrics: {open: {value: "= account.tickets", ideal: 0, inverse: true, weight: 1}}}
      relationship: {weight: 0.6, metrics: {nps: {value: "= account.nps", ideal: 10, weight: 1}}}
    bands: {A: 80, F: 0}
)");
  ana();
  EXPECT_EQ(account().fields.find("health"), nullptr);
  send("figures.told", Json::object().set("tickets", 1));
  EXPECT_EQ(account().fields.integer("health"), 50);
  EXPECT_EQ(to_text(*account().fields.find("health_missing")), R"(["nps"])");
  send("figures.told", Json::object().set("nps", 9));
  EXPECT_EQ(account().fields.integer("health"), 74);  // 0.4 × 50 + 0.6 × 90
  EXPECT_EQ(account().fields.integer("health_relationship"), 90);
}

TEST_F(Packs, ASignalIsToldWhenTimeAloneMakesItTrueAndAgainOnlyAfterItWasFalse) {  // CS-45, CS-13
  activate(R"(
metrics: {since_login: {of: account, on: user.logged_in, since: event, unit: day}}
signals: {quiet: {of: account, when: "account.since_login > 7", severity: medium, value: "= account.since_login", threshold: 7}}
rules: {call: {on: quiet, do: [{task: {subject: Call, about: account, due: 24h, purpose: call}}]}}
)");
  ana();
  send("user.logged_in");
  const Micros start = world.now();
  world.tick(start + days(8) - Micros{1});
  EXPECT_TRUE(objects("signal").empty());
  world.tick(start + days(8));
  ASSERT_EQ(objects("signal").size(), 1u);
  EXPECT_EQ(objects("signal")[0]->fields.integer("value"), 8);
  ASSERT_EQ(world.all(model::kTask).size(), 1u);
  EXPECT_EQ(world.all(model::kTask)[0]->fields.text("due_at"), format_time(start + days(9)));
  world.tick(start + days(20));
  EXPECT_EQ(objects("signal").size(), 1u);
  send("user.logged_in");
  EXPECT_EQ(objects("signal")[0]->fields.text("status"), "cleared");
  world.tick(world.now() + days(9));
  EXPECT_EQ(objects("signal").size(), 2u);
}

TEST_F(Packs, OfTwoWritersTheOneOfHigherPriorityHolds) {
  activate(R"(
objects: {contact: {fields: {tier: {type: text}}}}
rules:
  a: {on: x, do: [{set: {contact.tier: a}}]}
  b: {on: x, priority: 200, do: [{set: {contact.tier: b}}]}
)");
  ana();
  send("x");
  EXPECT_EQ(contact().fields.text("tier"), "b");
  ASSERT_EQ(world.all(model::kTrace).size(), 1u);
  const std::string trace = to_text(world.all(model::kTrace)[0]->fields);
  EXPECT_NE(trace.find(R"("what":"lost")"), trace.npos) << trace;
}

TEST_F(Packs, RulesSeeWhatWasDerivedFromTheWritesOfOthersInTheNextRound) {
  activate(R"(
objects: {account: {fields: {mrr: {type: number}, tier: {type: enum, values: [low, high], is: "account.mrr > 100.0 ? 'high' : 'low'"}, seen: {type: bool}}}}
rules:
  take: {on: paid, do: [{take: {account: [mrr]}}]}
  seen: {on: account.changed, changed: [tier], when: "account.tier == 'high'", do: [{set: {account.seen: true}}]}
)");
  ana();
  send("paid", Json::object().set("mrr", 100));
  EXPECT_EQ(account().fields.text("tier"), "low");
  EXPECT_FALSE(account().fields.flag("seen"));
  send("paid", Json::object().set("mrr", 101));
  EXPECT_EQ(account().fields.text("tier"), "high");
  EXPECT_TRUE(account().fields.flag("seen"));
}

TEST_F(Packs, ALifecycleMovesOnceAndKeepsItsHistory) {  // CS-60, CS-61
  activate(R"(
objects: {account: {fields: {paying: {type: bool}, done: {type: bool}}}}
rules: {take: {on: told, do: [{take: {account: [paying, done]}}]}}
lifecycles:
  customer:
    of: account
    field: stage
    starts: {at: trial, when: "account.domain != ''"}
    stages:
      trial: {window: 14d}
      onboarding: {enter: [{task: {subject: Kick-off, about: account}}]}
      adopting: {final: true}
    moves:
      - {to: onboarding, from: trial, when: "account.paying", says: paid}
      - {to: adopting, from: onboarding, when: "account.done"}
)");
  ana();
  EXPECT_EQ(account().fields.text("stage"), "trial");
  world.tick(world.now() + days(14));
  EXPECT_FALSE(account().fields.flag("stage_overdue"));
  world.tick(world.now() + seconds(1));
  EXPECT_TRUE(account().fields.flag("stage_overdue"));
  send("told", Json::object().set("paying", true).set("done", true));
  EXPECT_EQ(account().fields.text("stage"), "onboarding");
  EXPECT_EQ(account().fields.find("stage_overdue"), nullptr);
  EXPECT_EQ(world.all(model::kTask).size(), 1u);
  world.tick(world.now() + seconds(1));
  EXPECT_EQ(account().fields.text("stage"), "adopting");
}

TEST_F(Packs, RollupsFollowTheRecordsBeneath) {  // CO-8
  activate(R"(
rollups:
  open_tickets: {of: account, from: ticket, count: records, where: "ticket.status != 'closed'"}
)");
  ana();
  send("ticket.created", Json::object().set("ticket_id", "1").set("subject", "a"));
  send("ticket.created", Json::object().set("ticket_id", "2").set("subject", "b"));
  EXPECT_EQ(account().fields.integer("open_tickets"), 2);
  send("ticket.closed", Json::object().set("ticket_id", "1"));
  EXPECT_EQ(account().fields.integer("open_tickets"), 1);
}

TEST_F(Packs, AProgramReachesItsMilestonesAndStalls) {  // CS-63, CS-65
  activate(R"(
rules: {start: {on: subscription.created, do: [{start_program: {program: basic, about: account}}]}}
programs:
  basic:
    of: account
    days: 7
    steps:
      profile: {says: Profile, minutes: 5, type: action, done: profile_completed}
      bot: {says: Bot, minutes: 10, type: action, done: chatbot_created}
    milestones:
      live: {day: 1, when: [chatbot_created], celebrate: Live}
)");
  ana();
  send("subscription.created");
  ASSERT_EQ(objects("program_run").size(), 1u);
  send("chatbot_created");
  send("chatbot_created");
  EXPECT_EQ(objects("program_run")[0]->fields.integer("progress"), 50);
  EXPECT_EQ(to_text(*objects("program_run")[0]->fields.find("milestones")), R"(["live"])");
  world.tick(world.now() + days(3));
  EXPECT_EQ(objects("program_run")[0]->fields.text("status"), "stalled");
  send("profile_completed");
  EXPECT_EQ(objects("program_run")[0]->fields.text("status"), "completed");
  EXPECT_EQ(account().fields.integer("program_progress"), 100);
}

TEST_F(Packs, AnEventBringsTheTicketItNamesIntoSightAndATeamNobodyDeclaredDoesNoHarm) {
  activate(R"(
objects: {ticket: {fields: {stars: {type: int}}}}
rules:
  team: {on: ticket.created, do: [{assign: {ticket: {team: nobody}}}]}
  stars: {on: rated, do: [{set: {ticket.stars: "= event.stars"}}]}
)");
  ana();
  send("ticket.created", Json::object().set("ticket_id", "t1"));
  send("rated", Json::object().set("ticket_id", "t1").set("stars", 4));
  EXPECT_EQ(world.all(model::kTicket).at(0)->fields.integer("stars"), 4);
}

TEST_F(Packs, AnEstimateGivesWayToWhatIsGiven) {  // CO-8
  activate(R"(
objects: {contact: {fields: {size: {type: int}}}}
rules:
  guess: {on: guessed, do: [{estimate: {contact.size: "= event.size"}}]}
)");
  ana();
  send("guessed", Json::object().set("size", 10));
  EXPECT_EQ(contact().fields.integer("size"), 10);
  world.send(identify(kAna, {email("ana@acme.example", kAna)}, Json::object().set("size", 20)));
  EXPECT_EQ(contact().fields.find("size"), nullptr);
  EXPECT_EQ(contact().fields.find("traits")->integer("size"), 20);
  send("guessed", Json::object().set("size", 11));
  EXPECT_EQ(contact().fields.find("size"), nullptr);
}

TEST_F(Packs, AServiceLevelWarnsAndIsBreachedAndAnsweredInTime) {  // CO-61
  activate(R"(
calendars: {always: {hours: 24/7}}
sla:
  - {policy: quick, of: ticket, calendar: always, targets: {first_response: 4h}, warn_at: 75,
     escalate: [{at: 100, notify: {to: {role: manager}, text: late}}]}
rules:
  warned: {on: sla.quick.warned, do: [{tag: {ticket: [warned]}}]}
)");
  ana();
  send("ticket.created", Json::object().set("ticket_id", "1").set("subject", "a"));
  const Micros start = world.now();
  const auto ticket = [&]() -> const model::Record& { return *world.all(model::kTicket).at(0); };
  EXPECT_EQ(ticket().fields.text("sla_due_at"), format_time(start + hours(4)));
  world.tick(start + hours(3));
  EXPECT_EQ(to_text(*ticket().fields.find("tags")), R"(["warned"])");
  EXPECT_TRUE(objects("effect").empty());
  world.tick(start + hours(4));
  ASSERT_EQ(objects("effect").size(), 1u);
  EXPECT_EQ(objects("effect")[0]->fields.text("text"), "late");
}

TEST_F(Packs, MoneyOfAnotherCurrencyIsUnknownUntilARateIsThere) {
  activate(R"yaml(
objects: {account: {fields: {ltv: {type: money}}}}
rules:
  take: {on: paid, do: [{take: {account: [ltv]}}]}
  vip: {on: asked, when: "account.ltv > money('1000 USD')", do: [{tag: {account: [vip]}}]}
)yaml");
  ana();
  send("paid", Json::object().set("ltv", "950.00 EUR"));
  send("asked");
  EXPECT_EQ(account().fields.find("tags"), nullptr);
  world.send(own("exchange_rate.set",
                 Json::object().set("from", "EUR").set("to", "USD").set("rate", "1.08")));
  send("asked");
  EXPECT_EQ(to_text(*account().fields.find("tags")), R"(["vip"])");
}

TEST_F(Packs, WhatAMessageSaysIsRead) {  // BO-133
  activate(R"(
text:
  languages: {en: [the, is]}
  intents:
    pricing_question: {words: {en: [how much, pricing]}}
rules: {ask: {on: message.sent, when: "'pricing_question' in said.intents", do: [{tag: {contact: [pricing]}}]}}
)");
  ana();
  Json message = Json::object();
  message.set("conversation_id", "c").set("author", "ai").set("text", "How much is it?");
  send("message.sent", message);
  EXPECT_EQ(contact().fields.find("tags"), nullptr);
  message.set("author", "customer");
  send("message.sent", message);
  EXPECT_NE(contact().fields.find("tags"), nullptr);
}

TEST_F(Packs, WhatTheSenderSaysCountsBesideTheWords) {  // BO-133, CH-132
  activate(R"yaml(
objects: {contact: {fields: {size: {type: int}}}}
rules:
  size: {on: message.sent, do: [{set: {contact.size: "= int(said.company_size)"}}]}
  demo: {on: message.sent, when: "'demo_request' in said.intents", do: [{tag: {contact: [demo]}}]}
)yaml");
  ana();
  Json message = Json::object();
  message.set("conversation_id", "c").set("author", "customer").set("text", "Hello");
  send("message.sent", message);
  EXPECT_EQ(contact().fields.find("size"), nullptr);
  message.set("company_size", 40).set("intents", Json::Array{Json("demo_request")});
  send("message.sent", message);
  EXPECT_EQ(contact().fields.integer("size"), 40);
  EXPECT_NE(contact().fields.find("tags"), nullptr);
}

TEST_F(Packs, AFieldMayNameATeamThatNoRecordIsKeptOf) {
  activate(R"(
rules: {tag: {on: ticket.created, when: "ticket.team == 'vip'", do: [{tag: {ticket: [seen]}}]}}
)");
  ana();
  send("ticket.created", Json::object().set("ticket_id", "t1").set("team", "vip"));
  EXPECT_NE(world.all(model::kTicket).at(0)->fields.find("tags"), nullptr);
}

TEST_F(Packs, ATaskThatIsJoinedSaysEachReasonOnce) {  // CH-27, CS-160
  activate(R"(
rules:
  risk:
    on: asked
    do: [{task: {subject: Renewal at risk, about: contact, purpose: renewal-risk, body: "= event.why"}}]
)");
  ana();
  for (std::string_view why : {"price", "bugs", "price"})
    send("asked", Json::object().set("why", why));
  ASSERT_EQ(world.all(model::kTask).size(), 1u);
  EXPECT_EQ(world.all(model::kTask)[0]->fields.text("body"), "price\nbugs");
}

TEST_F(Packs, WhoJoinsARecordLeavesItsOwner) {  // BO-20
  activate(R"(
teams: {sales: {says: S}, engineers: {says: E}}
routing:
  - {id: lead, of: contact, steps: [{team: sales}], fallback: {assign: team, team: sales}}
  - {id: engineer, of: contact, as: engineer, steps: [{team: engineers}], fallback: {assign: team, team: engineers}}
rules:
  both: {on: asked, do: [{assign: {contact: {route: lead}}}, {assign: {contact: {route: engineer}}}]}
)");
  world.send(own("user.configured",
                 Json::object().set("id", "ann").set("teams", Json::Array{Json("sales")})));
  ana();
  send("asked");
  EXPECT_EQ(contact().fields.text("owner"), "ann");
  EXPECT_EQ(contact().fields.text("engineer"), "");
  EXPECT_EQ(contact().fields.text("engineer_team"), "engineers");
}

TEST_F(Packs, AClockOfAComputedTimeMovesWithItAndCountsUnitsThatHaveBegun) {  // CS-45
  activate(R"(
objects: {account: {fields: {login: {type: time}, seen: {type: time, is: account.login}}}}
clocks: {days_away: {of: account, since: account.seen, unit: day, count: begun}}
signals: {away: {of: account, when: account.days_away > 7}}
rules: {login: {on: user.logged_in, do: [{set: {account.login: "= event.at"}}]}}
)");
  ana();
  send("user.logged_in");
  world.tick(world.now() + days(7));
  EXPECT_TRUE(objects("signal").empty());
  world.tick(world.now() + Micros{1});
  ASSERT_EQ(objects("signal").size(), 1u);
  send("user.logged_in");
  EXPECT_EQ(objects("signal")[0]->fields.text("status"), "cleared");
}

TEST_F(Packs, AShareOfNothingIsNoFigure) {  // CS-48
  activate(R"(
objects:
  account:
    fields:
      held: {type: int}
      planned: {type: int}
      share: {type: number, is: double(account.held) / double(account.planned)}
rules: {met: {on: met, do: [{take: {account: [held, planned]}}]}}
)");
  ana();
  send("met", Json::object().set("held", 1).set("planned", 2));
  EXPECT_EQ(account().fields.find("share")->as_double(), 0.5);
  send("met", Json::object().set("held", 0).set("planned", 0));
  EXPECT_EQ(account().fields.find("share"), nullptr);
}

TEST_F(Packs, AScoreIsComparedAsFarBackAsItSays) {  // CS-48
  activate(R"(
objects: {account: {fields: {users: {type: int}}}}
scores: {team: {of: account, value: account.users, look_back: 30d}}
rules: {told: {on: told, do: [{take: {account: [users]}}]}}
)");
  ana();
  send("told", Json::object().set("users", 4));
  world.tick(world.now() + days(20));
  send("told", Json::object().set("users", 9));
  world.tick(world.now() + days(29));
  EXPECT_EQ(account().fields.integer("team_previous"), 4);
  world.tick(world.now() + days(1));
  EXPECT_EQ(account().fields.integer("team_previous"), 9);
}

TEST_F(Packs, WhoHasTheFewestOpenRecordsGetsTheNext) {  // CS-62
  activate(R"(
routing: [{id: csm, of: account, steps: [{role: csm, method: least_loaded}], fallback: {assign: nobody}}]
rules: {owner: {on: account.created, do: [{assign: {account: {route: csm}}}]}}
)");
  for (const char* id : {"kim", "lee"})
    world.send(own("user.configured",
                   Json::object().set("id", id).set("roles", Json::Array{Json("csm")})));
  for (uint64_t n : {1, 2, 3, 4}) {
    const SubjectId who{n};
    const std::string mail = "x@company" + std::to_string(n) + ".example";
    world.send(identify(who, {email(mail, who)}, Json::object()));
  }
  std::map<std::string, int> owned;
  for (const model::Record* one : world.all(model::kAccount))
    ++owned[std::string(one->fields.text("owner"))];
  EXPECT_EQ(owned, (std::map<std::string, int>{{"kim", 2}, {"lee", 2}}));
  const model::Record* side = world.record(model::kDerived, "user/kim");
  ASSERT_NE(side, nullptr);
  EXPECT_EQ(side->fields.find("open")->integer("account"), 2);
}

TEST_F(Packs, TheBodyOfAWebhookIsNestedAsItIsWritten) {  // CS-100
  activate(R"(
rules: {hook: {on: told, do: [{webhook: {to: n8n, body: {workflow: hello, customer: {id: "= account.id", plan: "= account.name"}}}}]}}
)");
  ana();
  send("told");
  ASSERT_EQ(objects("effect").size(), 1u);
  const Json& body = *objects("effect")[0]->fields.find("body");
  EXPECT_EQ(body.find("customer")->text("id"), account().key.id);
}

TEST_F(Packs, AFieldThatIsAskedOptionallyIsTheSameField) {
  activate(R"yaml(
metrics: {logins: {of: account, on: user.logged_in, count: events, within: 7d}}
objects: {account: {fields: {mrr: {type: money}, twice: {type: text}, ever: {type: int}}}}
rules:
  paid: {on: paid, do: [{take: {account: [mrr]}}]}
  told:
    on: told
    do:
      - set:
          account.twice: "= string(account.?mrr.orValue(money('1 USD')) * 2)"
          account.ever: "= account.?logins.orValue(7)"
)yaml");
  ana();
  send("user.logged_in");
  send("paid", Json::object().set("mrr", "20 USD"));
  send("told");
  EXPECT_EQ(account().fields.text("twice"), "40.00 USD");
  EXPECT_EQ(account().fields.integer("ever"), 1);
}

TEST_F(Packs, ARecordIsUpdatedByTheKeyItWasMadeWith) {  // CS-160
  activate(R"(
objects: {plan: {prefix: pln, belongs_to: {account: optional}, fields: {state: {type: text}}}}
rules:
  begin: {on: began, do: [{create: {object: plan, key: "= account.id + '/a'", set: {state: open}}}]}
  end: {on: ended, do: [{update: {object: plan, key: "= account.id + '/a'", set: {state: over}}}]}
)");
  ana();
  send("ended");
  EXPECT_TRUE(objects("plan").empty());
  send("began");
  send("ended");
  ASSERT_EQ(objects("plan").size(), 1u);
  EXPECT_EQ(objects("plan")[0]->fields.text("state"), "over");
}

TEST_F(Packs, ASumThatChangesWithItsRecordIsReadByItsFigures) {  // CO-8
  activate(R"(
objects:
  order: {prefix: ord, belongs_to: {contact: optional}, fields: {worth: {type: number}}}
  contact: {fields: {bought: {type: bool}, much: {type: bool, is: "contact.total > 5.0"}}}
rollups: {total: {of: contact, from: order, sum: order.worth}}
rules:
  buy:
    on: bought
    do:
      - set: {contact.bought: true}
      - create: {object: order, key: "= event.id", set: {worth: "= event.worth"}}
)");
  ana();
  send("bought", Json::object().set("worth", 9));
  EXPECT_TRUE(contact().fields.flag("much"));
}

}  // namespace
}  // namespace rapport::decide
