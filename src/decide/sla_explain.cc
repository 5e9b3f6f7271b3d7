#include "decide/sla_explain.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace rapport::decide {
namespace {

using Phase = SlaClock::Phase;
using Kind = SlaSegment::Kind;
constexpr int64_t kDay = 86400;

struct Stretch {
  Micros from, to;
};

// The real time in which the clock ran, or will run up to its deadline.
std::vector<Stretch> running_stretches(const SlaClock& clock, Micros now) {
  std::vector<Stretch> all;
  Micros from = clock.told_from;
  for (const SlaClock::Pause& pause : clock.pauses) {
    all.push_back({from, pause.from});
    from = pause.to;
  }
  const Micros end =
      clock.phase != Phase::kRunning ? clock.since : std::max(now, clock.due_at.value_or(now));
  all.push_back({from, end});
  return all;
}

// Puts segments together; what is past the target is overdue.
class Teller {
 public:
  Teller(const SlaClock& clock, const SlaCalendar& calendar) : clock_(clock), calendar_(calendar) {}

  void tell_earlier() {
    if (clock_.told_from <= clock_.started_at) return;
    told_.counted = std::min(clock_.told_used, clock_.budget);
    told_.segments.push_back(
        {Kind::kEarlier, clock_.started_at, clock_.told_from, told_.counted, "counted before"});
    if (clock_.told_used > told_.counted) {
      told_.segments.push_back({Kind::kOverdue, clock_.started_at, clock_.told_from,
                                clock_.told_used - told_.counted, "counted before"});
    }
  }

  void tell_run(const Stretch& run) {
    for (Micros at = run.from; at < run.to;) {
      const auto opening = calendar_.hours->next_opening(to_span(at));
      if (!opening || to_micros(opening->from) >= run.to) break;
      const Micros from = std::max(at, to_micros(opening->from));
      at = std::min(run.to, to_micros(opening->to));
      count(from, at);
    }
    tell_holidays(run);
  }

  void tell_pause(Micros from, Micros to, std::string_view reason) {
    if (from >= to) return;
    told_.segments.push_back({Kind::kPaused, from, to, {}, std::string(reason)});
    told_.paused = told_.paused + (to - from);
  }

  SlaExplanation finish() {
    told_.paused = told_.paused + clock_.told_paused;
    std::stable_sort(told_.segments.begin(), told_.segments.end(),
                     [](const SlaSegment& a, const SlaSegment& b) { return a.from < b.from; });
    return std::move(told_);
  }

 private:
  void count(Micros from, Micros to) {
    const Micros room = clock_.budget - told_.counted;
    const Micros within = std::min(to, from + room);
    if (from < within) add(Kind::kCounted, from, within);
    if (within < to) add(Kind::kOverdue, within, to);
    told_.counted = told_.counted + (within - from);
  }
  void add(Kind kind, Micros from, Micros to) {
    auto& all = told_.segments;
    if (!all.empty() && all.back().kind == kind && all.back().to == from) {
      all.back().to = to;
      all.back().open = all.back().open + (to - from);
      return;
    }
    all.push_back({kind, from, to, to - from, ""});
  }
  void tell_holidays(const Stretch& run) {
    for (const Holiday& holiday : calendar_.holidays) {
      const Micros from = seconds(calendar_.zone->to_utc(holiday.day * kDay));
      const Micros to = seconds(calendar_.zone->to_utc((holiday.day + 1) * kDay));
      const auto weekday = static_cast<size_t>(((holiday.day + 4) % 7 + 7) % 7);
      const bool is_met = from < run.to && run.from < to && calendar_.week[weekday] > Micros{};
      if (!is_met || holiday.day <= last_holiday_) continue;
      last_holiday_ = holiday.day;
      told_.segments.push_back({Kind::kHoliday,
                                from,
                                to,
                                {},
                                holiday.closed ? holiday.says : holiday.says + " (other hours)"});
    }
  }

  const SlaClock& clock_;
  const SlaCalendar& calendar_;
  int64_t last_holiday_ = INT64_MIN;
  SlaExplanation told_;
};

// "2 h 30 min"; below a minute in seconds.
std::string words_of(Micros span) {
  const int64_t all = span.value / 1'000'000;
  if (all < 60) return fmt::format("{} s", all);
  const int64_t hours = all / 3600, minutes = all / 60 % 60;
  if (hours == 0) return fmt::format("{} min", minutes);
  return minutes == 0 ? fmt::format("{} h", hours) : fmt::format("{} h {} min", hours, minutes);
}

// "Tue 14:20", with the date when it is not within 6 days of `now`.
std::string instant_in_words(Micros at, const SlaCalendar& calendar, Micros now) {
  constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const int64_t utc = to_span(at).seconds;
  const std::chrono::sys_seconds local{std::chrono::seconds{utc + calendar.zone->offset(utc)}};
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const int64_t minute = (local - day).count() / 60;
  const std::string clock = fmt::format("{:02}:{:02}", minute / 60, minute % 60);
  const std::string_view weekday = kDays[std::chrono::weekday{day}.c_encoding()];
  const Micros apart = at < now ? now - at : at - now;
  if (apart < days(6)) return fmt::format("{} {} {}", weekday, clock, calendar.zone_name);
  return fmt::format("{} {} {} {} {} {}", weekday, static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock, calendar.zone_name);
}

// "paused 3 h while the customer is awaited or it was closed"
std::string pauses_in_words(const SlaExplanation& told) {
  if (told.paused <= Micros{}) return "";
  std::vector<std::string_view> reasons;
  for (const SlaSegment& segment : told.segments) {
    const bool is_new = std::find(reasons.begin(), reasons.end(), segment.says) == reasons.end();
    if (segment.kind == Kind::kPaused && !segment.says.empty() && is_new)
      reasons.push_back(segment.says);
  }
  std::string words = "; paused " + words_of(told.paused);
  for (size_t i = 0; i < reasons.size(); ++i)
    words += fmt::format("{}{}", i == 0 ? " while " : " or ", reasons[i]);
  return words;
}

std::string state_in_words(const SlaClock& clock, const SlaCalendar& calendar,
                           const SlaExplanation& told, Micros now) {
  const std::string of = calendar.always ? "" : fmt::format(" of {} time", calendar.name);
  const bool is_over = told.left < Micros{};
  const std::string left = words_of(is_over ? Micros{} - told.left : told.left) + of +
                           (is_over ? " over the target" : " left");
  const std::string since = instant_in_words(clock.since, calendar, now);
  switch (clock.phase) {
    case Phase::kMet:
      return fmt::format("met {} with {}", since, left);
    case Phase::kStopped:
      return fmt::format("stopped {} with {}: {}", since, left, clock.reason);
    case Phase::kPaused:
      return fmt::format("{}, standing still since {}", left, since);
    case Phase::kRunning:
      break;
  }
  if (!clock.due_at) return left + ", not due within 10 years";
  return fmt::format("{}, {} {}", left, *clock.due_at <= now ? "was due" : "due",
                     instant_in_words(*clock.due_at, calendar, now));
}

}  // namespace

SlaExplanation explain(const SlaClock& clock, const SlaTerms& terms, Micros now) {
  now = std::max(now, clock.since);
  Teller teller(clock, *terms.calendar);
  teller.tell_earlier();
  for (const Stretch& run : running_stretches(clock, now)) teller.tell_run(run);
  for (const SlaClock::Pause& pause : clock.pauses)
    teller.tell_pause(pause.from, pause.to, pause.reason);
  if (clock.phase == Phase::kPaused)
    teller.tell_pause(std::max(clock.since, clock.told_from), now, clock.reason);
  SlaExplanation told = teller.finish();
  told.left = clock.budget - used_at(clock, terms, now);
  told.words = state_in_words(clock, *terms.calendar, told, now) + pauses_in_words(told);
  return told;
}

}  // namespace rapport::decide
