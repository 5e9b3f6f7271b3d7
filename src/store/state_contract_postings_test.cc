// Posting lists of the contract.
#include "simulation/state_contract_fixture.h"

namespace rapport::store {
namespace {

TEST_P(StateContract, PostingsAreReadFromBothEnds) {
  std::vector<uint64_t> all;
  for (uint64_t s = 1; s <= 300; ++s) {
    Changes changes;
    changes.postings = {posting("subject/1", 2 * s), posting("subject/2", 2 * s + 1)};
    if (s == 7) {  // many of one list at once, in no order
      for (uint64_t k = 300; k > 7; --k) changes.postings.push_back(posting("other", k));
    }
    apply(changes);
    all.push_back(2 * s);
  }
  EXPECT_EQ(sequences("subject/1", 0, 1000, Order::kOldest), all);
  for (uint64_t after : {0, 1, 2, 127, 128, 129, 130, 258, 599, 600, 601}) {
    std::vector<uint64_t> later, earlier;
    for (uint64_t s : all) {
      if (s > after) later.push_back(s);
      if (after == 0 || s < after) earlier.insert(earlier.begin(), s);
    }
    if (later.size() > 70) later.resize(70);
    if (earlier.size() > 70) earlier.resize(70);
    EXPECT_EQ(sequences("subject/1", after, 70, Order::kOldest), later) << after;
    EXPECT_EQ(sequences("subject/1", after, 70, Order::kNewest), earlier) << after;
  }
  EXPECT_EQ(sequences("other", 0, 1000, Order::kOldest).size(), 293U);
  EXPECT_TRUE(sequences("none", 0, 10, Order::kOldest).empty());
}

TEST_P(StateContract, EventFiledLateOrTwiceFindsItsPlace) {
  for (uint64_t s = 1; s <= 200; s += 2) {
    Changes changes;
    changes.postings = {posting("l", s)};
    apply(changes);
  }
  Changes changes;
  for (uint64_t s = 2; s <= 201; ++s) changes.postings.push_back(posting("l", s));
  apply(changes);
  std::vector<uint64_t> all(201);
  for (uint64_t s = 1; s <= 201; ++s) all[s - 1] = s;
  EXPECT_EQ(sequences("l", 0, 1000, Order::kOldest), all);
}

TEST_P(StateContract, SameEventFiledAgainAndAgainIsThereOnce) {
  const std::string list(700, 'l');
  for (int n = 0; n < 300; ++n) {
    Changes changes;
    changes.postings = {posting(list, 5), posting(list, 5)};
    apply(changes);
  }
  EXPECT_EQ(sequences(list, 0, 10, Order::kOldest), std::vector<uint64_t>{5});
}

// Long names make a store that gathers events before it files them do so often.
TEST_P(StateContract, ListsKeepEveryEventWhateverTheOrder) {
  SeededRandom random(5);
  std::map<std::string, std::set<uint64_t>> expected;
  const auto name = [](uint64_t n) { return std::string(400, 'l') + std::to_string(n); };
  for (uint64_t step = 1; step <= 600; ++step) {
    Changes changes;
    if (random.chance(0.02)) {
      changes.lists_removed = {name(random.below(8))};
      expected.erase(changes.lists_removed[0]);
    }
    for (uint64_t k = random.below(12); k > 0; --k) {
      const std::string list = name(random.below(8));
      const uint64_t late = random.chance(0.03) ? random.below(step * 10) : 0;
      changes.postings.push_back(posting(list, step * 10 + random.below(10) - late));
      expected[list].insert(changes.postings.back().sequence.value);
    }
    apply(changes);
    const std::string list = name(random.below(8));
    const auto& all = expected[list];
    ASSERT_EQ(sequences(list, 0, 100'000, Order::kOldest),
              std::vector<uint64_t>(all.begin(), all.end()));
    const uint64_t after = random.below(step * 10 + 1);
    std::vector<uint64_t> some(all.lower_bound(after == 0 ? 0 : after + 1), all.end());
    if (some.size() > 20) some.resize(20);
    ASSERT_EQ(sequences(list, after, 20, Order::kOldest), some);
    some.assign(std::make_reverse_iterator(after == 0 ? all.end() : all.lower_bound(after)),
                all.rend());
    if (some.size() > 20) some.resize(20);
    ASSERT_EQ(sequences(list, after, 20, Order::kNewest), some);
  }
}

TEST_P(StateContract, RemovedListIsEmptyAndCanBeginAnew) {
  Changes changes;
  for (uint64_t s = 1; s <= 200; ++s) changes.postings.push_back(posting("l", s));
  changes.postings.push_back(posting("kept", 5));
  apply(changes);
  changes = {};
  changes.lists_removed = {"l", "never was"};
  changes.postings = {posting("l", 150)};
  apply(changes);
  EXPECT_EQ(sequences("l", 0, 1000, Order::kOldest), std::vector<uint64_t>{150});
  EXPECT_EQ(sequences("kept", 0, 1000, Order::kOldest), std::vector<uint64_t>{5});
  changes.postings.clear();
  apply(changes);
  EXPECT_TRUE(sequences("l", 0, 1000, Order::kOldest).empty());
}

}  // namespace
}  // namespace rapport::store
