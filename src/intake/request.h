// The body of a request to the tracking API, taken apart into calls. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "intake/intake.h"
#include "intake/tracking_call.h"

namespace rapport::intake {

// One call of a request: what it means, or why it cannot be taken.
struct Reading {
  Result<TrackingCall> call;
  std::string raw;         // when refused: the call as JSON, or its first 4 KiB when too large
  std::string message_id;  // when refused: the call's own, if it has a usable one
};

// Errors refuse the whole request: kInvalid (names byte or field), kTooLarge (names the limit).
Result<std::vector<Reading>> read_request(Call call, std::string_view body, Micros received,
                                          const IntakeOptions& options, PhoneBook& phones);

// Reads one call that names itself by `type`, for a second time: `receivedAt` among its members
// says when it first came.
Reading read_again(Json call, Micros received, const IntakeOptions& options, PhoneBook& phones);

}  // namespace rapport::intake
