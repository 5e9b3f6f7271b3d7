#include "main/cases/run_case.h"

#include "main/cases/cases_fixture.h"

namespace rapport::cases {
namespace {

class RunCase : public CasesTest {};

constexpr const char* kVip = R"(
settings: {vip_ltv: {value: 50000 USD, type: money}}
objects:
  account:
    fields: {ltv: {type: money}, health: {type: number}, renewal_date: {type: date}, goals: {type: texts}}
  refund: {prefix: ref, belongs_to: {ticket: optional, account: optional}, fields: {amount: {type: money}}}
clocks:
  days_to_renewal: {of: account, until: account.renewal_date, unit: day, from: -400, to: 400}
metrics:
  logins_30d: {of: account, on: user.logged_in, count: events, within: 30d}
signals:
  low_health: {of: account, when: account.health < 30, severity: high}
rules:
  vip-ticket:
    on: ticket.created
    when: account.ltv > setting.vip_ltv
    do:
      - raise: {ticket.priority: high}
      - tag: {ticket: [vip]}
      - notify: {to: {role: manager}, text: a VIP asks}
      - task: {subject: Call them, about: account, due: 24h, priority: high, to: {role: csm}, purpose: call}
  refund:
    on: refund.asked
    do: [{create: {object: refund, key: "= event.id", set: {amount: "= event.amount"}}}]
  welcome: {on: contact.created, do: [{send: {template: welcome, to: contact}}]}
)";

TEST_F(RunCase, WhatIsAsExpectedPassesInEveryWorld) {
  pack(kVip);
  cases(R"(
- case: a VIP's ticket
  given:
    account: {ltv: 60000 USD, renewal_date: +30d, goals: [grow, keep]}
  steps:
    - send: {type: user.logged_in, times: 3, every: 1d}
    - send: {type: ticket.created, ticket_id: t1, subject: Help me out}
    - expect:
        contact: {email: ana@acme.example, anonymous: false}
        ticket: {priority: high, tags: [vip], subject: ~ Help, team: null}
        account: {ltv: 60000.00 USD, logins_30d: 3.0, days_to_renewal: 28, health: null, goals: {exactly: [keep, grow]}}
        notified: [{role: manager, text: ~ VIP}]
        tasks: {exactly: [{subject: Call them, due_at: +24h, about: account, to: {role: csm}}]}
        effects: [notify]
        fired: [vip-ticket, p/vip-ticket]
        not_fired: [refund]
        count: {ticket: 1, tasks: 1, notified: 1, refund: 0}
        refund: null
        signals: none
        not: {tags: [x], ticket: {priority: low, subject: null}, effects: [{kind: send}]}
    - wait: 30d
    - expect: {account: {logins_30d: 0, days_to_renewal: -2}}
    - set: {account: {health: 20}}
    - expect: {signals: [low_health], account: {health: 20}}
)");
  EXPECT_EQ(run({}), Lines{});
}

// Each line here would be silent if the comparison were.
TEST_F(RunCase, WhatIsNotAsExpectedIsToldWithItsLine) {
  pack(kVip);
  cases(R"(- case: wrong
  given: {account: {ltv: 60000 USD, health: 20, goals: [grow, keep]}}
  send: {type: ticket.created, ticket_id: t1, subject: Help me out}
  expect:
    ticket:
      priority: low
      subject: ~ Hurry
      team: vip
      tags: null
    account:
      ltv: 59999.99 USD
      logins_30d: 1
      health: 20.001
      goals: {exactly: [grow]}
    notified: none
    tasks:
      - {subject: Write}
    signals: none
    fired: [refund]
    not_fired: [vip-ticket]
    count: {ticket: 2}
    refund: {amount: 1 USD}
    tags: [x]
    not:
      ticket: {priority: high}
      tags: [vip]
      notified: [manager]
)");
  const Lines kWanted = {
      "plain 6 ticket.priority: low / high",
      "plain 7 ticket.subject: ~ Hurry / Help me out",
      "plain 8 ticket.team: vip / nothing",
      "plain 9 ticket.tags: nothing / [\"vip\"]",
      "plain 11 account.ltv: 59999.99 USD / 60000.00 USD",
      "plain 12 account.logins_30d: 1 / 0",
      "plain 13 account.health: 20.001 / 20",
      "plain 14 account.goals: {\"exactly\":[\"grow\"]} / [\"grow\",\"keep\"]",
      "plain 15 notified: none / {",
      "plain 17 tasks: {\"subject\":\"Write\"} / {",
      "plain 18 signals: none / {\"name\":\"low_health\"",
      "plain 19 fired: refund / p/vip-ticket",
      "plain 20 not_fired: vip-ticket / it fired",
      "plain 21 count of ticket: 2 / 1",
      "plain 22 refund: one / there is no refund",
      "plain 23 tags: x / no record has it",
      "plain 25 ticket.priority: not high / high",
      "plain 26 tags: not vip / a ticket has it",
      "plain 27 notified: not manager / {",
  };
  const Lines lines = run();
  ASSERT_EQ(lines.size(), kWanted.size());
  for (size_t i = 0; i < lines.size(); ++i)
    EXPECT_EQ(lines[i].substr(0, kWanted[i].size()), kWanted[i]);
}

TEST_F(RunCase, WhatIsGivenIsNotCountedAsDone) {
  pack(kVip);
  cases(R"(
- case: given
  given: {contact: {}, account: {health: 20}, ticket: {priority: low}, refund: {key: r1, amount: 5 USD}}
  send: {type: user.logged_in}
  expect:
    notified: none
    effects: none
    not_fired: [welcome, vip-ticket]
    signals: [low_health]
    ticket: {priority: low}
    refund: {amount: 5 USD}
)");
  EXPECT_EQ(run({}), Lines{});
}

TEST_F(RunCase, OthersThanTheGivenContactMayActAndBeLookedAt) {
  pack(kVip);
  cases(R"(
- case: two
  send:
    - {type: identify, contact: bob@other.example, name: Bob}
    - {type: ticket.created, ticket_id: t2, contact: bob@other.example}
  expect:
    who: bob@other.example
    contact: {name: Bob}
    account: {domain: other.example}
- case: nobody known
  given: {contact: {anonymous: true}}
  send: {type: user.logged_in}
  expect: {contact: {anonymous: true, email: null}, count: {contact: 1}}
)");
  EXPECT_EQ(run({}), Lines{});
}

TEST_F(RunCase, AnEventThatIntakeRefusesEndsTheCaseWithTheReason) {
  pack(kVip);
  cases(R"(- case: refused
  send: {type: message.sent, conversation_id: v1, text: hi}
  expect: {count: {ticket: 0}}
)");
  EXPECT_EQ(run(), Lines{"plain 2 this step: to work / intake refuses the event: "
                         "properties.author is missing"});
}

TEST_F(RunCase, AnEventOfTheFutureIsRefused) {
  pack(kVip);
  cases(R"(- case: early
  send: {type: user.logged_in, at: 2026-03-03}
  expect: {count: {ticket: 0}}
)");
  EXPECT_EQ(run(), Lines{"plain 2 this step: to work / 'at' 2026-03-03T00:00:00.000Z is after the "
                         "clock, which shows 2026-03-02T09:00:00.000Z: wait until then"});
}

TEST_F(RunCase, CasesRunSideBySideAndOneCanBeChosen) {
  pack(kVip);
  std::string all;
  for (int i = 0; i < 12; ++i)
    all += fmt::format(
        "- case: number {0}\n  spec: [XX-{0}]\n  send: {{type: user.logged_in, times: {0}}}\n"
        "  expect: {{account: {{logins_30d: {0}}}}}\n",
        i + 1);
  cases(all);
  const auto outcomes = run_all_of({.jobs = 4});
  EXPECT_EQ(totals(outcomes).passed, 12u);
  EXPECT_EQ(totals(outcomes).failed, 0u);
  EXPECT_EQ(outcomes[0].outcomes.size(), 36u);
  EXPECT_EQ(totals(run_all_of({.only = "number 12"})).passed, 1u);
  EXPECT_EQ(totals(run_all_of({.only = "XX-7"})).passed, 1u);
}

TEST_F(RunCase, ZoneCurrencyAndUsersAreThere) {
  pack(R"(
objects: {account: {fields: {mrr: {type: money}}}}
rules: {tell: {on: deal.won, do: [{notify: {to: {owner_of: account}, text: won}}]}}
metrics: {wins_today: {of: account, on: deal.won, count: events, within: 1d, grain: day}}
)");
  cases(R"(
- case: told
  at: 2026-03-02T16:30:00Z
  zone: Asia/Jakarta
  currency: EUR
  users: [{id: eva, roles: [csm]}]
  given: {account: {owner: eva, mrr: 50}}
  steps:
    - send: {type: deal.won}
    - expect: {notified: [{user: eva}], account: {mrr: 50 EUR, wins_today: 1}}
    - wait: 40m
    - expect: {account: {wins_today: 0}}
)");
  EXPECT_EQ(run({}), Lines{});
}

}  // namespace
}  // namespace rapport::cases
