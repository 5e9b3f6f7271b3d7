#include "flow/slots.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "testing/fakes.h"

namespace rapport::flow {
namespace {

using model::RecordKey;

RecordKey contact(int n) {
  return {"contact", "con_" + std::to_string(n)};
}

Slot* find(const Slots& slots, const RecordKey& key) {
  return slots.find(key.type, key.id);
}

TEST(Slots, FindsWhatWasAddedAndNothingElse) {
  Slots slots;
  Slot& added = slots.add(contact(1));
  EXPECT_EQ(added.key, contact(1));
  EXPECT_FALSE(added.record || added.dirty);
  EXPECT_EQ(find(slots, contact(1)), &added);
  EXPECT_EQ(find(slots, contact(2)), nullptr);
  EXPECT_EQ(slots.find("account", "con_1"), nullptr);
  EXPECT_EQ(slots.find("", ""), nullptr);
}

TEST(Slots, TellsApartWhereTheTypeEnds) {
  Slots slots;
  const std::vector<RecordKey> keys = {{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}};
  std::vector<Slot*> added;
  for (const auto& key : keys) added.push_back(&slots.add(key));
  for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(find(slots, keys[i]), added[i]);
}

TEST(Slots, StayFindableAndInTheirPlaceWhileTheIndexGrows) {
  Slots slots;
  std::vector<Slot*> added;
  for (int n = 0; n < 20'000; ++n) {
    added.push_back(&slots.add(contact(n)));
    ASSERT_EQ(find(slots, contact(n)), added.back()) << n;
  }
  EXPECT_EQ(slots.size(), 20'000U);
  for (int n = 0; n < 20'000; ++n) ASSERT_EQ(find(slots, contact(n)), added[n]) << n;
  for (int n = 20'000; n < 40'000; ++n) ASSERT_EQ(find(slots, contact(n)), nullptr) << n;
}

TEST(Slots, DropsOnlyWhatIsToGoAndLeavesTheRestInPlace) {
  Slots slots;
  std::vector<Slot*> added;
  for (int n = 0; n < 5'000; ++n) {
    added.push_back(&slots.add(contact(n)));
    added.back()->used = static_cast<uint64_t>(n);
  }
  slots.drop_if([](const Slot& slot) { return slot.used % 3 == 0; });
  EXPECT_EQ(slots.size(), 3'333U);
  for (int n = 0; n < 5'000; ++n) {
    Slot* const expected = n % 3 == 0 ? nullptr : added[n];
    ASSERT_EQ(find(slots, contact(n)), expected) << n;
    if (expected) {
      EXPECT_EQ(expected->used, static_cast<uint64_t>(n));
    }
  }
}

TEST(Slots, CanBeEmptiedAndFilledAgain) {
  Slots slots;
  for (int round = 0; round < 3; ++round) {
    for (int n = 0; n < 3'000; ++n) slots.add(contact(n));
    slots.drop_if([](const Slot&) { return true; });
    EXPECT_EQ(slots.size(), 0U);
    EXPECT_TRUE(slots.all().empty());
    EXPECT_EQ(find(slots, contact(1)), nullptr);
  }
}

TEST(Slots, FollowARandomHistory) {
  SeededRandom random(5);
  Slots slots;
  std::map<int, Slot*> expected;
  for (int step = 0; step < 20'000; ++step) {
    const int n = static_cast<int>(random.below(4'000));
    if (!expected.contains(n)) expected[n] = &slots.add(contact(n));
    expected[n]->used = static_cast<uint64_t>(step);
    if (step % 1'000 == 999) {
      const auto from = static_cast<uint64_t>(step) - random.below(1'000);
      slots.drop_if([&](const Slot& slot) { return slot.used < from; });
      std::erase_if(expected, [&](const auto& known) {
        return !std::ranges::any_of(slots.all(),
                                    [&](const auto& slot) { return slot.get() == known.second; });
      });
    }
    const int other = static_cast<int>(random.below(4'000));
    ASSERT_EQ(find(slots, contact(other)), expected.contains(other) ? expected[other] : nullptr);
    ASSERT_EQ(slots.size(), expected.size());
  }
}

TEST(HashOf, SpreadsKeysThatDifferLittleOverItsUpperAndLowerBits) {
  std::set<uint64_t> hashes;
  std::vector<int> low(64), high(64);
  for (int n = 0; n < 64'000; ++n) {
    const uint64_t hash = hash_of("contact", "con_" + std::to_string(n));
    hashes.insert(hash);
    ++low[hash & 63];
    ++high[hash >> 58];
  }
  EXPECT_EQ(hashes.size(), 64'000U);
  for (const auto& counts : {low, high}) {
    EXPECT_GT(std::ranges::min(counts), 850);
    EXPECT_LT(std::ranges::max(counts), 1'150);
  }
}

}  // namespace
}  // namespace rapport::flow
