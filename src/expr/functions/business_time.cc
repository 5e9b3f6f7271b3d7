#include "expr/functions/business_time.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "base/text.h"
#include "expr/functions/libraries.h"
#include "expr/functions/text_forms.h"

namespace rapport::expr {
namespace {

using Window = BusinessCalendar::Window;
constexpr int64_t kDay = 86400;
constexpr int64_t kMostDays = 3653;       // 10 years
constexpr uint64_t kUnitsPerWindow = 16;  // of work
constexpr size_t kMostWindows = 10;       // of a day
constexpr std::string_view kDayNames[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// Seconds of the day, or -1.
int32_t read_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return -1;
  for (const size_t i : {0, 1, 3, 4})
    if (text[i] < '0' || text[i] > '9') return -1;
  const int32_t hours = (text[0] - '0') * 10 + text[1] - '0';
  const int32_t minutes = (text[3] - '0') * 10 + text[4] - '0';
  return minutes > 59 || hours * 60 + minutes > 24 * 60 ? -1 : hours * 3600 + minutes * 60;
}

// "09:00-12:30,13:30-18:00" or "closed": in order and apart from each other.
Result<std::vector<Window>> read_windows(std::string_view text) {
  std::vector<Window> windows;
  if (text == "closed") return windows;
  for (const std::string_view part : split(text, ',')) {
    const size_t dash = std::min(part.find('-'), part.size());
    const int32_t from = read_clock(trim(part.substr(0, dash)));
    const int32_t to = read_clock(trim(part.substr(std::min(dash + 1, part.size()))));
    if (from < 0 || from >= to)
      return invalid("'" + std::string(part) + "' are no hours such as 09:00-17:30");
    if (!windows.empty() && windows.back().to > from)
      return invalid("'" + std::string(text) + "': hours must be in order and must not overlap");
    windows.push_back({from, to});
    if (windows.size() > kMostWindows)
      return invalid("'" + std::string(cut_utf8(text, 60)) + "': a day opens at most 10 times");
  }
  return windows;
}

std::optional<size_t> read_weekday(std::string_view text) {
  const auto found = std::find(std::begin(kDayNames), std::end(kDayNames), text);
  if (found == std::end(kDayNames)) return std::nullopt;
  return static_cast<size_t>(found - std::begin(kDayNames));
}

std::optional<int64_t> read_date(std::string_view text) {
  const auto midnight = read_timestamp(std::string(text) + "T00:00:00Z");
  if (!midnight) return std::nullopt;
  return midnight->seconds / kDay - (midnight->seconds % kDay < 0);
}

Result<Prepared> prepare_calendar(std::span<const Value* const> args, const Zones* zones) {
  if (args.empty() || args[0] == nullptr || !args[0]->is(Kind::kString))
    return invalid("calendar() needs its text as a literal, so that it is read once");
  TRY_ASSIGN(auto calendar, BusinessCalendar::read(args[0]->as_text(), zones));
  return Prepared(std::move(calendar));
}

Value calendar_of_text(Arguments, Call& call) {
  CHECK(call.prepared != nullptr);
  return Value::opaque(static_cast<const BusinessCalendar*>(call.prepared));
}

const BusinessCalendar& calendar_in(const Value& v) {
  return *static_cast<const BusinessCalendar*>(v.as_opaque());
}

constexpr Failure kCost{"this business time is more work than the limit allows"};

uint64_t cost_of(const BusinessCalendar& calendar, int64_t days) {
  return kUnitsPerWindow * calendar.most_windows() *
         static_cast<uint64_t>(std::min(std::abs(days), kMostDays));
}
int64_t days_between(const Span& from, const Span& to) {
  return (to.seconds - from.seconds) / kDay;
}

Value between(Arguments args, Call& call) {
  const BusinessCalendar& calendar = calendar_in(args[0]);
  const Span from = args[1].as_span(), to = args[2].as_span();
  if (!call.budget.spend(cost_of(calendar, days_between(from, to)))) return Value::error(&kCost);
  const auto open = calendar.between(from, to);
  return open ? Value::duration(*open)
              : call.error("business time is reckoned over at most 10 years");
}
Value after(Arguments args, Call& call) {
  const BusinessCalendar& calendar = calendar_in(args[0]);
  const Span from = args[1].as_span();
  const auto at = calendar.after(from, args[2].as_span());
  const int64_t days = at ? days_between(from, *at) : kMostDays;
  if (!call.budget.spend(cost_of(calendar, days))) return Value::error(&kCost);
  return at ? Value::timestamp(*at)
            : call.error("the calendar has not that much business time within 10 years");
}
Value is_open(Arguments args, Call&) {
  return Value::boolean(calendar_in(args[0]).is_open(args[1].as_span()));
}

constexpr Overload kOverloads[] = {
    {"calendar", "(string) -> calendar", 1, calendar_of_text, prepare_calendar},
    {"between", "calendar.(timestamp, timestamp) -> duration", 50, between},
    {"after", "calendar.(timestamp, duration) -> timestamp", 50, after},
    {"isOpen", "calendar.(timestamp) -> bool", 10, is_open},
};

}  // namespace

const OpaqueType kCalendarType{"calendar", [](const Opaque& a, const Opaque& b) {
                                 return static_cast<const BusinessCalendar&>(a) ==
                                        static_cast<const BusinessCalendar&>(b);
                               }};

bool BusinessCalendar::operator==(const BusinessCalendar& other) const {
  return zone_name_ == other.zone_name_ && dates_ == other.dates_ &&
         std::equal(std::begin(week_), std::end(week_), std::begin(other.week_));
}

Result<std::shared_ptr<const BusinessCalendar>> BusinessCalendar::read(std::string_view text,
                                                                       const Zones* zones) {
  const std::shared_ptr<BusinessCalendar> calendar(new BusinessCalendar);
  for (const std::string_view raw : split(text, ';')) {
    const std::string_view part = trim(raw);
    if (part.empty()) continue;
    if (calendar->zone_ == nullptr) {
      calendar->zone_ = find_zone(part, zones);
      calendar->zone_name_ = part;
      if (calendar->zone_ == nullptr)
        return invalid("unknown time zone '" + std::string(part) +
                       "': a calendar begins with its zone, 'Europe/Berlin; Mon-Fri 09:00-17:00'");
      continue;
    }
    if (part == "24/7") {
      for (auto& day : calendar->week_) day = {{0, kDay}};
      continue;
    }
    const size_t space = std::min(part.find(' '), part.size());
    const std::string_view days = part.substr(0, space);
    TRY_ASSIGN(std::vector<Window> windows, read_windows(trim(part.substr(space))));
    if (const auto date = read_date(days)) {
      calendar->dates_[*date] = std::move(windows);
      continue;
    }
    const size_t dash = std::min(days.find('-'), days.size());
    const auto first = read_weekday(days.substr(0, dash));
    const auto last = dash == days.size() ? first : read_weekday(days.substr(dash + 1));
    if (!first || !last)
      return invalid("'" + std::string(days) + "' are no days such as Mon, Mon-Fri or 2026-12-25");
    for (size_t day = *first;; day = (day + 1) % 7) {
      calendar->week_[day] = windows;
      if (day == *last) break;
    }
  }
  if (calendar->zone_ == nullptr) return invalid("a calendar begins with its time zone");
  return std::shared_ptr<const BusinessCalendar>(calendar);
}

size_t BusinessCalendar::most_windows() const {
  size_t most = 1;
  for (const auto& day : week_) most = std::max(most, day.size());
  for (const auto& [date, day] : dates_) most = std::max(most, day.size());
  return most;
}

const std::vector<Window>& BusinessCalendar::windows(int64_t day) const {
  const auto date = dates_.find(day);
  if (date != dates_.end()) return date->second;
  return week_[((day + 4) % 7 + 7) % 7];  // 1970-01-01 was a Thursday
}

int64_t BusinessCalendar::day_of(int64_t utc) const {
  const int64_t local = utc + zone_->offset(utc);
  return local / kDay - (local % kDay < 0);
}

std::optional<Span> BusinessCalendar::between(const Span& from, const Span& to) const {
  if (to < from) {
    const auto open = between(to, from);
    return open ? std::optional(from_nanos(-to_nanos(*open))) : std::nullopt;
  }
  const int64_t first = day_of(from.seconds), last = day_of(to.seconds);
  if (last - first > kMostDays) return std::nullopt;
  __int128 open = 0;
  for (int64_t day = first; day <= last; ++day) {
    for (const Window& window : windows(day)) {
      const Span begin{zone_->to_utc(day * kDay + window.from), 0};
      const Span end{zone_->to_utc(day * kDay + window.to), 0};
      const Span low = std::max(begin, from), high = std::min(end, to);
      if (low < high) open += to_nanos(high) - to_nanos(low);
    }
  }
  return from_nanos(open);
}

std::optional<Span> BusinessCalendar::after(const Span& from, const Span& open) const {
  __int128 left = to_nanos(open);
  if (left < 0) return std::nullopt;
  if (left == 0) return from;
  const int64_t first = day_of(from.seconds);
  for (int64_t day = first; day <= first + kMostDays; ++day) {
    for (const Window& window : windows(day)) {
      const Span low = std::max(Span{zone_->to_utc(day * kDay + window.from), 0}, from);
      const Span end{zone_->to_utc(day * kDay + window.to), 0};
      if (end <= low) continue;
      const __int128 room = to_nanos(end) - to_nanos(low);
      if (left <= room) {
        const Span at = from_nanos(to_nanos(low) + left);
        return in_range_of_timestamp(at) ? std::optional(at) : std::nullopt;
      }
      left -= room;
    }
  }
  return std::nullopt;
}

std::optional<BusinessCalendar::Opening> BusinessCalendar::next_opening(const Span& at) const {
  const int64_t first = day_of(at.seconds);
  for (int64_t day = first; day <= first + kMostDays; ++day) {
    for (const Window& window : windows(day)) {
      const Span begin{zone_->to_utc(day * kDay + window.from), 0};
      const Span end{zone_->to_utc(day * kDay + window.to), 0};
      if (at < end && begin < end) return Opening{begin, end};
    }
  }
  return std::nullopt;
}

bool BusinessCalendar::is_open(const Span& at) const {
  const int64_t day = day_of(at.seconds);
  return std::any_of(windows(day).begin(), windows(day).end(), [&](const Window& window) {
    return zone_->to_utc(day * kDay + window.from) <= at.seconds &&
           at.seconds < zone_->to_utc(day * kDay + window.to);
  });
}

std::span<const Overload> business_time_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
