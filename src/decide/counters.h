// Windowed counters kept inside a record: {"messages": [[bucket, n], …]}, oldest bucket first.
//
// Bounded: buckets that left the window of the newest one are dropped. Adding and taking away are
// exact for every bucket that is inside the window.
#pragma once

#include "base/json.h"
#include "base/time.h"
#include "decide/basics.h"

namespace rapport::decide {

void count_event(Json& fields, const WindowedCount& count, Micros at);
// Adds (sign 1) or takes away (sign -1) all counters of `from`, as when a contact changes account.
void shift_counters(Json& fields, const Json& from, int sign,
                    const std::vector<WindowedCount>& counts);
// How many in the window that ends at `now` (the bucket of `now` included).
int64_t counted(const Json& fields, const WindowedCount& count, Micros now);

}  // namespace rapport::decide
