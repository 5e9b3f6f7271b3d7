#include "whole/spine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace rapport::whole {
namespace {

uint64_t number(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

// CH-10, KU-11, KU-12 end to end. 200 seeds here, 1,000 by hand: RAPPORT_SEEDS=1000.
TEST(Spine, EndsWithLogStateAndCrmAsTheCustomersRememberIt) {
  const uint64_t first = number("RAPPORT_SEED", 1);
  const uint64_t count = number("RAPPORT_SEEDS", std::getenv("RAPPORT_SEED") ? 1 : 200);
  uint64_t cuts = 0, lost = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(fmt::format("replay with: RAPPORT_SEED={} whole_test", seed));
    Spine spine(seed);
    for (int i = 0; i < 150; ++i) spine.live();
    ASSERT_EQ(spine.settle(), "");
    const auto differences = spine.differences();
    ASSERT_TRUE(differences.empty())
        << differences.front() << " and " << differences.size() - 1 << " more";
    cuts += spine.power_cuts();
    lost += spine.lost_answers();
  }
  fmt::print("{} seeds, {} power cuts, {} lost answers\n", count, cuts, lost);
  EXPECT_GT(cuts, count);
  EXPECT_GT(lost, count);
}

}  // namespace
}  // namespace rapport::whole
