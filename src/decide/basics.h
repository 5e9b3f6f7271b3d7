// What every workspace has without any pack.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace rapport::decide {

// A count of events over a sliding window, per contact and per account, exact at its grain.
struct WindowedCount {
  std::string name;    // "messages"
  std::string event;   // type that is counted
  std::string author;  // when not empty: only messages of this author
  Micros grain;        // width of a bucket
  int buckets;         // window = grain × buckets
};

struct Basics {
  std::vector<WindowedCount> counts;
  Micros idle_close = hours(24);  // an open conversation without a message for so long is closed
};

Basics first_basics();

}  // namespace rapport::decide
