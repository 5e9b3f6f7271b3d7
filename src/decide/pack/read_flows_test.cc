// What workflows, schedules, templates, messaging and surveys of a pack are read as.
#include <gtest/gtest.h>

#include "decide/pack/read_pack.h"
#include "decide/pack/run_loops.h"
#include "decide/pack/template_names.h"
#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

PackSpec read(const std::string& yaml) {
  PackRead read = read_pack({.name = "p", .files = {{"pack.yaml", "pack: p\n"}, {"x.yaml", yaml}}});
  for (const Error& error : read.errors) ADD_FAILURE() << error.message;
  return std::move(read.pack);
}

WorkflowSpec workflow(const std::string& inside) {
  PackSpec pack = read("workflows:\n  w:\n    of: account\n" + inside);
  EXPECT_EQ(pack.workflows.size(), 1u);
  return pack.workflows.empty() ? WorkflowSpec{} : pack.workflows[0];
}

StepSpec step(const std::string& inside) {
  return workflow("    steps: {s: {" + inside + "}}\n").steps.at(0);
}

// CS-70
TEST(ReadWorkflow, TakesWhatMakesOneEnterAndLeave) {
  const WorkflowSpec w = workflow(R"(
    says: Asks every quarter
    spec: [CS-70]
    starts:
      - {on: [quarterly_nps, nps.asked], when: account.live}
      - {on: x.y}
    reentry: {once_in: 80d}
    hold_out: 12.5
    goal: {on: nps.answered, when: "event.score >= 9", within: 14d}
    exits:
      answered: {on: nps.answered, says: They answered}
      churned: {when: account.churned}
    escalate: [{after: 2 business hours, notify: {to: {role: csm}, text: Late}, tag: {account: [late]}}]
    migrate: {old: ask}
    steps: {ask: {wait: 1d}}
)");
  EXPECT_EQ(w.id, "w");
  EXPECT_EQ(w.pack, "p");
  EXPECT_EQ(w.says, "Asks every quarter");
  EXPECT_EQ(w.spec, std::vector<std::string>{"CS-70"});
  ASSERT_EQ(w.starts.size(), 2u);
  EXPECT_EQ(w.starts[0].on, (std::vector<std::string>{"quarterly_nps", "nps.asked"}));
  EXPECT_EQ(w.starts[0].when.text, "account.live");
  EXPECT_TRUE(w.starts[1].when.empty());
  EXPECT_EQ(w.reentry, Reentry::kOnceIn);
  EXPECT_EQ(w.once_in, days(80));
  EXPECT_EQ(w.hold_out, 12.5);
  ASSERT_TRUE(w.goal.has_value());
  EXPECT_EQ(w.goal->when.text, "event.score >= 9");
  EXPECT_EQ(w.goal_within, days(14));
  ASSERT_EQ(w.exits.size(), 2u);
  EXPECT_EQ(w.exits[0].id, "answered");
  EXPECT_EQ(w.exits[0].says, "They answered");
  EXPECT_TRUE(w.exits[1].on.empty());
  EXPECT_EQ(w.exits[1].when.text, "account.churned");
  ASSERT_EQ(w.escalate.size(), 1u);
  EXPECT_EQ(w.escalate[0].after, "2 business hours");
  ASSERT_EQ(w.escalate[0].actions.size(), 2u);
  EXPECT_EQ(w.escalate[0].actions[1].kind, "tag");
  EXPECT_TRUE(w.migrates);
  ASSERT_EQ(w.moves.size(), 1u);
  EXPECT_EQ(w.moves[0].from + w.moves[0].to, "oldask");
}

TEST(ReadWorkflow, HasDefaults) {
  const WorkflowSpec w = workflow("    steps: {a: {wait: 1d}}\n");
  EXPECT_TRUE(w.starts.empty());
  EXPECT_EQ(w.reentry, Reentry::kAlways);
  EXPECT_EQ(w.hold_out, 0);
  EXPECT_FALSE(w.goal.has_value());
  EXPECT_EQ(w.goal_within, days(30));
  EXPECT_FALSE(w.migrates);
  EXPECT_EQ(workflow("    reentry: never\n    steps: {a: {wait: 1d}}\n").reentry, Reentry::kNever);
  EXPECT_TRUE(workflow("    migrate: {}\n    steps: {a: {wait: 1d}}\n").migrates);
}

TEST(ReadWorkflow, KeepsStepsInTheOrderTheyAreWritten) {
  const WorkflowSpec w = workflow(R"(
    steps:
      late: {when: account.live, after: 3d, at: "09:30", do: [{tag: {account: [x]}}], says: Third day}
      early: {after: 1 business day of support, hours: support, end: over}
)");
  ASSERT_EQ(w.steps.size(), 2u);
  EXPECT_EQ(w.steps[0].id, "late");
  EXPECT_EQ(w.steps[0].kind, StepKind::kDo);
  EXPECT_EQ(w.steps[0].when.text, "account.live");
  EXPECT_EQ(w.steps[0].after, "3d");
  EXPECT_EQ(w.steps[0].put_off.at, TimeOfDay{9 * 60 + 30});
  EXPECT_EQ(w.steps[0].says, "Third day");
  EXPECT_EQ(w.steps[0].place.line, 6);
  ASSERT_EQ(w.steps[0].actions.size(), 1u);
  EXPECT_EQ(w.steps[1].kind, StepKind::kEnd);
  EXPECT_EQ(w.steps[1].reason, "over");
  EXPECT_EQ(w.steps[1].put_off.calendar, "support");
  EXPECT_EQ(calendar_of_span(w.steps[1].after), "support");
  EXPECT_EQ(calendar_of_span("3d"), "");
}

TEST(ReadWorkflow, AWaitIsForOneThing) {
  EXPECT_EQ(step("wait: 2 business days").wait.span, "2 business days");
  EXPECT_EQ(step("wait: {for: 3d, at: '00:00'}").wait.put_off.at, TimeOfDay{0});
  const WaitSpec events = step("wait: {on: [a.b, c.d], when: event.x, at_most: 5d}").wait;
  EXPECT_EQ(events.on.size(), 2u);
  EXPECT_EQ(events.when.text, "event.x");
  EXPECT_EQ(events.at_most, "5d");
  EXPECT_EQ(step("wait: {until: '= account.renewal_date', hours: office}").wait.until.formula.text,
            "account.renewal_date");
  EXPECT_EQ(step("wait: {at: '23:59'}").wait.put_off.at, TimeOfDay{23 * 60 + 59});
}

TEST(ReadWorkflow, PathsHoldSteps) {
  const StepSpec split = step(R"(split: {
      short: {share: 33.3, steps: {a: {wait: 1d}}},
      long: {share: 66.7, says: Twice as long, steps: {b: {wait: 2d}, c: {wait: 2d}}}})");
  EXPECT_EQ(split.kind, StepKind::kSplit);
  ASSERT_EQ(split.paths.size(), 2u);
  EXPECT_EQ(split.paths[0].id, "short");
  EXPECT_EQ(split.paths[0].share, 33.3);
  EXPECT_EQ(split.paths[1].says, "Twice as long");
  EXPECT_EQ(split.paths[1].steps.size(), 2u);
  const StepSpec branch = step("branch: {a: {when: account.live, steps: {b: {wait: 1d}}}}");
  EXPECT_EQ(branch.paths.at(0).when.text, "account.live");
  const std::string paths = "paths: {a: {steps: {b: {wait: 1d}}}, c: {steps: {d: {wait: 1d}}}}";
  EXPECT_FALSE(step("parallel: {" + paths + "}").first_ends);
  EXPECT_TRUE(step("parallel: {until: any, " + paths + "}").first_ends);
  const StepSpec repeat = step("repeat: {times: 3, while: account.live, steps: {b: {wait: 1d}}}");
  EXPECT_EQ(repeat.times, 3);
  EXPECT_EQ(repeat.loop.text, "account.live");
  EXPECT_EQ(repeat.paths.at(0).steps.at(0).id, "b");
}

// CS-77
TEST(ReadWorkflow, APersonIsAskedByATaskOrAnApproval) {
  const AskSpec task = step(R"(ask: {
      task: {subject: Call, about: account, due: 2h, purpose: save-call}, answers: [won, lost],
      at_most: 2d, escalate: [{after: 4 business hours, notify: {to: {role: lead}, text: Late}}]})")
                           .ask;
  EXPECT_EQ(task.action.kind, "task");
  EXPECT_EQ(task.action.text("purpose"), "save-call");
  EXPECT_EQ(task.answers, (std::vector<std::string>{"won", "lost"}));
  EXPECT_EQ(task.at_most, "2d");
  EXPECT_EQ(task.escalate.at(0).after, "4 business hours");
  const AskSpec approval = step("ask: {request_approval: {approval: discount}, at_most: 1d}").ask;
  EXPECT_EQ(approval.action.kind, "request_approval");
  const StepSpec run = step("run: {workflow: other, about: contact}");
  EXPECT_EQ(run.workflow + " " + run.about, "other contact");
  EXPECT_EQ(step("run: other").workflow, "other");
}

TEST(ReadWorkflow, SaysWhichStepsAMigrationLeavesWithoutAPlace) {
  const std::string before =
      "    steps: {a: {wait: 1d}, b: {branch: {p: {steps: {c: {wait: 1d}}}}}}\n";
  const auto missing = [&](const std::string& after) {
    return steps_without_place(workflow(before), workflow(after));
  };
  EXPECT_TRUE(missing("    steps: {z: {wait: 1d}}\n").empty());  // drained
  EXPECT_EQ(missing("    migrate: {}\n    steps: {b: {wait: 1d}}\n"),
            (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(missing("    migrate: {a: b}\n    steps: {b: {wait: 1d}}\n"),
            (std::vector<std::string>{"c"}));
  // Into a parallel path nobody can go on: the others would be missing.
  EXPECT_EQ(missing("    migrate: {c: b}\n    steps: {b: {parallel: {paths: {p: {steps: {a: {wait: "
                    "1d}}}, q: {steps: {z: {wait: 1d}}}}}}}\n"),
            (std::vector<std::string>{"a"}));
}

TEST(ReadWorkflow, FindsLoopsOfWorkflowsThatRunEachOther) {
  // Each letter runs the letters behind it.
  const auto loops = [](const std::vector<std::string>& all) {
    std::vector<WorkflowSpec> workflows;
    for (const std::string& one : all) {
      WorkflowSpec& made = workflows.emplace_back();
      made.id = one[0];
      for (size_t i = 1; i < one.size(); i++) {
        StepSpec& step = made.steps.emplace_back();
        step.kind = StepKind::kRun;
        step.workflow = one[i];
      }
    }
    std::vector<const WorkflowSpec*> pointers;
    for (const WorkflowSpec& one : workflows) pointers.push_back(&one);
    std::string told;
    for (const RunLoop& loop : find_run_loops(pointers)) {
      EXPECT_EQ(loop.workflows.size(), loop.steps.size());
      for (size_t i = 0; i < loop.steps.size(); i++) {
        const size_t next = (i + 1) % loop.steps.size();
        EXPECT_EQ(loop.steps[i]->workflow, loop.workflows[next]->id);
        told += loop.workflows[i]->id;
      }
      told += " ";
    }
    return told;
  };
  EXPECT_EQ(loops({}), "");
  EXPECT_EQ(loops({"abc", "bc", "c", "dx"}), "");
  EXPECT_EQ(loops({"aa"}), "a ");
  EXPECT_EQ(loops({"ab", "bc", "ca", "da"}), "abc ");
  EXPECT_EQ(loops({"ab", "bc", "cb"}), "bc ");
  EXPECT_EQ(loops({"abc", "ba", "ca"}), "ab ");  // the other shares a
  EXPECT_EQ(loops({"ab", "ba", "cd", "dc"}), "ab cd ");
  EXPECT_EQ(loops({"ac", "b", "cdb", "dbc"}), "cd ");
}

TEST(ReadWorkflow, WalkingVisitsEveryExpressionAndActionOnce) {
  const PackSpec pack = read(R"(
workflows:
  w:
    of: account
    starts: {on: x.y, when: "1 == 1"}
    goal: {when: "2 == 2"}
    exits: {e: {when: "3 == 3"}}
    escalate: [{after: 1d, set: {account.a: "= 4"}}]
    steps:
      a: {when: "5 == 5", wait: {until: "= 6"}}
      b: {branch: {p: {when: "7 == 7", steps: {c: {repeat: {times: 2, while: "8 == 8", steps: {d: {do: [{set: {account.a: "= 9"}}]}}}}}}}}
      f: {ask: {task: {subject: "= '10'"}, escalate: [{after: 1d, set: {account.a: "= 11"}}]}}
      g: {wait: {when: "12 == 12", at_most: 1d}}
schedules: {s: {of: account, when: "13 == 13", every: day, at: "02:00"}}
templates:
  t:
    channel: email
    language: en
    from: {user: "= '14'"}
    variables: {v: {value: "= 15"}}
    variants: {w: {when: "16 == 16", texts: {en: {subject: S, body: B}}}}
    invite: {starts: "= 17", minutes: 30}
    texts: {en: {subject: S, body: B}}
variables: {u: {value: "= 18"}}
surveys: {q: {scale: {from: 1, to: 5}, answer: q.answered, language: en, keeps: {k: "= 19"}, texts: {en: {question: Q}}}}
)");
  std::multiset<int> seen;
  each_formula(pack, [&](const Formula& formula) {
    seen.insert(std::atoi(formula.text.c_str() + (formula.text[0] == '\'' ? 1 : 0)));
  });
  std::multiset<int> all;
  for (int i = 1; i <= 19; i++) all.insert(i);
  EXPECT_EQ(seen, all);
  size_t actions = 0;
  each_action(pack, [&](const ActionSpec&, const Entry& owner) {
    EXPECT_EQ(owner.id, "w");
    actions++;
  });
  EXPECT_EQ(actions, 4u);
}

TEST(ReadSchedule, KnowsItsDay) {
  const PackSpec pack = read(R"(
schedules:
  nightly: {every: day, at: "02:00"}
  weekly: {every: week, on: sat, at: "23:59"}
  recap: {of: account, when: account.live, every: month, on: first business day, calendar: support, at: "09:00"}
  close: {every: quarter, on: last day, at: "00:00"}
  bills: {every: month, on: 28, at: "06:15"}
)");
  ASSERT_EQ(pack.schedules.size(), 5u);
  EXPECT_EQ(pack.schedules[0].every, Every::kDay);
  EXPECT_EQ(pack.schedules[0].at, TimeOfDay{120});
  EXPECT_EQ(pack.schedules[1].day, 6);
  EXPECT_EQ(pack.schedules[2].day_rule, DayRule::kFirstBusiness);
  EXPECT_EQ(pack.schedules[2].calendar, "support");
  EXPECT_EQ(pack.schedules[3].every, Every::kQuarter);
  EXPECT_EQ(pack.schedules[3].day_rule, DayRule::kLast);
  EXPECT_EQ(pack.schedules[4].day, 28);
  EXPECT_EQ(pack.schedules[4].day_rule, DayRule::kNumber);
}

// CS-76
TEST(ReadTemplate, HasTextsByLanguageAndVariants) {
  const PackSpec pack = read(R"(
templates:
  welcome:
    trigger: subscription.created
    channel: email
    kind: care
    purpose: greeting
    from: {owner_of: account}
    cc: {role: lead}
    language: en
    variables: {plan: {}, items: {each: [name], optional: true}, seats: {value: "= account.seats"}}
    attachments: {file: "https://acme.example/a.pdf", name: a.pdf}
    invite: {starts: "= event.at", minutes: 45, place: Here}
    texts:
      en: {subject: "Hello {{name}}", body: "{{plan}}{{#items}}{{name}}{{other}}{{/items}}", html: "<p>{{x}}"}
      pt-BR: {subject: Olá, body: Olá}
    variants:
      big: {when: account.big, texts: {en: {subject: S, body: "{{csm}}"}}}
  plain: {channel: sms, language: es, texts: {es: {body: Hola}}}
)");
  ASSERT_EQ(pack.templates.size(), 2u);
  const TemplateSpec& t = pack.templates[0];
  EXPECT_EQ(t.kind + " " + t.purpose + " " + t.trigger, "care greeting subscription.created");
  EXPECT_EQ(t.from.by, "owner_of");
  EXPECT_EQ(t.cc.at(0).by, "role");
  EXPECT_EQ(t.variables.size(), 3u);
  EXPECT_EQ(t.attachments.at(0).name, "a.pdf");
  EXPECT_EQ(t.invite->minutes, 45);
  EXPECT_EQ(t.texts.at(1).language, "pt-BR");
  EXPECT_EQ(t.variants.at(0).when.text, "account.big");
  std::string names;
  for (const TemplateName& name : outer_names(t)) {
    names += name.name + "@" + std::to_string(name.place.line) + " ";
  }
  EXPECT_EQ(names, "name@15 plan@15 items@15 other@15 x@15 csm@18 ");
  EXPECT_EQ(pack.templates[1].kind + " " + pack.templates[1].purpose, "service plain");
}

// CS-73
TEST(ReadMessaging, HasTermsOfKindsAndSurveys) {
  const PackSpec pack = read(R"(
messaging:
  news:
    consent: required
    priority: 7
    quiet_hours: [{from: "20:00", to: "09:00"}, {from: "18:00", to: "11:00", channels: sms}]
    hours: office
    caps: [{at_most: 1, within: 1d, of: kind}, {at_most: 3, within: 7d, channel: sms}]
    keep: 12h
  plain: {}
surveys:
  nps: {scale: {from: 0, to: 10}, answer: nps.answered, pause: {of: account, for: 90d}, open_for: 14d, language: en, keeps: {plan: "= account.plan"}, texts: {en: {question: Q, thanks: T}, es: {question: P}}}
)");
  const MessagingSpec& news = pack.messaging.at(0);
  EXPECT_EQ(news.consent, Consent::kRequired);
  EXPECT_EQ(news.priority, 7);
  ASSERT_EQ(news.quiet_hours.size(), 2u);
  EXPECT_EQ(news.quiet_hours[0].from, TimeOfDay{1200});
  EXPECT_EQ(news.quiet_hours[1].channels, std::vector<std::string>{"sms"});
  ASSERT_EQ(news.caps.size(), 2u);
  EXPECT_TRUE(news.caps[0].of_kind);
  EXPECT_FALSE(news.caps[1].of_kind);
  EXPECT_EQ(news.caps[1].within, days(7));
  EXPECT_EQ(news.keep, hours(12));
  EXPECT_EQ(pack.messaging.at(1).consent, Consent::kUnlessRefused);
  EXPECT_EQ(pack.messaging.at(1).keep, days(3));
  const SurveySpec& nps = pack.surveys.at(0);
  EXPECT_EQ(nps.pause_of, "account");
  EXPECT_EQ(nps.pause, days(90));
  EXPECT_EQ(nps.open_for, days(14));
  EXPECT_EQ(nps.keeps.at(0).first, "plan");
  EXPECT_EQ(nps.texts.at(1).question, "P");
}

}  // namespace
}  // namespace rapport::decide
