// The clocks of one record, and how they follow what happens to it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "decide/sla.h"

namespace rapport::decide {

using SlaClocks = std::array<std::optional<SlaClock>, kSlaTargets>;  // by SlaTarget

enum class SlaSignal : uint8_t {
  kOpened,         // the record begins, with the customer waiting
  kCustomerWrote,  // also the message it was opened with
  kAgentAnswered,
  kClosed,
  kReopened,
};

// Starts, meets, stops and reopens the clocks of the targets that the policy has:
// - first_response runs from the opening until an agent's first answer; closed before, it stops,
//   and goes on when the record is reopened;
// - next_response runs from the first message of the customer that is unanswered until the agent's
//   answer, each time anew, and only once first_response runs no more;
// - resolution runs from the opening until the record is closed, and goes on when it is reopened.
// Fire what is due at `now` before.
void observe(SlaClocks& clocks, const SlaTerms& terms, SlaSignal signal, Micros now);

// Whether the policy's `pause_when` holds: all clocks stand still, or go on.
enum class SlaHold { kRun, kPause };
void hold(SlaClocks& clocks, const SlaTerms& terms, SlaHold hold, Micros now);

}  // namespace rapport::decide
