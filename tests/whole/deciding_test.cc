#include "whole/deciding.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace rapport::whole {
namespace {

uint64_t number(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

// The state is a function of the log, whatever is declared and whenever. 60 seeds here, 1,000 by
// hand: RAPPORT_SEEDS=1000.
TEST(Deciding, WithPacksTheStateIsWhatTheLogSays) {
  const uint64_t first = number("RAPPORT_SEED", 1);
  const uint64_t count = number("RAPPORT_SEEDS", std::getenv("RAPPORT_SEED") ? 1 : 60);
  const auto zones = expr::open_system_zones().value();
  const decide::Engine engine(decide::first_basics(), zones.get());
  const auto packs = shipped_packs(RAPPORT_SOURCE_DIR "/packs");
  uint64_t cuts = 0;
  int64_t decided = 0, made = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(
        fmt::format("replay with: RAPPORT_SEED={} whole_test --gtest_filter=Deciding*", seed));
    Deciding world(seed, engine, packs);
    for (int i = 0; i < 200; ++i) world.live();
    world.settle();
    ASSERT_EQ(world.rebuild_difference(), "");
    cuts += world.power_cuts();
    decided += world.records(model::kTrace);
    made += world.records(model::kObject);
  }
  fmt::print("{} seeds, {} power cuts, {} steps with decisions, {} records made by packs\n", count,
             cuts, decided, made);
  EXPECT_GT(cuts, count);
}

}  // namespace
}  // namespace rapport::whole
