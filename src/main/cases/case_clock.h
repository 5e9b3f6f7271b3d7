// A clock that stands still and moves when told. One thread.
#pragma once

#include "base/clock.h"

namespace rapport::cases {

class CaseClock final : public Clock {
 public:
  explicit CaseClock(Micros start) : start_(start), now_(start) {}
  Micros now() const override { return now_; }
  Micros monotonic() const override { return now_ - start_ + seconds(1); }
  void sleep(Micros span) override { now_ = now_ + span; }
  void move_to(Micros moment) {
    if (moment > now_) now_ = moment;
  }

 private:
  Micros start_, now_;
};

}  // namespace rapport::cases
