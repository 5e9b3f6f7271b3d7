#include "flow/cache.h"

#include <gtest/gtest.h>

#include "testing/fakes.h"

namespace rapport::flow {
namespace {

using model::IndexEntry;
using model::Record;
using model::RecordKey;
using Answer = decide::Facts::Answer;

constexpr size_t kMany = 1'000'000;

RecordKey key(int n) {
  return {"contact", "con_" + std::to_string(n)};
}

Record contact(int n, std::initializer_list<const char*> emails) {
  Record record{key(n), {1}, {1}};
  Json list = Json::array();
  for (const char* email : emails) list.push_back(email);
  record.fields.set("emails", list).set("name", "N" + std::to_string(n));
  return record;
}

IndexEntry entry(const char* email) {
  return {"contact", "emails", email};
}

using Entries = std::vector<IndexEntry>;
using Ids = std::vector<std::string>;

struct Stored {
  TemporaryFolder folder;
  std::unique_ptr<store::State> state =
      store::open_sqlite_state(folder / "7.db", "", store::StateMode::kWrite).value();

  explicit Stored(const std::vector<Record>& records = {}) {
    store::Changes changes;
    for (const Record& r : records) changes.puts.push_back({r, {}, model::index_entries(r)});
    EXPECT_TRUE(state->apply(changes).ok());
  }
  // Gives what was written; its records are back in the cache.
  store::Changes write(Cache& cache) {
    store::Changes changes;
    cache.collect(changes);
    EXPECT_TRUE(state->apply(changes).ok());
    cache.written(changes);
    return changes;
  }
  std::optional<Record> find(int n) { return state->load(std::vector{key(n)}).value()[0]; }
};

void put(Cache& cache, std::vector<Record> records) {
  decide::Decisions decisions;
  decisions.puts = std::move(records);
  cache.absorb(decisions);
}

void remove(Cache& cache, int n) {
  decide::Decisions decisions;
  decisions.removals = {key(n)};
  cache.absorb(decisions);
}

Answer ask(const Cache& cache, int n) {
  const Record* record = nullptr;
  const Answer answer = cache.find("contact", key(n).id, &record);
  EXPECT_EQ(record != nullptr, answer == Answer::kThere);
  return answer;
}

Record get(const Cache& cache, int n) {
  const Record* record = nullptr;
  cache.find("contact", key(n).id, &record);
  return record ? *record : Record{};
}

std::optional<Ids> ids_with(const Cache& cache, const char* email) {
  Ids ids;
  if (!cache.ids_with(entry(email), &ids)) return std::nullopt;
  return ids;
}

void load(Cache& cache, std::vector<RecordKey> keys) {
  ASSERT_TRUE(cache.load(keys).ok());
}

TEST(Cache, DoesNotKnowARecordUntilItIsLoaded) {
  Stored stored({contact(1, {"a@x"})});
  Cache cache(*stored.state, kMany);
  EXPECT_EQ(ask(cache, 1), Answer::kNotLoaded);
  load(cache, {key(2), key(1), key(2)});
  EXPECT_EQ(get(cache, 1), contact(1, {"a@x"}));
  EXPECT_EQ(ask(cache, 2), Answer::kAbsent);
  EXPECT_EQ(ask(cache, 3), Answer::kNotLoaded);
  EXPECT_FALSE(cache.holds_all());
}

TEST(Cache, DoesNotAskTheStoreWhenItStartsEmpty) {
  Stored stored({contact(1, {"a@x"})});
  Cache cache(*stored.state, kMany);
  cache.starts_empty();
  EXPECT_EQ(ask(cache, 1), Answer::kAbsent);
  EXPECT_TRUE(cache.holds_all());
  put(cache, {contact(2, {"b@x"})});
  EXPECT_EQ(ask(cache, 2), Answer::kThere);
  stored.write(cache);
  EXPECT_EQ(ask(cache, 2), Answer::kThere);
  EXPECT_EQ(stored.find(2), contact(2, {"b@x"}));
  EXPECT_TRUE(cache.holds_all());
}

TEST(Cache, KeepsAnUnwrittenChangeWhenTheRecordIsLoadedAgain) {
  Stored stored({contact(1, {"a@x"})});
  Cache cache(*stored.state, kMany);
  load(cache, {key(1)});
  put(cache, {contact(1, {"b@x"})});
  load(cache, {key(1)});
  EXPECT_EQ(get(cache, 1), contact(1, {"b@x"}));
}

TEST(Cache, DropsRecordsBeyondItsSizeAndLoadsThemAgain) {
  Stored stored;
  Cache cache(*stored.state, 10);
  cache.starts_empty();
  for (int n = 0; n < 41; ++n) put(cache, {contact(n, {"a@x"})});
  stored.write(cache);
  EXPECT_FALSE(cache.holds_all());
  for (int n = 0; n < 41; ++n) EXPECT_EQ(ask(cache, n), Answer::kNotLoaded) << n;
  EXPECT_EQ(ask(cache, 1'000), Answer::kAbsent) << "never written";
  load(cache, {key(7), key(40)});
  EXPECT_EQ(get(cache, 7), contact(7, {"a@x"}));
  EXPECT_EQ(get(cache, 40), contact(40, {"a@x"}));
  put(cache, {contact(7, {"b@x"})});
  EXPECT_EQ(stored.write(cache).puts.at(0).entries_removed, Entries{entry("a@x")});
}

TEST(Cache, DropsWhatWasNotUsedForLongestFirst) {
  Stored stored;
  Cache cache(*stored.state, 10);
  cache.starts_empty();
  for (int n = 0; n < 12; ++n) put(cache, {contact(n, {})});
  stored.write(cache);
  EXPECT_EQ(ask(cache, 3), Answer::kThere);
  EXPECT_EQ(ask(cache, 5), Answer::kThere);
  put(cache, {contact(20, {}), contact(21, {}), contact(22, {})});
  stored.write(cache);
  for (int n : {3, 5, 20, 21, 22}) EXPECT_EQ(ask(cache, n), Answer::kThere) << n;
  for (int n : {0, 1, 2, 4, 11}) EXPECT_EQ(ask(cache, n), Answer::kNotLoaded) << n;
}

TEST(Cache, KnowsARemovedRecordIsGoneBeforeAndAfterTheWrite) {
  Stored stored({contact(1, {"a@x"})});
  Cache cache(*stored.state, kMany);
  load(cache, {key(1)});
  remove(cache, 1);
  EXPECT_EQ(ask(cache, 1), Answer::kAbsent);
  const auto written = stored.write(cache);
  EXPECT_EQ(written.removals.at(0).entries_removed, Entries{entry("a@x")});
  EXPECT_EQ(ask(cache, 1), Answer::kAbsent);
  EXPECT_EQ(stored.find(1), std::nullopt);
}

TEST(Cache, AnswersWhoHasAnEntryWithUnwrittenChanges) {
  Stored stored({contact(1, {"a@x"}), contact(2, {"a@x"})});
  Cache cache(*stored.state, kMany);
  EXPECT_EQ(ids_with(cache, "a@x"), std::nullopt);
  ASSERT_TRUE(cache.load(entry("a@x")).ok());
  EXPECT_EQ(ids_with(cache, "a@x"), (Ids{"con_1", "con_2"}));
  load(cache, {key(0), key(1), key(2)});
  put(cache, {contact(2, {"b@x"}), contact(0, {"b@x", "a@x"})});
  EXPECT_EQ(ids_with(cache, "a@x"), (Ids{"con_0", "con_1"}));
  EXPECT_EQ(ids_with(cache, "b@x"), std::nullopt) << "nobody loaded it";
  ASSERT_TRUE(cache.load(entry("b@x")).ok());
  EXPECT_EQ(ids_with(cache, "b@x"), (Ids{"con_0", "con_2"}));
  remove(cache, 1);
  EXPECT_EQ(ids_with(cache, "a@x"), Ids{"con_0"});
  put(cache, {contact(2, {"a@x"})});
  EXPECT_EQ(ids_with(cache, "a@x"), (Ids{"con_0", "con_2"}));
  stored.write(cache);
  EXPECT_EQ(ids_with(cache, "a@x"), std::nullopt) << "a write ends what was loaded";
  ASSERT_TRUE(cache.load(entry("a@x")).ok());
  EXPECT_EQ(ids_with(cache, "a@x"), (Ids{"con_0", "con_2"}));
}

TEST(Cache, FindsAllThatHaveAnEntryHoweverManyThereAre) {
  std::vector<Record> all;
  for (int n = 0; n < 2'001; ++n) all.push_back(contact(n, {"a@x"}));
  Stored stored(all);
  Cache cache(*stored.state, kMany);
  ASSERT_TRUE(cache.load(entry("a@x")).ok());
  EXPECT_EQ(ids_with(cache, "a@x")->size(), 2'001U);
}

TEST(Cache, CollectsOnlyTheEntriesThatDifferFromTheStoredOnes) {
  Stored stored({contact(1, {"a@x", "b@x"}), contact(2, {"a@x"}), contact(3, {"a@x"})});
  Cache cache(*stored.state, kMany);
  load(cache, {key(1), key(2), key(3), key(4)});
  Record renamed = contact(3, {"a@x"});
  renamed.fields.set("name", "other");
  put(cache, {contact(1, {"b@x", "c@x"}), contact(2, {"b@x"}), renamed, contact(4, {"d@x"})});
  put(cache, {contact(2, {"c@x"}), contact(4, {"e@x"})});
  EXPECT_EQ(cache.changed(), 4U);
  store::Changes changes;
  cache.collect(changes);
  ASSERT_EQ(changes.puts.size(), 4U);
  EXPECT_EQ(changes.puts[0].record, contact(1, {"b@x", "c@x"}));
  EXPECT_EQ(changes.puts[0].entries_removed, Entries{entry("a@x")});
  EXPECT_EQ(changes.puts[0].entries_added, Entries{entry("c@x")});
  EXPECT_EQ(changes.puts[1].entries_removed, Entries{entry("a@x")});
  EXPECT_EQ(changes.puts[1].entries_added, Entries{entry("c@x")});
  EXPECT_EQ(changes.puts[2].record, renamed);
  EXPECT_EQ(changes.puts[2].entries_removed, Entries{});
  EXPECT_EQ(changes.puts[2].entries_added, Entries{});
  EXPECT_EQ(changes.puts[3].entries_removed, Entries{});
  EXPECT_EQ(changes.puts[3].entries_added, Entries{entry("e@x")});
}

TEST(Cache, CollectsNoEntryThatWasTakenBack) {
  Stored stored({contact(1, {"a@x"})});
  Cache cache(*stored.state, kMany);
  load(cache, {key(1), key(2)});
  put(cache, {contact(1, {"b@x"}), contact(2, {"b@x"})});
  put(cache, {contact(1, {"a@x"})});
  remove(cache, 2);
  const auto written = stored.write(cache);
  ASSERT_EQ(written.puts.size(), 1U);
  EXPECT_EQ(written.puts[0].entries_removed, Entries{});
  EXPECT_EQ(written.puts[0].entries_added, Entries{});
  ASSERT_EQ(written.removals.size(), 1U);
  EXPECT_EQ(written.removals[0].entries_removed, Entries{});
}

TEST(Cache, HasItsRecordsBackAfterAWrite) {
  Stored stored({contact(1, {"a@x"}), contact(2, {"a@x"})});
  Cache cache(*stored.state, kMany);
  load(cache, {key(1), key(2), key(3)});
  put(cache, {contact(3, {"c@x"})});
  remove(cache, 2);
  put(cache, {contact(1, {"b@x"})});
  stored.write(cache);
  EXPECT_EQ(get(cache, 1), contact(1, {"b@x"}));
  EXPECT_EQ(ask(cache, 2), Answer::kAbsent);
  EXPECT_EQ(get(cache, 3), contact(3, {"c@x"}));
  for (int n : {1, 2, 3})
    EXPECT_EQ(ask(cache, n), stored.find(n) ? Answer::kThere : Answer::kAbsent);
  EXPECT_EQ(cache.changed(), 0U);
  put(cache, {contact(1, {"c@x"})});
  const auto written = stored.write(cache);
  ASSERT_EQ(written.puts.size(), 1U);
  EXPECT_EQ(written.puts[0].entries_removed, Entries{entry("b@x")});
}

TEST(Cache, ForgetsGivenEventsAndPagesAtTheEndOfTheStep) {
  Stored stored;
  Cache cache(*stored.state, kMany);
  EXPECT_EQ(cache.events("subject/1"), nullptr);
  cache.give_events("subject/1", std::vector<model::Event>(2));
  cache.give_page("contact", "", {{"con_1"}, "next"});
  EXPECT_EQ(cache.events("subject/1")->size(), 2U);
  EXPECT_EQ(cache.page("contact", "")->next, "next");
  EXPECT_EQ(cache.page("contact", "next"), nullptr);
  cache.end_step();
  EXPECT_EQ(cache.events("subject/1"), nullptr);
  EXPECT_EQ(cache.page("contact", ""), nullptr);
}

}  // namespace
}  // namespace rapport::flow
