// Made-up customers who chat in three languages, from a seed: what the demo shows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace rapport {

struct DemoCall {
  Micros after;  // the start of the demo
  Json call;     // a tracking call, without time stamps
};

// Eight conversations over about 20 seconds, by time; three of them are escalated. The same seed
// gives the same calls. No message id repeats between seeds.
std::vector<DemoCall> demo_calls(uint64_t seed);

}  // namespace rapport
