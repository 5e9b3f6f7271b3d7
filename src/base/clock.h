// Time, handed in. Only src/main and tests make real ones.
#pragma once

#include "base/time.h"

namespace rapport {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Micros now() const = 0;        // wall clock since 1970, may jump
  virtual Micros monotonic() const = 0;  // from an unknown origin, never goes back
  // Blocks the calling thread (a simulated clock only moves forward).
  virtual void sleep(Micros span) = 0;
};

}  // namespace rapport
