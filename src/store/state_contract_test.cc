// What every store of folded state must do. D7: the stores agree, because each passes this.
#include "store/state_contract.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "simulation/sim_disk.h"
#include "simulation/sqlite_vfs.h"
#include "testing/fakes.h"

namespace rapport::store {
namespace {

using model::IndexEntry;
using model::Mark;
using model::Record;
using model::RecordKey;
using model::Timer;
using Order = PageRequest::Order;

class RealFolder final : public StatePlace {
 public:
  Result<std::unique_ptr<State>> open(StateMode mode) override {
    return open_sqlite_state(folder_ / "7.db", "", mode);
  }
  Result<std::unique_ptr<State>> open_snapshot(const std::string& path) override {
    return open_sqlite_state(path, "", StateMode::kRead);
  }
  std::string snapshot_path(const std::string& name) override { return folder_ / name; }
  std::string all_bytes() override {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
      std::ifstream in(file.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

 private:
  TemporaryFolder folder_;
};

class SimulatedDisk final : public StatePlace {
 public:
  Result<std::unique_ptr<State>> open(StateMode mode) override {
    return open_sqlite_state("/7.db", vfs_->name(), mode);
  }
  Result<std::unique_ptr<State>> open_snapshot(const std::string& path) override {
    return open_sqlite_state(path, vfs_->name(), StateMode::kRead);
  }
  std::string snapshot_path(const std::string& name) override { return "/" + name; }
  std::string all_bytes() override {
    std::string all;
    for (const std::string& path : disk_.files()) all += read_file(disk_, path).value();
    return all;
  }

 private:
  simulation::SimDisk disk_{1};
  ManualClock clock_;
  SeededRandom random_{2};
  std::unique_ptr<simulation::SqliteVfs> vfs_ =
      simulation::register_sqlite_vfs("contract", disk_, clock_, random_);
};

Record record(std::string type, std::string id, uint64_t created, uint64_t version = 0) {
  Record r;
  r.key = {std::move(type), std::move(id)};
  r.created = {created};
  r.version = {version == 0 ? created : version};
  return r;
}

PutRecord put(Record r, const Record* before = nullptr) {
  PutRecord change;
  const auto now = model::index_entries(r);
  const auto then = before == nullptr ? std::vector<IndexEntry>() : model::index_entries(*before);
  std::ranges::set_difference(then, now, std::back_inserter(change.entries_removed));
  std::ranges::set_difference(now, then, std::back_inserter(change.entries_added));
  change.record = std::move(r);
  return change;
}

RemovedRecord removal(const Record& r) {
  return {r.key, model::index_entries(r)};
}

Record contact(int n, uint64_t created, const std::string& email) {
  Record r = record("contact", "con_" + std::to_string(n), created);
  r.fields.set("emails", Json(Json::Array{Json(email)})).set("name", "N" + std::to_string(n));
  r.provenance.set("name", static_cast<int64_t>(created));
  return r;
}

std::vector<std::string> ids(const Page& page) {
  std::vector<std::string> out;
  for (const Record& r : page.records) out.push_back(r.key.id);
  return out;
}

class StateContract : public ::testing::TestWithParam<StateStore> {
 protected:
  void SetUp() override {
    place_ = GetParam().make();
    reopen();
  }
  void TearDown() override { state_.reset(); }
  void reopen() {
    state_.reset();
    auto opened = place_->open(StateMode::kWrite);
    ASSERT_TRUE(opened) << opened.error().message;
    state_ = std::move(*opened);
  }
  void apply(const Changes& changes) {
    const auto applied = state_->apply(changes);
    ASSERT_TRUE(applied) << applied.error().message;
  }
  void put_all(const std::vector<Record>& records) {
    Changes changes;
    for (const Record& r : records) changes.puts.push_back(put(r));
    apply(changes);
  }
  std::optional<Record> find(const RecordKey& key) {
    return state_->load(std::vector<RecordKey>{key}).value()[0];
  }
  Page list(PageRequest request) {
    auto page = state_->list(request);
    EXPECT_TRUE(page) << page.error().message;
    return page ? *page : Page{};
  }
  std::vector<std::string> with_entry(const std::string& field, const std::string& value) {
    return ids(list({"contact", field, value, "", 1000, Order::kOldest}));
  }
  std::vector<uint64_t> sequences(const std::string& list, uint64_t after, int limit, Order order) {
    std::vector<uint64_t> out;
    const std::vector<Posting> read = state_->postings(list, {after}, limit, order).value();
    for (const Posting& p : read) {
      EXPECT_EQ(p.position.value, p.sequence.value * 1000 + (p.sequence.value % 3) * 7);
      out.push_back(p.sequence.value);
    }
    return out;
  }
  Posting posting(const std::string& list, uint64_t sequence) {
    return {list, {sequence}, {sequence * 1000 + (sequence % 3) * 7}};
  }

  std::unique_ptr<StatePlace> place_;
  std::unique_ptr<State> state_;
};

TEST_P(StateContract, NewStateHasTheZeroCursor) {
  EXPECT_EQ(state_->cursor().value(), Cursor{});
  EXPECT_EQ(state_->count("contact").value(), 0);
  EXPECT_EQ(state_->next_due().value(), std::nullopt);
}

TEST_P(StateContract, CursorComesBackAfterReopening) {
  Changes changes;
  changes.cursor = {{42}, sha256({"x"}), {1'772'442'000'000'001}, {7ull << 32 | 99}, 3};
  apply(changes);
  EXPECT_EQ(state_->cursor().value(), changes.cursor);
  reopen();
  EXPECT_EQ(state_->cursor().value(), changes.cursor);
}

TEST_P(StateContract, RecordComesBackExactly) {
  Record r = record("contact", "con_ä'\"", 5, 9);
  r.fields.set("z", "last first").set("a", nullptr).set("f", 1.0).set("tiny", 1e-300);
  r.fields.set("big", INT64_MAX).set("low", INT64_MIN).set("text", "\"\\\n\x01 😀");
  r.fields.set("nested", Json::object().set("list", Json(Json::Array{Json(true), Json(0.1)})));
  r.provenance.set("z", 5);
  put_all({r});
  reopen();
  const auto back = find(r.key);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, r) << to_text(back->fields);
  EXPECT_TRUE(back->fields.find("f")->is_double());
}

TEST_P(StateContract, LoadsInTheOrderOfTheKeysWithGaps) {
  put_all(
      {contact(1, 1, "a@x.example"), contact(2, 2, "b@x.example"), record("account", "con_1", 3)});
  const std::vector<RecordKey> keys = {
      {"contact", "con_2"}, {"contact", "none"}, {"account", "con_1"}, {"contact", "con_2"}};
  const auto loaded = state_->load(keys).value();
  ASSERT_EQ(loaded.size(), 4U);
  EXPECT_EQ(loaded[0]->created, Sequence{2});
  EXPECT_FALSE(loaded[1]);
  EXPECT_EQ(loaded[2]->created, Sequence{3});
  EXPECT_EQ(loaded[3], loaded[0]);
  EXPECT_TRUE(state_->load({}).value().empty());
}

TEST_P(StateContract, PutReplacesARecordAndItsEntries) {
  const Record before = contact(1, 1, "old@x.example");
  Record after = contact(1, 1, "new@x.example");
  after.version = {8};
  put_all({before});
  Changes changes;
  changes.puts.push_back(put(after, &before));
  apply(changes);
  EXPECT_EQ(find(after.key), after);
  EXPECT_TRUE(with_entry("emails", "old@x.example").empty());
  EXPECT_EQ(with_entry("emails", "new@x.example"), std::vector<std::string>{"con_1"});
  EXPECT_EQ(state_->count("contact").value(), 1);
}

TEST_P(StateContract, RemovalTakesTheRecordAndItsEntries) {
  const Record r = contact(1, 1, "a@x.example");
  put_all({r, contact(2, 2, "a@x.example")});
  Changes changes;
  changes.removals.push_back(removal(r));
  changes.removals.push_back({{"contact", "never was"}, {}});
  apply(changes);
  EXPECT_FALSE(find(r.key));
  EXPECT_EQ(with_entry("emails", "a@x.example"), std::vector<std::string>{"con_2"});
  EXPECT_EQ(state_->count("contact").value(), 1);
  put_all({r});
  EXPECT_EQ(find(r.key), r);
  EXPECT_EQ(state_->count("contact").value(), 2);
}

TEST_P(StateContract, RecordMadeAnewUnderItsIdIsListedWhereItBelongsNow) {
  const Record before = contact(1, 1, "a@x.example");
  const Record after = contact(1, 50, "a@x.example");
  put_all({before, contact(2, 20, "a@x.example")});
  Changes changes;
  changes.puts.push_back(put(after, &before));
  apply(changes);
  EXPECT_EQ(with_entry("emails", "a@x.example"), (std::vector<std::string>{"con_2", "con_1"}));
  EXPECT_EQ(ids(list({"contact", "", "", "", 10, Order::kOldest})),
            (std::vector<std::string>{"con_2", "con_1"}));
}

TEST_P(StateContract, ListsInPagesByCreatedThenId) {
  std::vector<Record> all;
  for (int n = 0; n < 25; ++n) {
    all.push_back(contact(100 + n * 7 % 25, 10 + static_cast<uint64_t>(n) / 3, "same@x.example"));
  }
  put_all(all);
  put_all({record("account", "acc_1", 12)});
  std::ranges::sort(all, {}, [](const Record& r) { return std::pair(r.created, r.key.id); });
  for (const std::string field : {"", "emails"}) {
    for (const Order order : {Order::kOldest, Order::kNewest}) {
      PageRequest request{"contact", field, field.empty() ? "" : "same@x.example", "", 4, order};
      std::vector<std::string> seen;
      int pages = 0;
      do {
        const Page page = list(request);
        for (const auto& id : ids(page)) seen.push_back(id);
        request.after = page.next;
        ++pages;
      } while (!request.after.empty() && pages < 100);
      EXPECT_EQ(pages, 7);
      std::vector<std::string> expected;
      for (const Record& r : all) expected.push_back(r.key.id);
      if (order == Order::kNewest) std::ranges::reverse(expected);
      EXPECT_EQ(seen, expected);
    }
  }
}

TEST_P(StateContract, LastPageHasNoCursor) {
  put_all({contact(1, 1, "a@x.example"), contact(2, 2, "b@x.example")});
  EXPECT_TRUE(list({"contact", "", "", "", 2, Order::kNewest}).next.empty());
  EXPECT_FALSE(list({"contact", "", "", "", 1, Order::kNewest}).next.empty());
  EXPECT_TRUE(list({"contact", "emails", "none", "", 1, Order::kNewest}).next.empty());
}

TEST_P(StateContract, PageGoesOnAfterARowThatIsGone) {
  const std::vector<Record> all = {contact(1, 1, "a@x.example"), contact(2, 2, "b@x.example"),
                                   contact(3, 3, "c@x.example")};
  put_all(all);
  PageRequest request{"contact", "", "", "", 2, Order::kOldest};
  request.after = list(request).next;
  Changes changes;
  changes.removals.push_back(removal(all[1]));
  apply(changes);
  EXPECT_EQ(ids(list(request)), std::vector<std::string>{"con_3"});
}

TEST_P(StateContract, GarbledOrForeignCursorIsRefused) {
  put_all({contact(1, 1, "a@x.example"), contact(2, 2, "b@x.example")});
  PageRequest request{"contact", "", "", "", 1, Order::kNewest};
  const std::string good = list(request).next;
  std::vector<PageRequest> bad;
  for (const std::string text : {"x", "!!", "AAAA", "AQAAAAAAAAAAAAAAAA"}) {
    bad.push_back(request);
    bad.back().after = text;
  }
  for (size_t i = 0; i < good.size(); ++i) {
    bad.push_back(request);
    bad.back().after = good;
    bad.back().after[i] = good[i] == 'B' ? 'C' : 'B';
  }
  request.after = good;
  EXPECT_TRUE(state_->list(request));
  bad.push_back(request);
  bad.back().order = Order::kOldest;
  bad.push_back(request);
  bad.back().type = "account";
  for (const PageRequest& b : bad) {
    const auto page = state_->list(b);
    ASSERT_FALSE(page) << b.after;
    EXPECT_EQ(page.error().code, Code::kInvalid);
    EXPECT_NE(page.error().message.find("cursor"), std::string::npos);
  }
}

TEST_P(StateContract, LimitOutsideItsBoundsIsRefused) {
  for (int limit : {-1, 0, 1001}) {
    const auto page = state_->list({"contact", "", "", "", limit, Order::kNewest});
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().where, "limit");
  }
}

TEST_P(StateContract, TimersComeByDueThenIdAndMoveWhenArmedAgain) {
  const RecordKey key{"ticket", "tkt_1"};
  Changes changes;
  changes.timers = {{{300}, "c", key, "k"}, {{100}, "b", key, "k"}, {{100}, "a", key, "k"}};
  apply(changes);
  changes = {};
  changes.timers = {{{200}, "c", {"ticket", "tkt_2"}, "other"}};
  changes.timers_removed = {"b", "never was"};
  apply(changes);
  const std::vector<Timer> expected = {{{100}, "a", key, "k"},
                                       {{200}, "c", {"ticket", "tkt_2"}, "other"}};
  EXPECT_EQ(state_->timers_due({200}, 10).value(), expected);
  EXPECT_EQ(state_->timers_due({200}, 1).value().size(), 1U);
  EXPECT_EQ(state_->timers_due({199}, 10).value().size(), 1U);
  EXPECT_EQ(state_->next_due().value(), Micros{100});
}

TEST_P(StateContract, TimerRemovedAndArmedInOneBatchIsArmed) {
  Changes changes;
  changes.timers_removed = {"a"};
  changes.timers = {{{5}, "a", {"ticket", "t"}, "k"}};
  apply(changes);
  EXPECT_EQ(state_->next_due().value(), Micros{5});
}

TEST_P(StateContract, MarksComeOldestVersionFirstWithTheirAttempts) {
  const Mark a{"crm", {"contact", "a"}, {30}}, b{"crm", {"contact", "b"}, {10}},
      c{"crm", {"contact", "c"}, {20}}, other{"mail", {"contact", "a"}, {1}};
  Changes changes;
  changes.marks = {a, b, c, other};
  apply(changes);
  EXPECT_EQ(state_->next_attempt("crm").value(), Micros{0});
  ASSERT_TRUE(state_->set_attempt(c, {2, {500}, "overloaded: later"}));
  ASSERT_TRUE(state_->set_attempt({"crm", {"contact", "none"}, {1}}, {1, {1}, "x"}));
  EXPECT_EQ(state_->marks("crm", 10).value(), (std::vector<Mark>{b, c, a}));
  const auto early = state_->due_marks("crm", {499}, 10).value();
  ASSERT_EQ(early.size(), 2U);
  EXPECT_EQ(early[0].mark, b);
  EXPECT_EQ(early[1].mark, a);
  const auto due = state_->due_marks("crm", {500}, 2).value();
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[1].mark, c);
  EXPECT_EQ(due[1].attempt.count, 2);
  EXPECT_EQ(due[1].attempt.not_before, Micros{500});
  EXPECT_EQ(due[1].attempt.error, "overloaded: later");
}

TEST_P(StateContract, AttemptGoesWithItsMarkAndStaysWithANewVersion) {
  const Mark a{"crm", {"contact", "a"}, {1}}, a2{"crm", {"contact", "a"}, {2}};
  Changes changes;
  changes.marks = {a};
  apply(changes);
  ASSERT_TRUE(state_->set_attempt(a, {3, {900}, "e"}));
  changes.marks = {a2};
  apply(changes);
  EXPECT_EQ(state_->next_attempt("crm").value(), Micros{900});
  EXPECT_EQ(state_->due_marks("crm", {900}, 1).value()[0].mark, a2);
  changes = {};
  changes.marks_removed = {a};
  apply(changes);
  EXPECT_EQ(state_->next_attempt("crm").value(), Micros{900}) << "the older version is done";
  changes.marks_removed = {a2};
  apply(changes);
  EXPECT_EQ(state_->next_attempt("crm").value(), std::nullopt);
  changes = {};
  changes.marks = {a};
  apply(changes);
  EXPECT_EQ(state_->due_marks("crm", {0}, 1).value()[0].attempt.count, 0);
}

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

TEST_P(StateContract, ReaderSeesWhatTheWriterCommitted) {
  auto reader = place_->open(StateMode::kRead);
  ASSERT_TRUE(reader) << reader.error().message;
  put_all({contact(1, 1, "a@x.example")});
  EXPECT_TRUE((*reader)->load(std::vector<RecordKey>{{"contact", "con_1"}}).value()[0]);
  EXPECT_FALSE((*reader)->apply({})) << "a reader must not write";
}

TEST_P(StateContract, DigestIsOfTheStateNotOfItsHistory) {
  const Record a = contact(1, 1, "a@x.example"), b = contact(2, 2, "b@x.example");
  const Record detour = contact(2, 2, "detour@x.example");
  Changes changes;
  changes.timers = {{{5}, "t", a.key, "k"}};
  changes.marks = {{"crm", a.key, {1}}};
  changes.puts = {put(a), put(b)};
  apply(changes);
  const Hash straight = state_->digest().value();

  state_.reset();
  place_.reset();
  place_ = GetParam().make();
  reopen();
  put_all({detour});
  changes.puts = {put(b, &detour), put(a)};
  changes.postings = {posting("l", 1)};
  changes.cursor.sequence = {9};
  apply(changes);
  ASSERT_TRUE(state_->set_attempt({"crm", a.key, {1}}, {1, {1}, "e"}));
  ASSERT_TRUE(state_->scrub());
  EXPECT_EQ(state_->digest().value(), straight);
}

TEST_P(StateContract, DigestDiffersWhenAnyFoldedRowDiffers) {
  std::set<Hash> digests;
  const auto note = [&] { digests.insert(state_->digest().value()); };
  note();
  Record r = contact(1, 1, "a@x.example");
  put_all({r});
  note();
  r.version = {2};
  Changes changes;
  changes.puts = {{r, {}, {}}};
  apply(changes);
  note();
  changes.puts = {{r, {}, {{"contact", "phones", "+1"}}}};
  apply(changes);
  note();
  changes = {};
  changes.timers = {{{5}, "t", r.key, "k"}};
  apply(changes);
  note();
  changes.timers = {{{6}, "t", r.key, "k"}};
  apply(changes);
  note();
  changes.marks = {{"crm", r.key, {1}}};
  apply(changes);
  note();
  changes.marks = {{"crm", r.key, {2}}};
  apply(changes);
  note();
  EXPECT_EQ(digests.size(), 8U);
}

TEST_P(StateContract, DigestDoesNotDependOnTheOrderOfMembers) {
  Record r = record("account", "acc_1", 1);
  r.fields.set("a", 1).set("b", 2);
  put_all({r});
  const Hash first = state_->digest().value();
  r.fields = Json::object().set("b", 2).set("a", 1);
  put_all({r});
  EXPECT_EQ(state_->digest().value(), first);
}

TEST_P(StateContract, SnapshotIsTheStateOfItsMoment) {
  Changes changes;
  changes.cursor.sequence = {3};
  for (int n = 0; n < 500; ++n) changes.puts.push_back(put(contact(n, 1, "a@x.example")));
  apply(changes);
  const Hash then = state_->digest().value();
  const std::string path = place_->snapshot_path("base");
  const auto taken = state_->snapshot(path);
  ASSERT_TRUE(taken) << taken.error().message;
  put_all({contact(1000, 4, "later@x.example")});
  auto opened = place_->open_snapshot(path);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->digest().value(), then);
  EXPECT_EQ((*opened)->cursor().value().sequence, Sequence{3});
  EXPECT_NE(state_->digest().value(), then);
}

TEST_P(StateContract, CheckpointsRunBesideTheWriter) {
  for (uint64_t s = 1; s <= 30; ++s) {
    Changes changes;
    changes.cursor.sequence = {s};
    for (int n = 0; n < 50; ++n) {
      Record r = contact(static_cast<int>(s) * 50 + n, s, "a@x.example");
      changes.puts.push_back(put(r));
    }
    apply(changes);
    const auto moved = state_->checkpoint();
    ASSERT_TRUE(moved) << moved.error().message;
  }
  reopen();
  EXPECT_EQ(state_->count("contact").value(), 1500);
}

// L/erasure: no byte of what was removed stays in any file of the store.
TEST_P(StateContract, ScrubLeavesNoByteOfWhatWasRemoved) {
  SeededRandom random(11);
  std::map<int, Record> now;
  const auto canary = [&](int n) {
    std::string text;
    const auto times = 1 + random.below(80);
    for (uint64_t i = 0; i < times; ++i) text += "CANARY" + std::to_string(1'000'000 + n) + "X";
    return text;
  };
  for (int batch = 0; batch < 60; ++batch) {
    Changes changes;
    std::set<int> touched;
    for (int k = 0; k < 50; ++k) {
      const int n = random.chance(0.3) && !now.empty()
                        ? std::next(now.begin(), random.below(now.size()))->first
                        : batch * 50 + k;
      if (!touched.insert(n).second) continue;
      const std::string hash = to_text(Json(static_cast<int64_t>(random.number() >> 2)));
      Record r = record("contact", "con_" + hash, 1 + n);
      const auto before = now.find(n);
      if (before != now.end()) r.key = before->second.key;
      r.fields.set("emails", Json(Json::Array{Json(hash + canary(n).substr(0, 14))}));
      r.fields.set("name", canary(n));
      changes.puts.push_back(put(r, before == now.end() ? nullptr : &before->second));
      changes.timers.push_back({{n}, hash + canary(n).substr(0, 14), r.key, "k"});
      changes.postings.push_back(posting("CANARY" + std::to_string(1'000'000 + n) + "X",
                                         1 + static_cast<uint64_t>(batch)));
      now[n] = r;
    }
    apply(changes);
    if (batch % 20 == 19) {
      ASSERT_TRUE(state_->checkpoint());
    }
  }
  Changes changes;
  const std::vector<Timer> timers = state_->timers_due({1'000'000'000}, 1'000'000).value();
  for (const Timer& t : timers) changes.timers_removed.push_back(t.id);
  std::vector<int> gone;
  for (const auto& [n, r] : now) {
    if (!random.chance(0.2)) continue;
    gone.push_back(n);
    changes.removals.push_back(removal(r));
    changes.lists_removed.push_back("CANARY" + std::to_string(1'000'000 + n) + "X");
  }
  apply(changes);
  ASSERT_TRUE(state_->snapshot(place_->snapshot_path("base")));
  const auto scrubbed = state_->scrub();
  ASSERT_TRUE(scrubbed) << scrubbed.error().message;
  const std::string bytes = place_->all_bytes();
  std::set<int> found;
  for (size_t at = bytes.find("CANARY"); at != std::string::npos;
       at = bytes.find("CANARY", at + 1)) {
    if (bytes.size() > at + 13) found.insert(std::atoi(bytes.c_str() + at + 6) - 1'000'000);
  }
  EXPECT_GT(found.size(), now.size() / 2) << "the search must be able to find";
  for (int n : gone) EXPECT_FALSE(found.contains(n)) << n;
}

INSTANTIATE_TEST_SUITE_P(
    Sqlite, StateContract,
    ::testing::Values(StateStore{"RealFolder", [] { return std::make_unique<RealFolder>(); }},
                      StateStore{"SimulatedDisk",
                                 [] { return std::make_unique<SimulatedDisk>(); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace rapport::store
