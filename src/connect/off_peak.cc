#include "connect/off_peak.h"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "base/text.h"
#include "base/yaml_fields.h"

namespace rapport::connect {
namespace {

constexpr int kMinutesOfDay = 24 * 60;
constexpr int kDaysBack = 2, kDaysAhead = 9;  // looked at around an instant
constexpr Micros kLongestForecast = days(366);
constexpr std::string_view kDays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                      "friday", "saturday", "sunday"};

using Instant = date::sys_time<std::chrono::microseconds>;
using Interval = std::pair<Micros, Micros>;

Micros on_clock(const date::time_zone& zone, date::local_days day, int minutes,
                date::choose which) {
  const auto instant = zone.to_sys(day + std::chrono::minutes(minutes), which);
  return Micros{Instant(instant).time_since_epoch().count()};
}

// Those of the days around an instant, in order, overlapping ones joined.
std::vector<Interval> intervals(const date::time_zone& zone,
                                const std::vector<DailyWindow>& windows, Micros now) {
  const Instant instant{std::chrono::microseconds(now.value)};
  const auto today = date::floor<date::days>(zone.to_local(instant));
  std::vector<Interval> all;
  for (int ahead = -kDaysBack; ahead <= kDaysAhead; ++ahead) {
    const date::local_days day = today + date::days(ahead);
    const unsigned weekday = date::weekday(day).iso_encoding() - 1;
    for (const DailyWindow& window : windows) {
      if (!window.days[weekday]) continue;
      const int to = window.to + (window.to <= window.from ? kMinutesOfDay : 0);
      const Interval one{on_clock(zone, day, window.from, date::choose::earliest),
                         on_clock(zone, day, to, date::choose::latest)};
      if (one.first < one.second) all.push_back(one);
    }
  }
  std::sort(all.begin(), all.end());
  std::vector<Interval> joined;
  for (const Interval& one : all) {
    if (joined.empty() || joined.back().second < one.first) {
      joined.push_back(one);
    } else {
      joined.back().second = std::max(joined.back().second, one.second);
    }
  }
  return joined;
}

Error no_zone(const std::string& name) {
  std::vector<std::string> known;
  for (const date::time_zone& zone : date::get_tzdb().zones) known.push_back(zone.name());
  return invalid(
      fmt::format("there is no time zone '{}'; write one of the IANA names, such as "
                  "Europe/Berlin{}",
                  name, suggestion(name, known)));
}

}  // namespace

Result<int> parse_weekday(std::string_view text) {
  const std::string lower = ascii_lower(text);
  for (int day = 0; day < 7; ++day)
    if (lower == kDays[day] || lower == kDays[day].substr(0, 3)) return day;
  std::vector<std::string> known;
  for (const std::string_view day : kDays) {
    known.emplace_back(day.substr(0, 3));
    known.emplace_back(day);
  }
  return invalid(
      fmt::format("'{}' is no day of the week; write mon, tue, wed, thu, fri, sat or "
                  "sun{}",
                  text, suggestion(lower, known)));
}

Result<int> parse_clock(std::string_view text) {
  int hour = 0, minute = 0;
  const auto read = [](std::string_view digits, int& number) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  const bool form = text.size() == 5 && text[2] == ':' && read(text.substr(0, 2), hour) &&
                    read(text.substr(3), minute);
  const bool there = hour >= 0 && minute >= 0 && minute < 60 && hour * 60 + minute <= kMinutesOfDay;
  if (!form || !there)
    return invalid(fmt::format("'{}' is no time of day; write it from 00:00 to 24:00", text));
  return hour * 60 + minute;
}

Result<OffPeak> OffPeak::make(const std::string& name, std::vector<DailyWindow> windows) {
  CHECK(!windows.empty());
  const date::time_zone* zone = nullptr;
  try {
    zone = date::locate_zone(name);
    // Reads its file now: what is wrong with that is to be known before anything is sent.
    zone->get_info(Instant{});
  } catch (const std::runtime_error&) {
    return no_zone(name);
  }
  return OffPeak(name, zone, std::move(windows));
}

WindowState OffPeak::at(Micros now) const {
  for (const auto& [from, to] : intervals(*zone_, windows_, now)) {
    if (now < from) return {false, from};
    if (now < to) return {true, to};
  }
  return {false, now + days(kDaysAhead - 1)};
}

std::optional<Micros> OffPeak::end_of(Micros now, Micros work) const {
  const Micros longest = now + kLongestForecast;
  while (now < longest) {
    const WindowState state = at(now);
    if (state.open && state.until - now >= work) return now + work;
    if (state.open) work = work - (state.until - now);
    now = state.until;
  }
  return std::nullopt;
}

}  // namespace rapport::connect
