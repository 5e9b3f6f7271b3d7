#include "decide/pack/static_findings.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

// Findings of packs, each the text of its pack.yaml.
std::string found(const std::vector<std::string>& texts, bool know_elsewhere = true) {
  std::vector<PackSpec> packs;
  Elsewhere elsewhere;
  for (const std::string& text : texts) {
    const std::string name = "p" + std::to_string(packs.size() + 1);
    PackRead read = read_pack({.name = name, .files = {{"pack.yaml", text}}});
    for (const Error& error : read.errors) ADD_FAILURE() << error.message;
    if (know_elsewhere) add_elsewhere(read, elsewhere);
    packs.push_back(std::move(read.pack));
  }
  std::string out;
  for (const Finding& finding : static_findings(packs, elsewhere)) out += to_text(finding) + "\n";
  return out;
}

std::string found_in_rules(const std::string& rules) {
  return found({"pack: p\nrules:\n" + rules});
}

TEST(StaticFindings, PacksAndIdsAreOnce) {
  EXPECT_EQ(found({"pack: a\nuses: [bb]\n", "pack: b\n"}),
            "p1/pack.yaml:1:7: error: there is no pack 'bb' to use; did you mean 'b'?\n");
  EXPECT_EQ(found({"pack: a\nsegments: {s: {of: contact, when: 'true'}}\n",
                   "pack: b\nsegments: {s: {of: contact, when: 'true'}}\n"}),
            "p2/pack.yaml:2:12: error: 's' is already declared at p1/pack.yaml:2:12; give one of "
            "them another id\n");
  EXPECT_EQ(found({"pack: a\nobjects: {ticket: {fields: {tier: {type: text}}}}\n",
                   "pack: b\nobjects: {ticket: {fields: {size: {type: text}}}}\n"}),
            "");
  EXPECT_EQ(found({"pack: a\nobjects: {account: {fields: {health: {type: text}}}}\n"
                   "scores: {health: {of: account, value: '1'}}\n"}),
            "p1/pack.yaml:3:10: error: account.health is already made at p1/pack.yaml:2:30; give "
            "one of them another name\n");
}

TEST(StaticFindings, ObjectsAreKnown) {
  EXPECT_EQ(found({"pack: a\nsegments: {s: {of: contct, when: 'true'}}\n"}),
            "p1/pack.yaml:2:12: error: there is no object 'contct'; did you mean 'contact'?\n");
  EXPECT_EQ(found({"pack: a\nobjects: {tikcet: {fields: {a: {type: text}}}}\n"}),
            "p1/pack.yaml:2:11: error: there is no object 'tikcet'; did you mean 'ticket'?; an "
            "object of your own needs 'prefix'\n");
  EXPECT_EQ(found_in_rules("  r: {on: x.y, once_per: tiket, do: [{set: {tickt.a: 1}}, "
                           "{note: {on: tikket, text: T}}]}\n"),
            "p1/pack.yaml:3:3: error: there is no object 'tiket'; did you mean 'ticket'?\n"
            "p1/pack.yaml:3:54: error: there is no object 'tickt'; did you mean 'ticket'?\n"
            "p1/pack.yaml:3:60: error: there is no object 'tikket'; did you mean 'ticket'?\n");
}

TEST(StaticFindings, NamesInActionsAreKnown) {
  EXPECT_EQ(
      found({R"(pack: a
lifecycles: {c: {of: account, starts: {at: one}, stages: {one: {final: true}}}}
programs: {go: {of: account, days: 7, steps: {first: {done: a}}}}
approvals: {big: {of: deal, levels: [{level: 1, by: {role: x}}]}}
teams: {vip: {}}
routing: [{id: even}]
sla: [{policy: hour}]
scores: {health: {of: account, value: "1"}}
rules:
  r:
    on: x.y
    do:
      - move: {lifecycle: d, to: one}
      - move: {lifecycle: c, to: two}
      - start_program: {program: goo}
      - complete_step: {program: go, step: firs}
      - request_approval: {approval: bigg}
      - assign: {ticket: {team: vipp}}
      - assign: {ticket: {route: evn}}
      - start_sla: {policy: houer}
      - notify: {to: {team: vop}, text: T}
      - recompute: {account: [helth]}
      - enrol: {workflow: unknown-here}
)"}),
      "p1/pack.yaml:13:9: error: there is no lifecycle 'd'\n"
      "p1/pack.yaml:14:9: error: 'c' has no stage 'two'\n"
      "p1/pack.yaml:15:9: error: there is no program 'goo'; did you mean 'go'?\n"
      "p1/pack.yaml:16:9: error: 'go' has no step 'firs'; did you mean 'first'?\n"
      "p1/pack.yaml:17:9: error: there is no approval 'bigg'; did you mean 'big'?\n"
      "p1/pack.yaml:18:9: error: there is no team 'vipp'; did you mean 'vip'?\n"
      "p1/pack.yaml:19:9: error: there is no routing 'evn'; did you mean 'even'?\n"
      "p1/pack.yaml:20:9: error: there is no service level 'houer'; did you mean 'hour'?\n"
      "p1/pack.yaml:21:9: error: there is no team 'vop'; did you mean 'vip'?\n"
      "p1/pack.yaml:22:31: error: account has no 'helth' that could be computed; did you mean "
      "'health'?\n"
      "p1/pack.yaml:23:9: warning: 'unknown-here' is listed and not carried out, as no pack "
      "declares "
      "this workflow: declare it under 'workflows', or leave it to another system\n");
}

TEST(StaticFindings, APackNamesThePacksItBuildsOn) {
  const std::string declared = "pack: a\nsignals: {quiet: {of: account, when: 'true'}}\n";
  const std::string rule = "rules: {r: {on: quiet, do: [{tag: {account: [x]}}]}}\n";
  EXPECT_EQ(found({declared, "pack: b\nuses: [a]\n" + rule}), "");
  EXPECT_EQ(found({declared, "pack: b\n" + rule}),
            "p2/pack.yaml:2:9: error: 'quiet' is declared by pack 'a'; name that under 'uses' in "
            "pack.yaml\n");
}

TEST(StaticFindings, DerivedEventsAreMadeBySomething) {
  const std::string head = R"(pack: a
signals: {quiet_week: {of: account, when: "true", also: [silence]}}
segments: {ready: {of: contact, when: "true"}}
scores: {health: {of: account, value: "1", bands: {A: 80}}}
rules:
)";
  const std::string rest = "], do: [{tag: {account: [x]}}]}\n";
  EXPECT_EQ(found({head +
                   "  r: {on: [quiet_week, silence.cleared, segment.ready.left, "
                   "score.health.A.entered, ticket.created, app.opened, signed_up" +
                   rest}),
            "");
  EXPECT_EQ(found({head +
                   "  r: {on: [segment.redy.left, score.health.B.entered, sla.x.missed, "
                   "tickets.created" +
                   rest}),
            "p1/pack.yaml:6:3: warning: 'tickets.created' is taken for an event from outside; did "
            "you mean 'ticket.created'?\n"
            "p1/pack.yaml:6:3: error: nothing makes the event 'score.health.B.entered'; did you "
            "mean 'score.health.A.entered'?\n"
            "p1/pack.yaml:6:3: error: nothing makes the event 'segment.redy.left'; did you mean "
            "'segment.ready.left'?\n"
            "p1/pack.yaml:6:3: error: nothing makes the event 'sla.x.missed'\n"
            "p1/pack.yaml:6:3: error: there is no service level 'x'\n");
}

constexpr const char* kRemedy =
    "; give one of them 'once_per' or 'cooldown', or a 'when' that what they write makes false\n";
constexpr const char* kItself = "p1/pack.yaml:3:3: error: this rule triggers itself for ever: r → ";

TEST(StaticFindings, ARuleThatTriggersItselfForEver) {
  EXPECT_EQ(found_in_rules("  r: {on: ticket.changed, do: [{add: {ticket.count: 1}}]}\n"),
            kItself + std::string("ticket.changed → r") + kRemedy);
  EXPECT_EQ(found_in_rules("  r: {on: ticket.created, do: [{create: {object: ticket}}]}\n"),
            kItself + std::string("ticket.created → r") + kRemedy);
}

TEST(StaticFindings, AMetricOfDerivedEventsIsAWayToALoop) {
  const std::string head =
      "pack: a\nmetrics: {changes: {of: ticket, on: ticket.changed, count: events}}\nrules:\n";
  EXPECT_EQ(
      found({head + "  r: {on: ticket.changed, changed: [changes], do: [{set: {ticket.a: 1}}, "
                    "{alert: {type: x}}]}\n"}),
      "p1/pack.yaml:4:3: error: this rule triggers itself for ever: r → ticket.changed → r" +
          std::string(kRemedy));
  EXPECT_EQ(found({"pack: a\nmetrics: {m: {of: tiket, on: segment.x.left, count: events}}\n"}),
            "p1/pack.yaml:2:11: error: nothing makes the event 'segment.x.left'\n"
            "p1/pack.yaml:2:11: error: there is no object 'tiket'; did you mean 'ticket'?\n");
}

TEST(StaticFindings, RulesThatTriggerEachOtherForEver) {
  EXPECT_EQ(
      found({R"(pack: a
signals: {loud: {of: ticket, when: "ticket.count > 3"}}
rules:
  a: {on: loud, do: [{set: {ticket.size: "= ticket.size + 1"}}]}
  b: {on: ticket.changed, changed: [size], do: [{set: {ticket.count: "= ticket.size"}}]}
)"}),
      "p1/pack.yaml:4:3: error: these rules trigger each other for ever: a → ticket.changed → "
      "b → loud → a" +
          std::string(kRemedy));
}

TEST(StaticFindings, WhatComesToRestIsNoLoop) {
  for (const char* rules : {
           "  r: {on: ticket.changed, cooldown: 1d, do: [{add: {ticket.count: 1}}]}\n",
           "  r: {on: ticket.changed, once_per: ticket, do: [{add: {ticket.count: 1}}]}\n",
           "  r: {on: ticket.changed, when: 'ticket.count < 3', do: [{add: {ticket.count: 1}}]}\n",
           "  r: {on: ticket.changed, changed: [status], do: [{add: {ticket.count: 1}}]}\n",
           "  r: {on: ticket.changed, do: [{set: {ticket.tier: gold}}]}\n",
           "  r: {on: ticket.changed, do: [{set: {ticket.tier: '= event.tier'}}]}\n",
           "  r: {on: ticket.changed, do: [{tag: {ticket: [x]}}, {assign: {ticket: {team: v}}}]}\n",
           "  r: {on: ticket.created, do: [{create: {object: deal, key: '= event.id'}}]}\n",
       }) {
    EXPECT_EQ(found({std::string("pack: p\nrules:\n") + rules}, false), "") << rules;
  }
}

TEST(StaticFindings, AConditionThatTheLoopDoesNotTouchIsNoRest) {
  EXPECT_EQ(found_in_rules("  r: {on: ticket.changed, when: account.vip, do: [{add: {ticket.count: "
                           "1}}]}\n"),
            kItself + std::string("ticket.changed → r") + kRemedy);
}

TEST(StaticFindings, TwoRulesThatUndoEachOther) {
  const std::string head =
      "pack: a\nsegments: {hot: {of: ticket, when: \"ticket.heat == 'hot'\"}}\nrules:\n"
      "  a: {on: segment.hot.entered, do: [{set: {ticket.heat: cold}}]}\n";
  EXPECT_EQ(found({head + "  b: {on: segment.hot.left, do: [{set: {ticket.heat: hot}}]}\n"}),
            "p1/pack.yaml:4:3: error: these rules trigger each other for ever: a → "
            "segment.hot.left → b → segment.hot.entered → a" +
                std::string(kRemedy));
  EXPECT_EQ(found({head + "  b: {on: segment.hot.left, do: [{set: {ticket.heat: cold}}]}\n"}), "");
}

TEST(StaticFindings, WorkflowsOfSeveralPacksAreKnownAndDoNotRunEachOther) {
  const std::string a = "pack: a\nworkflows: {w: {of: account, starts: {on: x.y}, steps: {s: ";
  const std::string b = "pack: b\nuses: [a]\nworkflows: {v: {of: account, steps: {s: ";
  EXPECT_EQ(found({a + "{wait: 1d}}}}\n", b + "{run: w}}}}\n"}),
            "p2/pack.yaml:3:13: warning: nothing starts workflow 'v': it has no 'starts', and no "
            "action enrols in it\n");
  EXPECT_EQ(found({"pack: a\nuses: [b]\n" + a.substr(8) + "{run: v}}}}\n", b + "{run: w}}}}\n"}),
            "p1/pack.yaml:3:57: error: workflow 'w' runs itself: w → v → w; what comes again is a "
            "'repeat'\n");
  EXPECT_EQ(found({a + "{wait: 1d}}}}\n",
                   "pack: b\nrules: {r: {on: x.y, do: [{enrol: {workflow: "
                   "w}}, {exit: {workflow: ww}}]}}\n"}),
            "p2/pack.yaml:2:28: error: 'w' is declared by pack 'a'; name that under 'uses' in "
            "pack.yaml\n"
            "p2/pack.yaml:2:52: error: there is no workflow 'ww'; did you mean 'w'?\n");
  // A pack that has nothing to do with workflows may leave them to another system.
  const std::string enrols =
      "rules: {r: {on: x.y, do: [{enrol: {workflow: elsewhere, about: account}}]}}\n";
  EXPECT_EQ(
      found({a + "{wait: 1d}}}}\n", "pack: b\n" + enrols}),
      "p2/pack.yaml:2:28: warning: 'elsewhere' is listed and not carried out, as no pack "
      "declares this workflow: declare it under 'workflows', or leave it to another system\n");
  EXPECT_EQ(found({a + "{wait: 1d}}}}\n", "pack: b\nuses: [a]\n" + enrols}),
            "p2/pack.yaml:3:28: error: there is no workflow 'elsewhere'\n");
}

TEST(StaticFindings, WhatATemplateOfAnotherPackNeedsIsSent) {
  const std::string declared = R"(pack: a
variables: {csm_name: {value: "= contact.owner"}}
templates: {t: {channel: in_app, language: en, variables: {plan: {}}, texts: {en: {body: "{{plan}} {{csm_name}}"}}}}
)";
  const std::string head =
      "pack: b\nuses: [a]\nrules: {r: {on: x.y, do: [{send: {template: t, to: ";
  EXPECT_EQ(found({declared, head + "contact, with: {plan: x, csm_name: y}}}]}}\n"}), "");
  EXPECT_EQ(
      found({declared, head + "contact, with: {paln: x}}}]}}\n"}),
      "p2/pack.yaml:3:28: error: template 't' needs 'plan': write with: {plan: …}, or give it "
      "a value in the template\n"
      "p2/pack.yaml:3:74: warning: template 't' has no variable 'paln'; did you mean "
      "'plan'?\n");
  EXPECT_EQ(found({declared,
                   "pack: b\nuses: [a]\nrules: {r: {on: x.y, do: [{send: {template: u, to: "
                   "contact}}, {send: {template: t, to: contact, text: x}}]}}\ntemplates: "
                   "{u: {channel: sms, language: en, texts: {en: {body: '{{csm_name}} "
                   "{{csm_nme}}'}}}}\n"}),
            "p2/pack.yaml:4:78: error: nothing declares the variable 'csm_nme'; did you mean "
            "'csm_name'?; declare it under 'variables' of the template or of a pack\n");
  EXPECT_EQ(found({declared,
                   "pack: b\ntemplates: {u: {channel: sms, language: en, texts: {en: "
                   "{body: '{{csm_name}}'}}}}\n"}),
            "p1/pack.yaml:3:13: warning: no action sends template 't'\n"
            "p2/pack.yaml:2:13: warning: no action sends template 'u'\n"
            "p2/pack.yaml:2:65: error: 'csm_name' is declared by pack 'a'; name that under 'uses' "
            "in pack.yaml\n");
}

TEST(StaticFindings, TwoWritersOfOneField) {
  EXPECT_EQ(found_in_rules("  a: {on: x.y, do: [{set: {ticket.tier: gold}}]}\n"
                           "  b: {on: [z.y, x.y], do: [{set: {ticket.tier: silver}}]}\n"
                           "  c: {on: x.y, priority: 5, do: [{set: {ticket.tier: bronze}}]}\n"
                           "  d: {on: x.y, do: [{set: {ticket.tier: gold}}]}\n"
                           "  e: {on: x.y, do: [{raise: {ticket.tier: platinum}}]}\n"),
            "p1/pack.yaml:4:3: warning: on x.y rules 'b' and 'a' (p1/pack.yaml:3:3) both write "
            "ticket.tier at priority 100; when both act the second is lost: give one of them "
            "another priority\n");
}

TEST(StaticFindings, FieldsThatNobodyWritesOrReads) {
  EXPECT_EQ(found({R"(pack: a
objects:
  refund:
    prefix: ref
    fields:
      amount: {type: money}
      lonely: {type: text}
      read: {type: text}
      written: {type: text}
      computed: {type: text, is: "refund.read"}
rollups:
  total: {of: account, from: refund, sum: refund.amount}
metrics:
  m: {of: account, on: x.y, count: events, where: "refund.computed == 'x'"}
rules:
  r: {on: x.y, do: [{create: {object: refund, key: "= event.id", set: {amount: 1, written: x}}}]}
)"}),
            "p1/pack.yaml:7:7: warning: no action writes refund.lonely, so it is always absent "
            "unless it is set from outside\n"
            "p1/pack.yaml:7:7: warning: nothing in these packs reads refund.lonely\n"
            "p1/pack.yaml:8:7: warning: no action writes refund.read, so it is always absent "
            "unless it is set from outside\n"
            "p1/pack.yaml:9:7: warning: nothing in these packs reads refund.written\n");
}

}  // namespace
}  // namespace rapport::decide
