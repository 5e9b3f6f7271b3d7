// Days and hours of a zone's own clocks, numbered so that neighbours differ by one.
//
// A day lasts from the first instant that the clocks show its midnight (or skip it) to that of the
// next: 23, 24 or 25 hours; a day the clocks skip whole is empty. An hour begins when the clocks
// show a full hour, or are turned back into one: an hour shown twice is two. Where the clocks skip
// the beginning of an hour (by half an hour, Lord Howe Island), what is left of it belongs to the
// hour before.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "decide/metric.h"
#include "expr/zones.h"

namespace rapport::decide {

// Instants that have a bucket: 10,000 years to either side of 1970.
inline constexpr Micros kFarthest = days(3'650'000);

// No number of a bucket is farther from 0. Without a window all is in bucket 0.
inline int64_t farthest_bucket(const Metric& metric) {
  return metric.buckets == 0 ? 0 : kFarthest.value / hours(1).value + 24;
}

// Never falls as `at` rises. `at` is brought into ±kFarthest.
int64_t bucket_of(Grain grain, const expr::Zone& zone, Micros at);
// The first instant of that bucket, or of the first one after it that is not empty.
Micros start_of(Grain grain, const expr::Zone& zone, int64_t bucket);

}  // namespace rapport::decide
