// When an event happened, by a sender whose clock may be wrong.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace rapport::intake {

struct TimeBounds {
  Micros max_past;    // older than this before receipt: refused
  Micros max_future;  // later than this after receipt: taken as the time of receipt
};

// `originalTimestamp` or `timestamp` of the call, corrected by the sender's clock when it says when
// it sent (`sentAt` of the call, else `batch_sent_at`, null when there is none): received −
// (sent − original), where sent and received differ by more than 2 s; less is travel time. Without
// a timestamp: received. Errors name the field.
Result<Micros> event_time(const Json& call, const Json* batch_sent_at, Micros received,
                          TimeBounds bounds);

}  // namespace rapport::intake
