// When somebody wants something: dates, months, quarters, spans from now.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "learn/word_reading.h"

namespace rapport::learn {
namespace {

constexpr int64_t kFirstYear = 2000, kLastYear = 2199;
constexpr int64_t kMostUnits = 1000;

// A whole number between two bounds, or 0.
int64_t whole(const WordReading& reading, size_t at, int64_t least, int64_t most) {
  if (at >= reading.size()) return 0;
  const int64_t number = reading.token(at).number;
  if (number == kNoNumber || number % kNumberScale != 0) return 0;
  const int64_t value = number / kNumberScale;
  return value >= least && value <= most ? value : 0;
}

int64_t year_at(const WordReading& reading, size_t at) {
  if (at >= reading.size()) return 0;
  const Token& token = reading.token(at);
  if (!token.joined && token.gap != ' ' && token.gap != ',') return 0;
  return token.end - token.begin == 4 ? whole(reading, at, kFirstYear, kLastYear) : 0;
}

EntityAt timeline(const WordReading& reading, size_t first, size_t last, std::string value,
                  std::string declared) {
  return {.entity = {.kind = "timeline",
                     .value = std::move(value),
                     .evidence = reading.evidence(first, last, "timeline", std::move(declared))},
          .last = last};
}

bool is_day(int64_t year, int64_t month, int64_t day) {
  constexpr std::array<int, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1 || day > kDays[static_cast<size_t>(month - 1)])
    return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month != 2 || day < 29 || leap || year == 0;
}

std::string day_text(int64_t year, int64_t month, int64_t day) {
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

// a/b/year: which is the month shows only where the other is beyond 12.
std::optional<std::string> slashed(int64_t a, int64_t b, int64_t year) {
  const bool day_first = is_day(year, b, a), month_first = is_day(year, a, b);
  if (!day_first && !month_first) return std::nullopt;
  if (day_first && month_first && a != b) return std::string();
  return day_first ? day_text(year, b, a) : day_text(year, a, b);
}

// "15.06.2026" is one word.
std::optional<EntityAt> dotted_date(const WordReading& reading, size_t at) {
  const char digit = reading.text.text[reading.token(at).begin];
  if (digit < '0' || digit > '9') return std::nullopt;
  const auto parts = split(reading.text.word(reading.token(at)), '.');
  if (parts.size() != 3 || parts[0].size() > 2 || parts[1].size() > 2 || parts[2].size() != 4)
    return std::nullopt;
  std::array<int64_t, 3> numbers{};
  for (size_t i = 0; i < 3; i++) {
    const int64_t number = parse_number(parts[i]);
    if (number == kNoNumber) return std::nullopt;
    numbers[i] = number / kNumberScale;
  }
  const auto [day, month, year] = numbers;
  if (year < kFirstYear || year > kLastYear || !is_day(year, month, day)) return std::nullopt;
  return timeline(reading, at, at, day_text(year, month, day), "");
}

// The day of a month before or after its name, with its first and last word.
struct MonthPlace {
  int64_t day = 0, year = 0;
  size_t first = 0, last = 0;
};

MonthPlace place_of_month(const WordReading& reading, const PhraseHit& month) {
  MonthPlace place{.first = month.first, .last = month.last};
  size_t before = month.first;
  if (before >= 2 && reading.token(before - 1).gap == 0) before--;  // "15th June"
  if (before >= 1 && reading.token(month.first).joined) {
    place.day = whole(reading, before - 1, 1, 31);
    if (place.day != 0) place.first = before - 1;
  }
  size_t next = month.last + 1;
  if (place.day == 0 && year_at(reading, next) == 0 && next < reading.size() &&
      reading.token(next).joined) {
    place.day = whole(reading, next, 1, 31);
    if (place.day != 0) place.last = next++;
    const bool ordinal = next < reading.size() && place.day != 0 && reading.token(next).gap == 0;
    if (ordinal) place.last = next++;
  }
  place.year = year_at(reading, next);
  if (place.year != 0) place.last = next;
  return place;
}

std::optional<EntityAt> month_at(const WordReading& reading, size_t at) {
  const PhraseHit* month = reading.starting(at, Role::kMonth);
  if (month == nullptr) return std::nullopt;
  MonthPlace place = place_of_month(reading, *month);
  const int64_t number = reading.use(*month).number;
  const PhraseHit* lead = reading.before(place.first, Role::kLead);
  if (place.day == 0 && place.year == 0 && lead == nullptr) return std::nullopt;
  if (place.day != 0 && !is_day(place.year, number, place.day)) return std::nullopt;
  if (lead != nullptr) place.first = lead->first;
  const std::string year = place.year == 0 ? "-" : fmt::format("{:04}", place.year);
  std::string value = fmt::format("{}-{:02}", year, number);
  if (place.day != 0) value += fmt::format("-{:02}", place.day);
  return timeline(reading, place.first, place.last, std::move(value), reading.use(*month).declared);
}

std::optional<EntityAt> span_at(const WordReading& reading, size_t at) {
  const PhraseHit* span = reading.starting(at, Role::kSpan);
  if (span == nullptr) return std::nullopt;
  const PhraseUse& use = reading.use(*span);
  const int64_t year = use.value.starts_with('Q') ? year_at(reading, span->last + 1) : 0;
  if (year == 0) return timeline(reading, at, span->last, use.value, use.declared);
  return timeline(reading, at, span->last + 1, fmt::format("{}-{}", year, use.value), use.declared);
}

// A number of days, weeks …: of a range ("2-3 weeks") the later end.
std::optional<EntityAt> count_at(const WordReading& reading, size_t at) {
  const auto count = [&](size_t place, size_t& last) -> int64_t {
    last = place;
    if (const int64_t number = whole(reading, place, 1, kMostUnits); number != 0) return number;
    const PhraseHit* word = reading.starting(place, Role::kNumber);
    if (word == nullptr) return 0;
    last = word->last;
    return reading.use(*word).number;
  };
  size_t last = at;
  int64_t number = count(at, last);
  if (number < 1 || number > kMostUnits) return std::nullopt;
  size_t other = last + 1;
  if (const PhraseHit* to = reading.after(last, Role::kTo)) other = to->last + 1;
  size_t other_last = other;
  if (other < reading.size() && reading.token(other).joined) {
    if (const int64_t later = count(other, other_last); later > number) {
      number = later;
      last = other_last;
    }
  }
  const PhraseHit* unit = reading.after(last, Role::kUnit);
  if (unit == nullptr) return std::nullopt;
  const PhraseHit* lead = reading.before(at, Role::kLead);
  const PhraseHit* follow = reading.after(unit->last, Role::kFollow);
  if (lead == nullptr && follow == nullptr) return std::nullopt;
  const size_t first = lead != nullptr ? lead->first : at;
  const size_t end = follow != nullptr ? follow->last : unit->last;
  return timeline(reading, first, end, fmt::format("P{}{}", number, reading.use(*unit).value),
                  reading.use(*unit).declared);
}

}  // namespace

std::optional<EntityAt> date_at(const WordReading& reading, size_t at) {
  if (reading.token(at).number == kNoNumber) return dotted_date(reading, at);
  if (at + 2 >= reading.size()) return std::nullopt;
  const char sign = reading.token(at + 1).gap;
  if ((sign != '-' && sign != '/') || reading.token(at + 2).gap != sign) return std::nullopt;
  const int64_t a = whole(reading, at, 1, kLastYear), b = whole(reading, at + 1, 1, 31),
                c = whole(reading, at + 2, 1, kLastYear);
  if (a >= kFirstYear && is_day(a, b, c)) {
    return timeline(reading, at, at + 2, day_text(a, b, c), "");
  }
  if (c < kFirstYear || a > 31) return std::nullopt;
  auto value = slashed(a, b, c);
  if (!value) return std::nullopt;
  return timeline(reading, at, at + 2, std::move(*value), "");
}

std::optional<EntityAt> timeline_at(const WordReading& reading, size_t at) {
  if (auto found = span_at(reading, at)) return found;
  if (auto found = month_at(reading, at)) return found;
  if (at + 1 < reading.size() && reading.token(at).number != kNoNumber) {
    // "15 June" and "15th of June" begin at the number.
    for (size_t next = at + 1; next <= at + 2 && next < reading.size(); next++) {
      if (reading.starting(next, Role::kMonth) == nullptr) continue;
      auto found = month_at(reading, next);
      if (found && found->entity.evidence.begin <= reading.token(at).begin) return found;
    }
  }
  return count_at(reading, at);
}

}  // namespace rapport::learn
