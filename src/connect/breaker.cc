#include "connect/breaker.h"

#include <algorithm>

namespace rapport::connect {
namespace {

constexpr int kHiccups = 4;
constexpr Micros kFirstWait = seconds(1);
constexpr Micros kFirstOpen = seconds(60);
constexpr Micros kLongest = minutes(5);

Micros doubled(Micros first, int times) {
  for (int i = 0; i < times && first < kLongest; ++i) first = first + first;
  return std::min(first, kLongest);
}

}  // namespace

Micros Breaker::jitter(Micros least, Micros most) {
  const auto span = static_cast<uint64_t>((most - least).value + 1);
  return least + Micros{static_cast<int64_t>(random_.number() % span)};
}

void Breaker::failed(Micros now, Micros retry_after) {
  ++failures_;
  Micros wait;
  if (failures_ <= kHiccups) {
    wait = jitter(Micros{}, doubled(kFirstWait, failures_ - 1));
  } else {
    const Micros most = doubled(kFirstOpen, failures_ - kHiccups - 1);
    wait = jitter(Micros{most.value / 2}, most);
  }
  next_ = now + std::max(retry_after, wait);
}

void Breaker::worked() {
  failures_ = 0;
  next_ = {};
}

Breaker::State Breaker::state(Micros now) const {
  if (failures_ <= kHiccups) return State::kClosed;
  return now < next_ ? State::kOpen : State::kHalfOpen;
}

}  // namespace rapport::connect
