#include "store/sqlite/slots.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "store/sqlite/posting_table.h"
#include "store/sqlite/record_table.h"
#include "testing/fakes.h"

namespace rapport::store {
namespace {

// Slots are part of the file's format.
TEST(HomeSlot, IsTheSameForEver) {
  EXPECT_EQ(home_slot("contact", "con_1"), 2420274027769458835);
  EXPECT_EQ(home_slot("subject/17"), 3326809648191831986);
}

TEST(HomeSlot, KeepsThePartsApart) {
  EXPECT_NE(home_slot("ab", "c"), home_slot("a", "bc"));
  EXPECT_NE(home_slot("a"), home_slot("", "a"));
  EXPECT_GE(home_slot("a"), 0);
}

// Every key in one of three slots: what happens once in a lifetime happens all the time.
class CrowdedSlots : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ =
        Database::open(folder_ / "t.db", "", {"journal_mode=WAL", "synchronous=OFF"}).value();
    ASSERT_TRUE(database_->run_script(RecordTable::schema()));
    ASSERT_TRUE(database_->run_script(PostingTable::schema()));
  }
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(CrowdedSlots, KeepEveryRecord) {
  RecordTable table(*database_, [](std::string_view, std::string_view id) {
    return static_cast<int64_t>(id.size() % 3 + static_cast<size_t>(id.back()) % 2);
  });
  SeededRandom random(9);
  std::map<std::string, model::Record> expected;
  for (uint64_t step = 1; step <= 400; ++step) {
    const std::string id = std::to_string(random.below(60));
    if (random.chance(0.4)) {
      ASSERT_TRUE(table.apply({{RemovedRecord{{"contact", id}, {}}}}, {}));
      expected.erase(id);
    } else {
      PutRecord put;
      put.record.key = {"contact", id};
      put.record.created = {expected.contains(id) ? expected[id].created.value : step};
      put.record.version = {step};
      ASSERT_TRUE(table.apply({}, {{put}}));
      expected[id] = put.record;
    }
    ASSERT_EQ(table.count("contact").value(), static_cast<int64_t>(expected.size()));
    if (step % 20 != 0) continue;
    std::set<std::string> seen;
    ASSERT_TRUE(table.each_record([&](const model::Record& r) {
      EXPECT_EQ(r, expected[r.key.id]);
      EXPECT_TRUE(seen.insert(r.key.id).second);
    }));
    EXPECT_EQ(seen.size(), expected.size());
    for (int n = 0; n < 60; ++n) {
      const std::vector<model::RecordKey> key = {{"contact", std::to_string(n)}};
      const auto found = table.load(key).value();
      ASSERT_EQ(found[0].has_value(), expected.contains(key[0].id)) << n;
    }
  }
}

TEST_F(CrowdedSlots, KeepEveryList) {
  PostingTable table(*database_,
                     [](std::string_view name) { return static_cast<int64_t>(name.size() % 2); });
  SeededRandom random(9);
  std::map<std::string, std::vector<uint64_t>> expected;
  for (uint64_t step = 1; step <= 3000; ++step) {
    const std::string name = "l" + std::to_string(random.below(14));
    if (random.chance(0.01)) {
      ASSERT_TRUE(table.apply({{name}}, {}));
      expected.erase(name);
    } else {
      ASSERT_TRUE(table.apply({}, {{Posting{name, {step}, {step * 100}}}}));
      expected[name].push_back(step);
    }
  }
  for (int n = 0; n < 14; ++n) {
    const std::string name = "l" + std::to_string(n);
    const auto read = table.read(name, {0}, 5000, PageRequest::Order::kOldest).value();
    std::vector<uint64_t> sequences;
    for (const Posting& p : read) sequences.push_back(p.sequence.value);
    EXPECT_EQ(sequences, expected[name]) << name;
  }
}

TEST(Packing, GivesBackAnyEvents) {
  const std::vector<Filed> events = {
      {{1}, {0}}, {{2}, {UINT64_MAX}}, {{900}, {5}}, {{INT64_MAX}, {7ull << 32}}};
  EXPECT_EQ(unpack(pack(events)), events);
  EXPECT_EQ(unpack(""), std::vector<Filed>());
}

TEST(Packing, RefusesWhatItDidNotWrite) {
  for (const std::string_view bytes : {"\x80", "\x01", "\x01\x80"}) {
    EXPECT_EQ(unpack(bytes), std::nullopt);
  }
  EXPECT_EQ(unpack(std::string_view("\0\1", 2)), std::nullopt) << "no two events are the same";
}

}  // namespace
}  // namespace rapport::store
