#include "decide/clocks.h"

#include <algorithm>

namespace rapport::decide {

namespace {

int64_t floor_divide(int64_t a, int64_t b) {
  const int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}

Micros unit_of(const ClockSpec& clock) {
  return clock.unit == ClockUnit::kDay ? days(1) : hours(1);
}

bool by_calendar(const ClockSpec& clock, FieldType type) {
  return type == FieldType::kDate && clock.unit == ClockUnit::kDay;
}

// Grows by one per unit; a clock that runs down is its negative.
int64_t passed(const ClockSpec& clock, FieldType type, Micros at, const expr::Zone& zone,
               Micros now) {
  if (by_calendar(clock, type)) return local_day(zone, now) - local_day(zone, at);
  if (clock.begun) return -floor_divide((at - now).value, unit_of(clock).value);
  return floor_divide((now - at).value, unit_of(clock).value);
}

}  // namespace

int64_t local_day(const expr::Zone& zone, Micros at) {
  const int64_t utc = floor_divide(at.value, 1'000'000);
  return floor_divide(utc + zone.offset(utc), 86'400);
}

Micros start_of_day(const expr::Zone& zone, int64_t day) {
  return {zone.to_utc(day * 86'400) * 1'000'000};
}

int64_t read_clock(const ClockSpec& clock, FieldType type, Micros at, const expr::Zone& zone,
                   Micros now) {
  const int64_t n = passed(clock, type, at, zone, now);
  return std::clamp(clock.until ? -n : n, clock.from, clock.to);
}

std::optional<Micros> next_tick(const ClockSpec& clock, FieldType type, Micros at,
                                const expr::Zone& zone, Micros now) {
  const int64_t least = clock.until ? -clock.to : clock.from;
  const int64_t most = clock.until ? -clock.from : clock.to;
  const int64_t next = std::max(passed(clock, type, at, zone, now), least) + 1;
  if (next > most) return std::nullopt;
  if (by_calendar(clock, type)) return start_of_day(zone, local_day(zone, at) + next);
  if (clock.begun) return Micros{at.value + (next - 1) * unit_of(clock).value + 1};
  return Micros{at.value + next * unit_of(clock).value};
}

}  // namespace rapport::decide
