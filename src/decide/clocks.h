// Whole units since or until a time: figures that move by themselves.
#pragma once

#include <optional>

#include "base/time.h"
#include "decide/pack/spec.h"
#include "expr/zones.h"

namespace rapport::decide {

// Days since 1970-01-01 on the zone's calendar.
int64_t local_day(const expr::Zone& zone, Micros at);
Micros start_of_day(const expr::Zone& zone, int64_t day);

// Units passed since `at`, rounded down (up where those begun count), or left until it, rounded up;
// of a `date` field calendar days of the zone. Kept within the clock's bounds.
int64_t read_clock(const ClockSpec& clock, FieldType type, Micros at, const expr::Zone& zone,
                   Micros now);
// The first instant after `now` at which read_clock gives another number; none: never.
std::optional<Micros> next_tick(const ClockSpec& clock, FieldType type, Micros at,
                                const expr::Zone& zone, Micros now);

}  // namespace rapport::decide
