#include "decide/sla_record.h"

namespace rapport::decide {
namespace {

using Phase = SlaClock::Phase;
constexpr std::string_view kClosed = "it was closed";

std::optional<SlaClock>& clock_of(SlaClocks& clocks, SlaTarget target) {
  return clocks[static_cast<size_t>(target)];
}
bool has(const SlaTerms& terms, SlaTarget target) {
  return terms.policy->budget[static_cast<size_t>(target)] > Micros{};
}
bool is_alive(const std::optional<SlaClock>& clock) {
  return clock && (clock->phase == Phase::kRunning || clock->phase == Phase::kPaused);
}

void begin(SlaClocks& clocks, const SlaTerms& terms, SlaTarget target, Micros now,
           std::string_view reason) {
  if (has(terms, target)) clock_of(clocks, target) = start(terms, target, now, reason);
}

void open(SlaClocks& clocks, const SlaTerms& terms, Micros now) {
  for (const SlaTarget target : {SlaTarget::kFirstResponse, SlaTarget::kResolution})
    if (!clock_of(clocks, target)) begin(clocks, terms, target, now, "opened");
}

void await_answer(SlaClocks& clocks, const SlaTerms& terms, Micros now) {
  if (is_alive(clock_of(clocks, SlaTarget::kFirstResponse))) return;
  if (is_alive(clock_of(clocks, SlaTarget::kNextResponse))) return;
  begin(clocks, terms, SlaTarget::kNextResponse, now, "the customer wrote");
}

void answer(SlaClocks& clocks, const SlaTerms& terms, Micros now) {
  for (const SlaTarget target : {SlaTarget::kFirstResponse, SlaTarget::kNextResponse})
    if (auto& clock = clock_of(clocks, target)) meet(*clock, terms, now);
}

void close(SlaClocks& clocks, const SlaTerms& terms, Micros now) {
  if (auto& clock = clock_of(clocks, SlaTarget::kResolution)) meet(*clock, terms, now);
  for (const SlaTarget target : {SlaTarget::kFirstResponse, SlaTarget::kNextResponse})
    if (auto& clock = clock_of(clocks, target)) stop(*clock, terms, now, kClosed);
}

// An answer that the closing cut off is still owed.
void go_on(SlaClocks& clocks, const SlaTerms& terms, Micros now) {
  for (auto& clock : clocks) {
    const bool resolved =
        clock && clock->phase == Phase::kMet && clock->target == SlaTarget::kResolution;
    const bool cut_off = clock && clock->phase == Phase::kStopped && clock->reason == kClosed;
    if (resolved || cut_off) reopen(*clock, terms, now, kClosed);
  }
}

}  // namespace

void observe(SlaClocks& clocks, const SlaTerms& terms, SlaSignal signal, Micros now) {
  switch (signal) {
    case SlaSignal::kOpened:
      return open(clocks, terms, now);
    case SlaSignal::kCustomerWrote:
      return await_answer(clocks, terms, now);
    case SlaSignal::kAgentAnswered:
      return answer(clocks, terms, now);
    case SlaSignal::kClosed:
      return close(clocks, terms, now);
    case SlaSignal::kReopened:
      return go_on(clocks, terms, now);
  }
}

void hold(SlaClocks& clocks, const SlaTerms& terms, SlaHold hold, Micros now) {
  for (auto& clock : clocks) {
    if (!clock) continue;
    if (hold == SlaHold::kPause) pause(*clock, terms, now, terms.policy->pause_says);
    if (hold == SlaHold::kRun) resume(*clock, terms, now);
  }
}

}  // namespace rapport::decide
