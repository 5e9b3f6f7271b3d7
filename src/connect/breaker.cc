#include "connect/breaker.h"

#include <algorithm>

namespace rapport::connect {
namespace {

constexpr int kHiccups = 3;
constexpr Micros kFirstWait = seconds(1);
constexpr Micros kLeastOpen = seconds(50);
constexpr Micros kMostOpen = seconds(56);

}  // namespace

Micros Breaker::jitter(Micros least, Micros most) {
  const auto span = static_cast<uint64_t>((most - least).value + 1);
  return least + Micros{static_cast<int64_t>(random_.number() % span)};
}

void Breaker::failed(Micros now, Micros retry_after) {
  ++failures_;
  const Micros wait = failures_ <= kHiccups
                          ? jitter(Micros{}, Micros{kFirstWait.value << (failures_ - 1)})
                          : jitter(kLeastOpen, kMostOpen);
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
