// What every store of folded state must do. D7: the stores agree, because each passes this.
#include "simulation/state_contract_fixture.h"

namespace rapport::store {
namespace {

TEST_P(StateContract, NewStateHasTheZeroCursor) {
  EXPECT_EQ(state_->cursor().value(), Cursor{});
  EXPECT_EQ(state_->count("contact").value(), 0);
  EXPECT_TRUE(state_->timers_due(Micros{INT64_MAX}, 1).value().empty());
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
}

TEST_P(StateContract, TimerRemovedAndArmedInOneBatchIsArmed) {
  Changes changes;
  changes.timers_removed = {"a"};
  changes.timers = {{{5}, "a", {"ticket", "t"}, "k"}};
  apply(changes);
  EXPECT_EQ(state_->timers_due({5}, 1).value(), changes.timers);
}

MarkRequest due(int64_t now, int limit = 10) {
  return {.connection = "crm", .type = "contact", .now = {now}, .limit = limit};
}

TEST_P(StateContract, MarksComeOldestVersionFirstWithTheirAttempts) {
  const Mark a{"crm", {"contact", "a"}, {30}}, b{"crm", {"contact", "b"}, {10}},
      c{"crm", {"contact", "c"}, {20}}, other{"mail", {"contact", "a"}, {1}},
      ticket{"crm", {"ticket", "t"}, {5}};
  Changes changes;
  changes.marks = {a, b, c, other, ticket};
  apply(changes);
  EXPECT_EQ(state_->next_attempt("crm").value(), Micros{0});
  ASSERT_TRUE(state_->set_attempt(c, {2, {500}, "overloaded: later"}));
  ASSERT_TRUE(state_->set_attempt({"crm", {"contact", "none"}, {1}}, {1, {1}, "x"}));
  EXPECT_EQ(state_->marks("crm", 10).value(), (std::vector<Mark>{ticket, b, c, a}));
  EXPECT_EQ(state_->count_marks("crm").value(), 4);
  EXPECT_EQ(state_->count_marks("none").value(), 0);
  const auto early = state_->due_marks(due(499)).value();
  ASSERT_EQ(early.size(), 2U);
  EXPECT_EQ(early[0].mark, b);
  EXPECT_EQ(early[1].mark, a);
  const auto all = state_->due_marks(due(500, 2)).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].mark, c);
  EXPECT_EQ(all[1].attempt.count, 2);
  EXPECT_EQ(all[1].attempt.not_before, Micros{500});
  EXPECT_EQ(all[1].attempt.error, "overloaded: later");
}

TEST_P(StateContract, MarksAreReadOnFromTheLastOneSeen) {
  const Mark a{"crm", {"contact", "a"}, {7}}, b{"crm", {"contact", "b"}, {7}},
      c{"crm", {"contact", "c"}, {9}};
  Changes changes;
  changes.marks = {a, b, c};
  apply(changes);
  MarkRequest request = due(0, 2);
  EXPECT_EQ(state_->due_marks(request)->back().mark, b);
  request.after_version = {7};
  request.after_id = "a";
  const auto rest = state_->due_marks(request).value();
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].mark, b);
  EXPECT_EQ(rest[1].mark, c);
  request.after_version = {9};
  request.after_id = "c";
  EXPECT_TRUE(state_->due_marks(request)->empty());
}

TEST_P(StateContract, UrgentMarksAreReadApartAndTheLatestMarkSaysHowUrgent) {
  const Mark usual{"crm", {"contact", "a"}, {1}};
  Mark urgent = usual;
  urgent.urgency = model::Urgency::kUrgent;
  MarkRequest request = due(0);
  request.urgency = model::Urgency::kUrgent;
  Changes changes;
  changes.marks = {urgent};
  apply(changes);
  EXPECT_TRUE(state_->due_marks(due(0))->empty());
  ASSERT_EQ(state_->due_marks(request)->size(), 1U);
  EXPECT_EQ(state_->due_marks(request)->front().mark, urgent);
  changes.marks = {usual};
  apply(changes);
  EXPECT_TRUE(state_->due_marks(request)->empty());
  EXPECT_EQ(state_->due_marks(due(0))->front().mark, usual);
}

TEST_P(StateContract, MarksOfRecordsAreGivenDueOrNot) {
  const Mark a{"crm", {"contact", "a"}, {1}}, b{"crm", {"ticket", "b"}, {2}};
  Changes changes;
  changes.marks = {a, b, {"mail", {"contact", "a"}, {1}}};
  apply(changes);
  ASSERT_TRUE(state_->set_attempt(b, {1, {900}, "e"}));
  const std::vector<RecordKey> asked{{"ticket", "b"}, {"contact", "none"}, {"contact", "a"}};
  const auto marks = state_->marks_of("crm", asked).value();
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0].mark, b);
  EXPECT_EQ(marks[0].attempt.not_before, Micros{900});
  EXPECT_EQ(marks[1].mark, a);
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
  EXPECT_EQ(state_->due_marks(due(900))->at(0).mark, a2);
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
  EXPECT_EQ(state_->due_marks(due(0))->at(0).attempt.count, 0);
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
  changes.marks = {{"crm", r.key, {2}, model::Urgency::kUrgent}};
  apply(changes);
  note();
  EXPECT_EQ(digests.size(), 9U);
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
