#include "main/cases/read_case.h"

#include "main/cases/cases_fixture.h"

namespace rapport::cases {
namespace {

class ReadCase : public CasesTest {
 protected:
  ReadCase() {
    pack(R"(
settings: {limit: {value: 3, type: int}, wait: {value: 3d, type: span}}
objects: {account: {fields: {plan: {type: text}}}}
metrics: {logins: {of: account, on: user.logged_in, count: events}}
signals: {quiet: {of: account, when: "account.logins == 0"}}
rules: {keep-plan: {on: plan.told, do: [{take: {account: [plan]}}]}}
)");
  }
  Lines errors(const std::string& yaml) {
    cases(yaml);
    return read();
  }
  // The only case, which must be right.
  Case only(const std::string& yaml) {
    EXPECT_EQ(errors(yaml), Lines{});
    return shelf_->sets().at(0).cases.at(0);
  }
};

TEST_F(ReadCase, WhatStandsBesideTheNameIsOneStepInTheOrderOfThings) {
  const Case one = only(R"(
- case: short
  expect: {account: {plan: pro}}
  wait: 3h
  send: {type: plan.told, plan: pro}
)");
  ASSERT_EQ(one.steps.size(), 3u);
  EXPECT_EQ(one.steps[0].kind, Step::Kind::kSend);
  EXPECT_EQ(one.steps[0].sendings[0].properties.text("plan"), "pro");
  EXPECT_EQ(one.steps[1].wait, hours(3));
  EXPECT_EQ(one.steps[2].kind, Step::Kind::kExpect);
  EXPECT_EQ(format_time(one.at), "2026-03-02T09:00:00.000Z");
}

TEST_F(ReadCase, AnEventMayRepeatLieInThePastAndComeFromAnother) {
  const Case one = only(R"(
- case: many
  send:
    - {type: user.logged_in, times: 5, every: 1d, at: -3d, contact: bob@acme.example}
    - {type: plan.told, at: 2026-01-01, properties: {type: kept, plan: pro}}
  expect: {count: {account: 1}}
)");
  const auto& sendings = one.steps[0].sendings;
  EXPECT_EQ(sendings[0].times, 5);
  EXPECT_EQ(sendings[0].every, days(1));
  EXPECT_EQ(sendings[0].moment.ago->value, -days(3).value);
  EXPECT_EQ(sendings[0].contact, "bob@acme.example");
  EXPECT_EQ(format_time(*sendings[1].moment.at), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(to_text(sendings[1].properties), R"({"type":"kept","plan":"pro"})");
}

TEST_F(ReadCase, SettingsAreReadByTheirTypes) {
  const Case one = only(R"(
- case: settings
  settings: {limit: 5, wait: 2d}
  send: {type: plan.told}
  expect: {fired: [keep-plan]}
)");
  EXPECT_EQ(to_text(one.settings), R"({"limit":5,"wait":172800000000})");
}

struct Wrong {
  const char *yaml, *error;
};

TEST_F(ReadCase, WhatIsWrongIsToldWithItsPlaceAndTheNearestName) {
  const Wrong kAll[] = {
      {"{}", "1:1: a file of cases is a list that begins with '- case: …'"},
      {"- case: a\n  snd: {type: x}\n  expect: {account: {plan: x}}",
       "2:3: a case has no 'snd'; did you mean 'send'?"},
      {"- case: a\n  send: {type: x}", "1:3: a case without 'expect' shows nothing"},
      {"- case: a\n  steps:\n    - {}",
       "3:7: nothing happens here: give 'send', 'wait', 'set' or "
       "'expect'"},
      {"- case: a\n  expect: {accont: {plan: x}}",
       "2:12: nothing called 'accont' can be expected; did you mean 'account'?"},
      {"- case: a\n  expect: {account: {plam: x}}",
       "2:22: account has no field 'plam'; did you mean 'plan'?"},
      {"- case: a\n  expect: {account: pro}", "2:21: account is a mapping of fields"},
      {"- case: a\n  expect: {not_fired: [keep-plans]}",
       "2:24: there is no rule 'keep-plans'; did you mean 'keep-plan'?"},
      {"- case: a\n  expect: {signals: [quite]}",
       "2:22: there is no signal 'quite'; did you mean 'quiet'?"},
      {"- case: a\n  expect: {count: {acount: 1}}",
       "2:20: there is no object 'acount'; did you mean 'account'?"},
      {"- case: a\n  expect: {not: {tasks: [{subjet: x}]}}",
       "2:27: task has no field 'subjet'; did you mean 'subject'?"},
      {"- case: a\n  given: {account: {logins: 3}}\n  expect: {count: {account: 1}}",
       "2:21: account.logins is computed: give what it is made of"},
      {"- case: a\n  given: {account: {plam: x}}\n  expect: {count: {account: 1}}",
       "2:21: account has no field 'plam'; did you mean 'plan'?"},
      {"- case: a\n  settings: {limt: 3}\n  expect: {count: {account: 1}}",
       "2:14: there is no setting 'limt'; did you mean 'limit'?"},
      {"- case: a\n  settings: {limit: many}\n  expect: {count: {account: 1}}",
       "2:21: setting 'limit' must be a whole number such as 3"},
      {"- case: a\n  wait: 3 days\n  expect: {count: {account: 1}}",
       "2:9: 'wait' must be a span such as 90s, 10m, 48h or 3d"},
      {"- case: a\n  send: {type: x, at: +3d}\n  expect: {count: {account: 1}}",
       "2:23: 'at' must be a time, or a span that has passed such as -3d"},
      {"- case: a\n  zone: Moon/Sea\n  expect: {count: {account: 1}}",
       "2:9: there is no time zone 'Moon/Sea'"},
      {"- case: a\n  at: soon\n  expect: {count: {account: 1}}",
       "2:7: 'at' must be a time such as 2026-03-02T09:00:00Z"},
      {"- case: a\n  users: [{name: x}]\n  expect: {count: {account: 1}}",
       "2:11: each of 'users' is a mapping with an 'id'"},
      {"- case: a\n  expect: {count: {account: 1}}\n- case: a\n  expect: {count: {account: 1}}",
       "3:3: case 'a' is already at line 1"},
  };
  for (const Wrong& wrong : kAll)
    EXPECT_EQ(errors(wrong.yaml), Lines{std::string("p/cases/all.yaml:") + wrong.error})
        << wrong.yaml;
}

}  // namespace
}  // namespace rapport::cases
