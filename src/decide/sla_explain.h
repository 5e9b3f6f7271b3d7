// How a clock came to its deadline, for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decide/sla.h"

namespace rapport::decide {

struct SlaSegment {
  enum class Kind : uint8_t {
    kEarlier,  // counted before what is still told in full
    kCounted,  // open hours within the target
    kOverdue,  // open hours past the target
    kPaused,   // real time; `says` why
    kHoliday,  // the local day; `says` which
  };
  Kind kind = Kind::kCounted;
  Micros from, to;
  Micros open;  // counted, real open time; 0 for pauses and holidays
  std::string says = {};
};

// Segments are in order; a holiday stands before the segments of its day. kEarlier and kCounted add
// up to the target when the clock runs (up to its deadline, which may lie ahead) or is overdue,
// else to what is counted.
struct SlaExplanation {
  std::vector<SlaSegment> segments;
  Micros counted;     // sum of kEarlier and kCounted
  Micros left;        // open time at `now`; negative: over the target
  Micros paused;      // real time, up to `now`
  std::string words;  // "2 h 30 min of office time left, due Tue 14:20 Europe/Berlin"
};

// Linear in the days told.
SlaExplanation explain(const SlaClock& clock, const SlaTerms& terms, Micros now);

}  // namespace rapport::decide
