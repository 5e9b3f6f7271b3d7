#include "decide/sla.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "expr/functions/text_forms.h"

namespace rapport::decide {
namespace {

using Phase = SlaClock::Phase;
constexpr int64_t kSecond = 1'000'000;
constexpr size_t kMostPauses = 50;

Micros part(Micros whole, int64_t percent) {
  return {static_cast<int64_t>(static_cast<__int128>(whole.value) * percent / 100)};
}

std::optional<Micros> after(const SlaCalendar& calendar, Micros from, Micros open) {
  const auto at = calendar.hours->after(to_span(from), to_span(open));
  return at ? std::optional(to_micros(*at)) : std::nullopt;
}

std::string key(const SlaMilestone& milestone) {
  if (milestone.kind == SlaMilestone::Kind::kWarn) return fmt::format("warn {}", milestone.percent);
  return milestone.kind == SlaMilestone::Kind::kBreach ? "breach"
                                                       : fmt::format("step {}", milestone.step);
}

bool has_fired(const SlaClock& clock, const SlaMilestone& milestone) {
  return std::find(clock.fired.begin(), clock.fired.end(), key(milestone)) != clock.fired.end();
}

// All of a clock, by level; at one level the warning, then the breach, then the steps.
std::vector<SlaMilestone> milestones(const SlaClock& clock, const SlaPolicy& policy) {
  using Kind = SlaMilestone::Kind;
  std::vector<SlaMilestone> all;
  for (const int64_t percent : policy.warn_at)
    all.push_back({Kind::kWarn, percent, 0, part(clock.budget, percent), {}});
  all.push_back({Kind::kBreach, 0, 0, clock.budget, {}});
  for (size_t i = 0; i < policy.steps.size(); ++i) {
    const SlaStep& step = policy.steps[i];
    if (step.target && *step.target != clock.target) continue;
    all.push_back({Kind::kStep, 0, i, part(clock.budget, step.percent) + step.after_breach, {}});
  }
  std::stable_sort(all.begin(), all.end(), [](const SlaMilestone& a, const SlaMilestone& b) {
    return std::tie(a.level, a.kind) < std::tie(b.level, b.kind);
  });
  return all;
}

// When the clock has counted `level`, if it goes on as it does now.
std::optional<Micros> instant_of(const SlaClock& clock, const SlaCalendar& calendar, Micros level) {
  if (level <= clock.used) return std::max(clock.since, clock.changed_at);
  if (clock.phase != Phase::kRunning) return std::nullopt;
  return after(calendar, clock.since, level - clock.used);
}

void reckon_due(SlaClock& clock, const SlaTerms& terms) {
  clock.due_at =
      clock.breached_at ? clock.breached_at : instant_of(clock, *terms.calendar, clock.budget);
}

// Counts up to `now`.
Micros advance(SlaClock& clock, const SlaTerms& terms, Micros now) {
  now = std::max(now, clock.since);
  if (clock.phase == Phase::kRunning) {
    clock.used = clock.used + open_time(*terms.calendar, clock.since, now);
    clock.since = now;
  }
  return now;
}

bool is_over(const SlaClock& clock) {
  return clock.phase == Phase::kMet || clock.phase == Phase::kStopped;
}

// The time since it stood still, or was over, becomes a pause; the oldest is told no longer.
void run_again(SlaClock& clock, const SlaTerms& terms, Micros now, std::string_view reason) {
  now = std::max(now, clock.since);
  const Micros from = std::max(clock.since, clock.told_from);
  if (from < now) clock.pauses.push_back({from, now, std::string(reason)});
  if (clock.pauses.size() > kMostPauses) {
    const SlaClock::Pause oldest = clock.pauses.front();
    clock.told_used = clock.told_used + open_time(*terms.calendar, clock.told_from, oldest.from);
    clock.told_paused = clock.told_paused + (oldest.to - oldest.from);
    clock.told_from = oldest.to;
    clock.pauses.erase(clock.pauses.begin());
  }
  clock.phase = Phase::kRunning;
  clock.reason.clear();
  clock.since = now;
  reckon_due(clock, terms);
}

// What was counted by another calendar is told as one sum.
void fold_told(SlaClock& clock, Micros now) {
  for (const SlaClock::Pause& pause : clock.pauses)
    clock.told_paused = clock.told_paused + (pause.to - pause.from);
  if (clock.phase == Phase::kPaused)
    clock.told_paused = clock.told_paused + (now - std::max(clock.since, clock.told_from));
  clock.pauses.clear();
  clock.told_used = clock.used;
  clock.told_from = now;
}

// After a change of policy: only what is behind the clock stays fired.
void keep_fired(SlaClock& clock, const SlaTerms& to, bool same_policy) {
  std::vector<std::string> kept;
  const bool spent = clock.budget <= clock.used;
  for (const SlaMilestone& milestone : milestones(clock, *to.policy)) {
    const bool passed = milestone.level <= clock.used;
    const bool is_warning = milestone.kind == SlaMilestone::Kind::kWarn;
    const bool breached = milestone.kind == SlaMilestone::Kind::kBreach && clock.breached_at;
    const bool is_step = milestone.kind == SlaMilestone::Kind::kStep;
    const bool fired = has_fired(clock, milestone) && passed && (!is_step || same_policy);
    if (breached || fired || (is_warning && spent)) kept.push_back(key(milestone));
  }
  clock.fired = std::move(kept);
}

}  // namespace

expr::Span to_span(Micros instant) {
  const int64_t rest = (instant.value % kSecond + kSecond) % kSecond;
  return {(instant.value - rest) / kSecond, static_cast<uint32_t>(rest * 1000)};
}
Micros to_micros(const expr::Span& span) {
  return {span.seconds * kSecond + span.nanos / 1000};
}

Micros open_time(const SlaCalendar& calendar, Micros from, Micros to) {
  const Micros most = days(3000);  // below what one reckoning allows
  Micros open;
  while (from < to) {
    const Micros next = std::min(to, from + most);
    const auto found = calendar.hours->between(to_span(from), to_span(next));
    CHECK(found.has_value());
    open = open + to_micros(*found);
    from = next;
  }
  return open;
}

SlaClock start(const SlaTerms& terms, SlaTarget target, Micros now, std::string_view reason) {
  SlaClock clock;
  clock.policy = terms.policy->name;
  clock.target = target;
  clock.budget = terms.policy->budget[static_cast<size_t>(target)];
  CHECK(clock.budget > Micros{});
  clock.started_by = reason;
  clock.started_at = clock.since = clock.changed_at = clock.told_from = now;
  reckon_due(clock, terms);
  return clock;
}

void pause(SlaClock& clock, const SlaTerms& terms, Micros now, std::string_view reason) {
  if (clock.phase != Phase::kRunning) return;
  advance(clock, terms, now);
  clock.phase = Phase::kPaused;
  clock.reason = reason;
  reckon_due(clock, terms);
}

void resume(SlaClock& clock, const SlaTerms& terms, Micros now) {
  if (clock.phase != Phase::kPaused) return;
  run_again(clock, terms, now, std::string(clock.reason));
}

void meet(SlaClock& clock, const SlaTerms& terms, Micros now) {
  if (is_over(clock)) return;
  resume(clock, terms, now);
  now = advance(clock, terms, now);
  clock.phase = Phase::kMet;
  clock.met_at = now;
}

void stop(SlaClock& clock, const SlaTerms& terms, Micros now, std::string_view reason) {
  if (is_over(clock)) return;
  resume(clock, terms, now);
  advance(clock, terms, now);
  clock.phase = Phase::kStopped;
  clock.reason = reason;
}

void reopen(SlaClock& clock, const SlaTerms& terms, Micros now, std::string_view reason) {
  if (!is_over(clock)) return;
  clock.met_at.reset();
  run_again(clock, terms, now, reason);
}

void change(SlaClock& clock, const SlaTerms& from, const SlaTerms& to, Micros now) {
  const Micros budget = to.policy->budget[static_cast<size_t>(clock.target)];
  if (is_over(clock)) return;
  if (budget == Micros{}) {
    return stop(clock, from, now,
                fmt::format("policy '{}' has no {}", to.policy->name,
                            kSlaTargetNames[static_cast<size_t>(clock.target)]));
  }
  now = advance(clock, from, now);
  if (!(*from.calendar->hours == *to.calendar->hours)) fold_told(clock, now);
  const bool same_policy = clock.policy == to.policy->name;
  clock.policy = to.policy->name;
  clock.budget = budget;
  clock.changed_at = now;
  keep_fired(clock, to, same_policy);
  reckon_due(clock, to);
}

bool change_if_shorter(SlaClock& clock, const SlaTerms& from, const SlaTerms& to, Micros now) {
  if (is_over(clock)) return false;
  const Micros budget = to.policy->budget[static_cast<size_t>(clock.target)];
  if (budget == Micros{}) return false;
  const Micros used = used_at(clock, from, now);
  const auto deadline = [&](Micros target, const SlaCalendar& calendar) {
    if (target <= used) return std::optional(now + (target - used));  // by how much it is over
    return after(calendar, now, target - used);
  };
  const auto present = deadline(clock.budget, *from.calendar);
  const auto offered = deadline(budget, *to.calendar);
  if (!offered || (present && *present <= *offered)) return false;
  change(clock, from, to, now);
  return true;
}

std::optional<SlaMilestone> due(const SlaClock& clock, const SlaTerms& terms) {
  if (is_over(clock)) return std::nullopt;
  for (SlaMilestone& milestone : milestones(clock, *terms.policy)) {
    if (has_fired(clock, milestone)) continue;
    const auto at = instant_of(clock, *terms.calendar, milestone.level);
    if (!at) return std::nullopt;
    milestone.at = *at;
    return milestone;
  }
  return std::nullopt;
}

std::vector<SlaMilestone> fire(SlaClock& clock, const SlaTerms& terms, Micros now) {
  std::vector<SlaMilestone> fired;
  for (auto next = due(clock, terms); next && next->at <= now; next = due(clock, terms)) {
    clock.fired.push_back(key(*next));
    if (next->kind == SlaMilestone::Kind::kWarn) clock.warned_at = next->at;
    if (next->kind == SlaMilestone::Kind::kBreach) clock.breached_at = next->at;
    fired.push_back(*next);
  }
  if (!fired.empty()) reckon_due(clock, terms);
  return fired;
}

Micros used_at(const SlaClock& clock, const SlaTerms& terms, Micros now) {
  if (clock.phase != Phase::kRunning) return clock.used;
  return clock.used + open_time(*terms.calendar, clock.since, now);
}

}  // namespace rapport::decide
