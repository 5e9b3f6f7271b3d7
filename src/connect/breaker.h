// When a connection that fails is tried again.
#pragma once

#include "base/random.h"
#include "base/time.h"

namespace rapport::connect {

// The first failures in a row are taken for a hiccup: waits of at most 1, 2, 4 s, anywhere between
// nothing and that ("full jitter": M. Brooker, AWS Architecture Blog, 2015), so that many clients
// do not come back at once. Then the breaker is open: one call probes every 50 to 56 s. So ten
// minutes of outage cost at most 12 probes, and its end is noticed within a minute.
class Breaker {
 public:
  enum class State { kClosed, kOpen, kHalfOpen };  // kHalfOpen: the next call is a probe

  explicit Breaker(Random& random) : random_(random) {}

  // `retry_after`: what the remote asked for, 0 for nothing; never tried before that.
  void failed(Micros now, Micros retry_after);
  void worked();  // closed again
  void try_now() { next_ = {}; }

  State state(Micros now) const;
  Micros next() const { return next_; }  // nothing is sent before
  int failures() const { return failures_; }

 private:
  Micros jitter(Micros least, Micros most);

  Random& random_;
  int failures_ = 0;  // in a row
  Micros next_;
};

}  // namespace rapport::connect
