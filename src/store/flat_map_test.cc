#include "store/flat_map.h"

#include <gtest/gtest.h>

#include <unordered_map>

#include "base/random.h"
#include "store/recent_map.h"
#include "testing/fakes.h"

namespace rapport::store {
namespace {

struct Spread {
  size_t operator()(uint64_t n) const { return n * 0x9E3779B97F4A7C15ULL; }
};
struct SameForAll {
  size_t operator()(uint64_t) const { return ~size_t{0}; }
};
using Numbers = FlatMap<uint64_t, uint64_t, Spread>;

TEST(FlatMap, HoldsWhatAnOrdinaryMapHolds) {
  SeededRandom random(7);
  Numbers map;
  std::unordered_map<uint64_t, uint64_t> expected;
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t key = random.below(20'000), value = random.below(1'000'000);
    switch (random.below(8)) {
      case 0:
        map.erase(key);
        expected.erase(key);
        break;
      case 1: {
        const uint64_t* found = map.find(key);
        ASSERT_EQ(found != nullptr, expected.contains(key));
        if (found != nullptr) ASSERT_EQ(*found, expected[key]);
        break;
      }
      default:
        map.put(key, value);
        expected[key] = value;
    }
    ASSERT_EQ(map.size(), expected.size());
  }
  size_t seen = 0;
  map.each([&](uint64_t key, uint64_t value) {
    ++seen;
    EXPECT_EQ(expected.at(key), value);
  });
  EXPECT_EQ(seen, expected.size());
}

TEST(FlatMap, FindsEntriesWhoseHashesAreAllTheSame) {
  FlatMap<uint64_t, uint64_t, SameForAll> map;
  for (uint64_t n = 0; n < 100; ++n) map.put(n, n * 2);
  map.erase(50);
  for (uint64_t n = 0; n < 100; ++n) {
    const uint64_t* found = map.find(n);
    ASSERT_EQ(found != nullptr, n != 50);
    if (found != nullptr) EXPECT_EQ(*found, n * 2);
  }
  EXPECT_EQ(map.find(100), nullptr);
}

TEST(FlatMap, TakesAsManyEntriesAsItWasMadeForAndMore) {
  Numbers map(112);
  for (uint64_t n = 0; n < 1000; ++n) map.put(n, n);
  EXPECT_EQ(map.size(), 1000u);
  map.erase_if([](uint64_t key, uint64_t) { return key % 2 == 0; });
  EXPECT_EQ(map.size(), 500u);
  EXPECT_EQ(map.find(4), nullptr);
  EXPECT_NE(map.find(5), nullptr);
  map.clear();
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.find(5), nullptr);
}

TEST(FlatMap, IsEmptyAfterItWasMovedFrom) {
  Numbers map;
  map.put(1, 2);
  Numbers other = std::move(map);
  EXPECT_NE(other.find(1), nullptr);
  EXPECT_EQ(map.size(), 0u);  // NOLINT: that is the point
  map.put(3, 4);
  EXPECT_NE(map.find(3), nullptr);
}

TEST(RecentMap, KeepsWhatWasUsedLately) {
  RecentMap<uint64_t, uint64_t, Spread> map(20);
  for (uint64_t n = 0; n < 1000; ++n) {
    map.put(n, n);
    ASSERT_NE(map.find(0), nullptr) << "asked for all the time, after " << n;
    if (n >= 2) ASSERT_NE(map.find(n - 2), nullptr);
  }
  EXPECT_EQ(map.find(900), nullptr);
}

TEST(RecentMap, ForgetsInBothHalves) {
  RecentMap<uint64_t, uint64_t, Spread> map(4);
  for (uint64_t n = 0; n < 4; ++n) map.put(n, n);
  map.erase(0);
  map.erase_if([](uint64_t key, uint64_t) { return key == 3; });
  EXPECT_EQ(map.find(0), nullptr);
  EXPECT_EQ(map.find(3), nullptr);
  EXPECT_NE(map.find(2), nullptr);
}

}  // namespace
}  // namespace rapport::store
