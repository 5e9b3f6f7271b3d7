#include "intake/event_time.h"

#include <fmt/format.h>

#include <optional>

namespace rapport::intake {
namespace {

// What a call may take from sender to receiver. A smaller difference says nothing of the sender's
// clock, and correcting by it would change the order of events that lie close together.
constexpr Micros kTravelTime = seconds(2);

const Json* given(const Json* value) {
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<Micros> read_time(const Json& value, std::string_view field) {
  if (!value.is_string()) {
    return invalid(fmt::format("{} must be a text like \"2026-03-02T09:00:00.000Z\"", field),
                   std::string(field));
  }
  auto time = parse_time(value.as_string());
  if (!time) {
    return invalid(
        fmt::format("{} is not a time: give it like \"2026-03-02T09:00:00.000Z\"", field),
        std::string(field));
  }
  return *time;
}

}  // namespace

Result<Micros> event_time(const Json& call, const Json* batch_sent_at, Micros received,
                          TimeBounds bounds) {
  std::string_view field = "originalTimestamp";
  const Json* original = given(call.find(field));
  if (original == nullptr) original = given(call.find(field = "timestamp"));
  const Json* sent = given(call.find("sentAt"));
  if (sent == nullptr) sent = given(batch_sent_at);

  // A bad sentAt is refused also when it is not needed: the sender's next event may need it.
  Micros sent_at;
  if (sent != nullptr) {
    TRY_ASSIGN(sent_at, read_time(*sent, "sentAt"));
  }
  if (original == nullptr) return received;
  TRY_ASSIGN(Micros at, read_time(*original, field));
  const Micros skew = received - sent_at;
  const bool clock_is_wrong = skew > kTravelTime || Micros{-skew.value} > kTravelTime;
  if (sent != nullptr && clock_is_wrong) at = at + skew;
  if (at > received + bounds.max_future) return received;
  if (at < received - bounds.max_past) {
    return invalid(fmt::format("{} is {}, more than {} days before receipt: correct it", field,
                               format_time(at), bounds.max_past.value / days(1).value),
                   std::string(field));
  }
  return at;
}

}  // namespace rapport::intake
