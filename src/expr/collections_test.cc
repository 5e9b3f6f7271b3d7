#include "expr/collections.h"

#include <gtest/gtest.h>

#include <cmath>

#include "expr/registry.h"
#include "expr/zones.h"

namespace rapport::expr {
namespace {

TEST(Arena, StopsAtItsLimitAndStartsAnew) {
  Arena arena(10'000);
  EXPECT_TRUE(arena.string(std::string(5'000, 'x')).is(Kind::kString));
  EXPECT_TRUE(arena.string(std::string(6'000, 'x')).is_error());
  EXPECT_TRUE(arena.string(std::string(4'000, 'x')).is(Kind::kString));
  arena.reset();
  EXPECT_EQ(arena.used(), 0u);
  EXPECT_TRUE(arena.string(std::string(5'000, 'x')).is(Kind::kString));
  EXPECT_EQ(arena.array<Value>(SIZE_MAX / 16), nullptr);
}

TEST(Arena, MakesMapsThatFindTheirKeysHoweverMany) {
  Arena arena;
  for (const int64_t size : {0, 1, 8, 9, 100, 1000}) {
    std::vector<MapEntry> entries;
    for (int64_t i = 0; i < size; ++i) entries.push_back({Value::integer(i), Value::integer(-i)});
    const Value map = arena.map(entries);
    ASSERT_TRUE(map.is(Kind::kMap));
    for (int64_t i = 0; i < size; ++i) {
      EXPECT_EQ(map_find(map, Value::integer(i), arena).as_int(), -i);
      EXPECT_EQ(map_find(map, Value::real(static_cast<double>(i)), arena).as_int(), -i);
      EXPECT_EQ(map_find(map, Value::uint(static_cast<uint64_t>(i)), arena).as_int(), -i);
    }
    EXPECT_TRUE(map_find(map, Value::integer(size), arena).is_absent());
    EXPECT_TRUE(map_find(map, Value::real(0.5), arena).is_absent());
    entries.push_back({Value::integer(0), Value::null()});
    EXPECT_EQ(arena.map(entries).is_error(), size > 0);
  }
}

TEST(Arena, MergesUnknownsWithoutRepeatingThem) {
  Arena arena;
  const Value a = arena.missing("a"), b = arena.missing("b");
  Value all = arena.merge_unknown(a, b);
  for (int i = 0; i < 10'000; ++i) all = arena.merge_unknown(all, i % 2 == 0 ? a : b);
  EXPECT_EQ(missing_paths(all), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(all.is_absent());
}

TEST(Comparing, PutsAllNumbersOnOneLine) {
  const Value big = Value::uint(UINT64_MAX), low = Value::integer(INT64_MIN);
  EXPECT_TRUE(compare_numbers(low, big) < 0);
  EXPECT_TRUE(compare_numbers(big, low) > 0);
  EXPECT_TRUE(compare_numbers(Value::integer(1), Value::real(1.5)) < 0);
  EXPECT_TRUE(compare_numbers(Value::real(1.0), Value::uint(1)) == 0);
  EXPECT_TRUE(compare_numbers(Value::real(std::nan("")), Value::integer(1)) ==
              std::partial_ordering::unordered);
}

TEST(Comparing, SpendsTheBudgetOnValuesThatShareTheirParts) {
  Arena arena;
  Budget budget(1'000);
  Call call{arena, budget};
  Value value = Value::integer(1);
  for (int i = 0; i < 60; ++i) {
    const Value twice[] = {value, value};
    value = arena.list(twice);
  }
  EXPECT_TRUE(equal(value, value, call).is_error());
}

TEST(Zones, AnswersForTimesTheClocksSkipOrRepeat) {
  const auto zones = open_system_zones();
  ASSERT_TRUE(zones.ok()) << zones.error().message;
  const auto berlin = find_zone("Europe/Berlin", zones->get());
  ASSERT_NE(berlin, nullptr);
  const int64_t skip = 1774746000;  // 2026-03-29T01:00:00Z
  EXPECT_EQ(berlin->offset(skip - 1), 3600);
  EXPECT_EQ(berlin->offset(skip), 7200);
  EXPECT_EQ(berlin->to_utc(skip + 3600 + 900), skip);                   // 02:15 does not exist
  const int64_t repeat = 1792890000;                                    // 2026-10-25T01:00:00Z
  EXPECT_EQ(berlin->to_utc(repeat + 3600 + 900), repeat - 3600 + 900);  // the first 02:15
  EXPECT_EQ((*zones)->version().size(), 16u);
  EXPECT_EQ((*zones)->version(), open_system_zones().value()->version());
  EXPECT_EQ(find_zone("Europe/Nowhere", zones->get()), nullptr);
  EXPECT_EQ(find_zone("Europe/Berlin", nullptr), nullptr);
  EXPECT_NE(find_zone("-09:30", nullptr), nullptr);
}

}  // namespace
}  // namespace rapport::expr
