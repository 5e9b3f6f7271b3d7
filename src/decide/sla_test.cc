#include "decide/sla.h"

#include <gtest/gtest.h>

#include "decide/read_sla.h"
#include "decide/sla_explain.h"
#include "decide/sla_record.h"

namespace rapport::decide {
namespace {

using Phase = SlaClock::Phase;
using Kind = SlaMilestone::Kind;

const expr::Zones& zones() {
  static const auto all = expr::open_system_zones().value();
  return *all;
}

constexpr std::string_view kPack = R"(
calendars:
  office:
    hours: {mon-fri: "09:00-12:30, 13:30-18:00", sat: "10:00-14:00"}
    holidays:
      - {date: 2026-12-25, says: Christmas}
      - {date: 2026-12-24, says: Christmas Eve, hours: "09:00-12:00"}
  always: {zone: UTC, hours: 24/7}
sla:
  - policy: vip-1h
    of: ticket
    when: account.ltv > money('50000 USD')
    calendar: office
    targets: {first_response: 1h, next_response: 4 business hours, resolution: 2d}
    pause_when: ticket.status == 'waiting_on_customer'
    pause_says: the customer is awaited
    warn_at: [75, 50]
    escalate:
      - {at: 75, notify: {role: agent}}
      - {at: 100, notify: {role: manager}}
      - {after_breach: 2h, target: resolution, assign: {team: management}}
    spec: [CO-61]
  - {policy: cost-2h, of: ticket, when: ticket.cost, calendar: office, warn_at: 75,
     targets: {first_response: 2h, resolution: 4h}, escalate: [{at: 100, notify: {role: manager}}]}
  - {policy: round-the-clock, of: ticket, when: ticket.urgent, calendar: always, warn_at: 75,
     targets: {first_response: 2h, resolution: 4h}}
  - {policy: usual, of: ticket, calendar: office, targets: {first_response: 8h}}
)";

SlaDefinitions pack() {
  const auto yaml = parse_yaml(kPack, "pack.yaml");
  YamlDocument document{.name = "pack.yaml"};
  auto read =
      read_sla(yaml->find("calendars"), yaml->find("sla"), "Europe/Berlin", &zones(), document);
  EXPECT_FALSE(document.error) << document.error->message;
  return read;
}

// On the clocks of Berlin in November and December 2026.
Micros berlin(std::string_view local) {
  return parse_time("2026-" + std::string(local) + ":00+01:00").value();
}

struct SlaOf : testing::Test {
  SlaDefinitions read = pack();
  SlaTerms vip = *read.terms("vip-1h"), cost = *read.terms("cost-2h"),
           always = *read.terms("round-the-clock"), usual = *read.terms("usual");
  SlaClock clock = start(vip, SlaTarget::kFirstResponse, berlin("11-24T09:00"), "opened");

  std::string words(const SlaTerms& terms, std::string_view now) {
    return explain(clock, terms, berlin(now)).words;
  }
};

TEST_F(SlaOf, ReadsCalendarsAndPolicies) {  // CO-61
  const SlaPolicy& policy = *vip.policy;
  EXPECT_EQ(policy.when.text, "account.ltv > money('50000 USD')");
  EXPECT_EQ(policy.when.place.line, 12);
  EXPECT_EQ(policy.warn_at, (std::vector<int64_t>{50, 75}));
  ASSERT_EQ(policy.steps.size(), 3u);
  EXPECT_EQ(policy.steps[1].actions.at(0).to_json(),
            *parse_json(R"({"notify": {"role": "manager"}})"));
  EXPECT_EQ(policy.steps[2].after_breach, hours(2));
  EXPECT_EQ(vip.calendar->zone_name, "Europe/Berlin");
  EXPECT_FALSE(read.terms("nobody"));
}

TEST_F(SlaOf, DayOfATargetIsTheOpenTimeOfTheLongestWeekday) {
  EXPECT_EQ(vip.calendar->day, hours(8));
  EXPECT_EQ(vip.policy->budget[static_cast<size_t>(SlaTarget::kResolution)], hours(16));
  EXPECT_EQ(always.calendar->day, days(1));
}

TEST_F(SlaOf, WarnsBreachesAndEscalatesInOpenTime) {  // CO-60, CO-61
  clock = start(vip, SlaTarget::kResolution, berlin("12-24T11:00"), "opened");
  EXPECT_EQ(clock.due_at, berlin("12-29T12:00"));  // 1 h, closed, 4 h, Sunday, 8 h, 3 h
  const auto fired = fire(clock, vip, berlin("12-31T18:00"));
  std::vector<std::string> all;
  for (const SlaMilestone& each : fired)
    all.push_back(format_time(each.at).substr(5, 11) + " " + std::to_string(int(each.kind)));
  EXPECT_EQ(all, (std::vector<std::string>{"12-28T11:00 0", "12-28T16:00 0", "12-28T16:00 2",
                                           "12-29T11:00 1", "12-29T11:00 2", "12-29T14:00 2"}));
  EXPECT_EQ(fired.back().step, 2u);
  EXPECT_EQ(clock.warned_at, berlin("12-28T17:00"));
  EXPECT_EQ(clock.breached_at, berlin("12-29T12:00"));
  EXPECT_TRUE(fire(clock, vip, berlin("12-31T18:00")).empty());
  EXPECT_FALSE(due(clock, vip));
}

TEST_F(SlaOf, StandsStillWhileTheCustomerIsAwaited) {  // CO-61
  pause(clock, vip, berlin("11-24T09:20"), "the customer is awaited");
  EXPECT_FALSE(clock.due_at);
  EXPECT_FALSE(due(clock, vip));
  pause(clock, vip, berlin("11-24T09:40"), "another reason");  // the first pause goes on
  EXPECT_EQ(words(vip, "11-24T10:20"),
            "40 min of office time left, standing still since Tue 09:20 Europe/Berlin; paused 1 h "
            "while the customer is awaited");
  resume(clock, vip, berlin("11-24T12:20"));
  EXPECT_EQ(clock.due_at, berlin("11-24T14:00"));
  EXPECT_EQ(words(vip, "11-24T12:20"),
            "40 min of office time left, due Tue 14:00 Europe/Berlin; paused 3 h while the "
            "customer is awaited");
}

TEST_F(SlaOf, MetInTimeOrLateIsTold) {
  meet(clock, vip, berlin("11-24T09:30"));
  EXPECT_EQ(clock.phase, Phase::kMet);
  EXPECT_FALSE(due(clock, vip));
  EXPECT_EQ(words(vip, "11-24T18:00"),
            "met Tue 09:30 Europe/Berlin with 30 min of office time left");
  clock = start(vip, SlaTarget::kFirstResponse, berlin("11-24T09:00"), "opened");
  fire(clock, vip, berlin("11-24T11:00"));
  EXPECT_EQ(words(vip, "11-24T11:00"),
            "1 h of office time over the target, was due Tue 10:00 Europe/Berlin");
  meet(clock, vip, berlin("11-24T11:00"));
  EXPECT_EQ(clock.breached_at, berlin("11-24T10:00"));
  EXPECT_EQ(words(vip, "12-08T11:00"),
            "met Tue 24 Nov 2026 11:00 Europe/Berlin with 1 h of office "
            "time over the target");
}

TEST_F(SlaOf, ShorterPolicyHoldsAndKeepsWhatIsUsed) {  // CO-32
  clock = start(usual, SlaTarget::kFirstResponse, berlin("11-24T09:00"), "opened");
  EXPECT_TRUE(change_if_shorter(clock, usual, cost, berlin("11-24T10:00")));
  EXPECT_EQ(clock.due_at, berlin("11-24T11:00"));
  EXPECT_FALSE(change_if_shorter(clock, cost, usual, berlin("11-24T10:30")));
  EXPECT_EQ(clock.policy, "cost-2h");
}

TEST_F(SlaOf, PolicySpentWhenItBeginsToHoldIsBreachedAtOnceWithoutItsWarnings) {  // CO-32
  clock = start(usual, SlaTarget::kFirstResponse, berlin("11-24T09:00"), "opened");
  EXPECT_TRUE(change_if_shorter(clock, usual, vip, berlin("11-24T11:00")));
  const auto next = due(clock, vip);
  ASSERT_TRUE(next);
  const auto fired = fire(clock, vip, berlin("11-24T11:00"));
  ASSERT_EQ(fired.size(), 3u);  // both steps and the breach
  EXPECT_EQ(fired[1].kind, Kind::kBreach);
  EXPECT_EQ(clock.breached_at, berlin("11-24T11:00"));
  EXPECT_FALSE(clock.warned_at);
  const SlaExplanation told = explain(clock, vip, berlin("11-24T11:00"));
  EXPECT_EQ(told.counted, hours(1));
  EXPECT_EQ(told.left, Micros{} - hours(1));
}

TEST_F(SlaOf, SpentPolicyIsBreachedAlsoWhileTheClockStandsStill) {
  clock = start(usual, SlaTarget::kFirstResponse, berlin("11-24T09:00"), "opened");
  pause(clock, usual, berlin("11-24T11:00"), "awaited");
  change(clock, usual, vip, berlin("11-24T12:00"));
  fire(clock, vip, berlin("11-24T12:00"));
  EXPECT_EQ(clock.breached_at, berlin("11-24T12:00"));
  EXPECT_EQ(clock.phase, Phase::kPaused);
}

TEST_F(SlaOf, ShorterOfTwoCalendarsIsTheOneDueEarlier) {                            // CO-32
  clock = start(cost, SlaTarget::kFirstResponse, berlin("11-28T13:00"), "opened");  // Saturday
  EXPECT_TRUE(change_if_shorter(clock, cost, always, berlin("11-28T13:30")));
  EXPECT_EQ(clock.due_at, berlin("11-28T15:00"));
  const SlaExplanation told = explain(clock, always, berlin("11-28T14:00"));
  EXPECT_EQ(told.words, "1 h left, due Sat 14:00 UTC");
  EXPECT_EQ(told.counted, hours(2));  // half an hour of it by the other calendar
  ASSERT_EQ(told.segments.size(), 2u);
  EXPECT_EQ(told.segments[0].kind, SlaSegment::Kind::kEarlier);
}

TEST_F(SlaOf, PolicyWithoutTheTargetStopsTheClock) {
  clock = start(vip, SlaTarget::kNextResponse, berlin("11-24T09:00"), "the customer wrote");
  change(clock, vip, cost, berlin("11-24T10:00"));
  EXPECT_EQ(clock.phase, Phase::kStopped);
  EXPECT_EQ(clock.reason, "policy 'cost-2h' has no next_response");
}

TEST_F(SlaOf, NewVersionOfAPolicyRepeatsNothing) {
  fire(clock, vip, berlin("11-24T09:50"));
  const auto before = clock.fired;
  change(clock, vip, vip, berlin("11-24T09:50"));
  EXPECT_EQ(clock.fired, before);
  EXPECT_EQ(due(clock, vip)->kind, Kind::kBreach);
}

TEST_F(SlaOf, FirstResponseRunsUntilTheFirstAnswerAndNextFromEachUnansweredMessage) {
  SlaClocks clocks;
  const auto& [first, next, resolution] = clocks;
  observe(clocks, vip, SlaSignal::kOpened, berlin("11-24T09:00"));
  observe(clocks, vip, SlaSignal::kCustomerWrote, berlin("11-24T09:00"));
  EXPECT_FALSE(next);
  observe(clocks, vip, SlaSignal::kAgentAnswered, berlin("11-24T09:30"));
  EXPECT_EQ(first->met_at, berlin("11-24T09:30"));
  observe(clocks, vip, SlaSignal::kCustomerWrote, berlin("11-24T10:00"));
  observe(clocks, vip, SlaSignal::kCustomerWrote, berlin("11-24T11:00"));
  EXPECT_EQ(next->started_at, berlin("11-24T10:00"));  // the oldest unanswered counts
  observe(clocks, vip, SlaSignal::kAgentAnswered, berlin("11-24T11:30"));
  EXPECT_EQ(next->used, minutes(90));
  observe(clocks, vip, SlaSignal::kCustomerWrote, berlin("11-24T14:00"));
  EXPECT_EQ(next->started_at, berlin("11-24T14:00"));
  EXPECT_EQ(resolution->phase, Phase::kRunning);
}

TEST_F(SlaOf, ResolutionGoesOnWhereItWasWhenReopened) {
  SlaClocks clocks;
  const auto& [first, next, resolution] = clocks;
  observe(clocks, vip, SlaSignal::kOpened, berlin("11-24T09:00"));
  observe(clocks, vip, SlaSignal::kClosed, berlin("11-24T10:00"));
  EXPECT_EQ(first->phase, Phase::kStopped);
  EXPECT_EQ(resolution->phase, Phase::kMet);
  observe(clocks, vip, SlaSignal::kReopened, berlin("11-24T12:00"));
  EXPECT_EQ(first->phase, Phase::kRunning);
  EXPECT_FALSE(resolution->met_at);
  EXPECT_EQ(resolution->used, hours(1));
  clock = *resolution;
  EXPECT_EQ(words(vip, "11-24T12:00"),
            "15 h of office time left, due Thu 11:00 Europe/Berlin; "
            "paused 2 h while it was closed");
}

TEST_F(SlaOf, HoldPausesAllClocksOfARecord) {
  SlaClocks clocks;
  observe(clocks, vip, SlaSignal::kOpened, berlin("11-24T09:00"));
  hold(clocks, vip, SlaHold::kPause, berlin("11-24T09:30"));
  EXPECT_EQ(clocks[0]->reason, "the customer is awaited");
  EXPECT_EQ(clocks[2]->phase, Phase::kPaused);
  hold(clocks, vip, SlaHold::kRun, berlin("11-24T10:00"));
  EXPECT_EQ(clocks[2]->phase, Phase::kRunning);
}

TEST_F(SlaOf, ExplanationNamesHolidaysAndSumsUpToTheTarget) {
  clock = start(vip, SlaTarget::kResolution, berlin("12-24T11:00"), "opened");
  const SlaExplanation told = explain(clock, vip, berlin("12-24T11:30"));
  EXPECT_EQ(told.counted, hours(16));
  std::vector<std::string> holidays;
  for (const SlaSegment& segment : told.segments)
    if (segment.kind == SlaSegment::Kind::kHoliday) holidays.push_back(segment.says);
  EXPECT_EQ(holidays, (std::vector<std::string>{"Christmas Eve (other hours)", "Christmas"}));
}

TEST_F(SlaOf, LongHistoryOfPausesStaysSmallAndAddsUp) {
  clock = start(always, SlaTarget::kResolution, berlin("11-24T09:00"), "opened");
  for (int64_t i = 0; i < 200; ++i) {
    pause(clock, always, berlin("11-24T09:00") + minutes(2 * i + 1), "awaited");
    resume(clock, always, berlin("11-24T09:00") + minutes(2 * i + 2));
  }
  EXPECT_EQ(clock.pauses.size(), 50u);
  const SlaExplanation told = explain(clock, always, clock.since);
  EXPECT_EQ(told.counted, hours(4));
  EXPECT_EQ(told.paused, minutes(200));
  EXPECT_EQ(told.left, minutes(40));
  EXPECT_EQ(sla_clock_from(to_json(clock)).value(), clock);
}

TEST_F(SlaOf, ClockThatRunsForDecadesIsStillCounted) {
  fire(clock, vip, berlin("11-24T11:00"));
  EXPECT_GT(used_at(clock, vip, berlin("11-24T11:00") + days(365 * 25)), hours(50'000));
}

TEST_F(SlaOf, InstantBeforeTheLastCountsAsTheLast) {
  pause(clock, vip, berlin("11-24T09:20"), "awaited");
  resume(clock, vip, berlin("11-24T09:10"));
  EXPECT_EQ(clock.used, minutes(20));
  EXPECT_EQ(clock.due_at, berlin("11-24T10:00"));
}

TEST_F(SlaOf, StoredClockThatIsWrongIsRefusedByMember) {
  for (const char* member : {"policy", "target", "phase", "started_at", "used", "since"}) {
    Json json = to_json(clock);
    json.set(member, true);
    const auto read_back = sla_clock_from(json);
    ASSERT_FALSE(read_back.ok()) << member;
    EXPECT_EQ(read_back.error().where, member);
  }
}

}  // namespace
}  // namespace rapport::decide
