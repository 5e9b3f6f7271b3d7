#include "flow/timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "testing/fakes.h"

namespace rapport::flow {
namespace {

using model::Timer;

Timer timer(int64_t due, std::string id) {
  return {{due}, std::move(id), {"ticket", "tkt_1"}, "kind"};
}

struct Stored {
  TemporaryFolder folder;
  std::unique_ptr<store::State> state =
      store::open_sqlite_state(folder / "7.db", "", store::StateMode::kWrite).value();

  explicit Stored(std::vector<Timer> timers = {}) {
    store::Changes changes;
    changes.timers = std::move(timers);
    EXPECT_TRUE(state->apply(changes).ok());
  }
  void write(Timers& timers) {
    store::Changes changes;
    timers.collect(changes);
    EXPECT_TRUE(state->apply(changes).ok());
    timers.written();
  }
};

std::vector<std::string> due(Timers& timers, int64_t until) {
  std::vector<std::string> ids;
  const std::vector<Timer> found = timers.due({until}).value();
  for (const Timer& t : found) ids.push_back(t.id);
  return ids;
}

using Ids = std::vector<std::string>;

TEST(Timers, ComeByDueThenIdWhetherStoredOrNot) {
  Stored stored({timer(20, "b"), timer(10, "d"), timer(31, "f")});
  Timers timers(*stored.state);
  timers.change({timer(20, "a"), timer(10, "e"), timer(10, "c"), timer(31, "g")}, {});
  EXPECT_EQ(due(timers, 9), Ids{});
  EXPECT_EQ(due(timers, 10), (Ids{"c", "d", "e"}));
  EXPECT_EQ(due(timers, 30), (Ids{"c", "d", "e", "a", "b"}));
  EXPECT_EQ(timers.due({10}).value().front(), timer(10, "c"));
  stored.write(timers);
  EXPECT_EQ(due(timers, 31), (Ids{"c", "d", "e", "a", "b", "f", "g"}));
}

TEST(Timers, MoveWhenArmedAgain) {
  for (const bool looked_before : {false, true}) {
    for (const bool written_before : {false, true}) {
      Stored stored({timer(10, "later"), timer(30, "sooner")});
      Timers timers(*stored.state);
      timers.change({timer(11, "unwritten later"), timer(31, "unwritten sooner")}, {});
      if (looked_before) due(timers, 20);
      if (written_before) stored.write(timers);
      timers.change({timer(40, "later"), timer(20, "sooner"), timer(41, "unwritten later"),
                     timer(21, "unwritten sooner")},
                    {});
      EXPECT_EQ(due(timers, 39), (Ids{"sooner", "unwritten sooner"}));
      stored.write(timers);
      EXPECT_EQ(due(timers, 50), (Ids{"sooner", "unwritten sooner", "later", "unwritten later"}));
      Timers again(*stored.state);
      EXPECT_EQ(due(again, 50), due(timers, 50));
    }
  }
}

TEST(Timers, AreGoneWhenDisarmed) {
  for (const bool looked_before : {false, true}) {
    Stored stored({timer(10, "a"), timer(20, "b")});
    Timers timers(*stored.state);
    timers.change({timer(11, "c"), timer(12, "d")}, {});
    if (looked_before) due(timers, 30);
    timers.change({}, {"a", "c", "never was"});
    EXPECT_EQ(due(timers, 30), (Ids{"d", "b"}));
    stored.write(timers);
    EXPECT_EQ(due(timers, 30), (Ids{"d", "b"}));
    Timers again(*stored.state);
    EXPECT_EQ(due(again, 30), (Ids{"d", "b"}));
  }
}

TEST(Timers, DisarmedAndArmedAtOnceAreArmed) {
  Stored stored({timer(10, "a")});
  Timers timers(*stored.state);
  timers.change({timer(20, "a")}, {"a"});
  EXPECT_EQ(due(timers, 19), Ids{});
  EXPECT_EQ(due(timers, 20), Ids{"a"});
  stored.write(timers);
  EXPECT_EQ(stored.state->timers_due(Micros{INT64_MAX}, 1)->front().due, Micros{20});
}

TEST(Timers, TellWhenTheNextIsDueOfAll) {
  Stored stored;
  Timers timers(*stored.state);
  EXPECT_EQ(timers.next_due().value(), std::nullopt);
  timers.change({timer(50, "unwritten")}, {});
  EXPECT_EQ(timers.next_due().value(), Micros{50});
  stored.write(timers);
  EXPECT_EQ(timers.next_due().value(), Micros{50});
  timers.change({timer(40, "sooner")}, {});
  EXPECT_EQ(timers.next_due().value(), Micros{40});
  due(timers, 45);
  EXPECT_EQ(timers.next_due().value(), Micros{40}) << "until it is disarmed";
  timers.change({}, {"sooner"});
  EXPECT_EQ(timers.next_due().value(), Micros{50});
  timers.change({timer(60, "unwritten")}, {});
  EXPECT_EQ(timers.next_due().value(), Micros{60});
}

TEST(Timers, TellTheNextOfManyThatWereNotLookedAtYet) {
  std::vector<Timer> many;
  for (int i = 0; i < 5'000; ++i) many.push_back(timer(100, "t" + std::to_string(i)));
  Stored stored(many);
  Timers timers(*stored.state);
  EXPECT_EQ(due(timers, 50), Ids{});
  timers.change({timer(200, "later")}, {});
  EXPECT_EQ(timers.next_due().value(), Micros{100});
  EXPECT_EQ(due(timers, 100).size(), 5'000U);
}

TEST(Timers, AllComeThatAreDueAtOneInstant) {
  std::vector<Timer> half, other;
  for (int i = 0; i < 20'000; ++i)
    (i % 2 ? half : other).push_back(timer(100, "t" + std::to_string(i)));
  Stored stored(half);
  Timers timers(*stored.state);
  EXPECT_TRUE(due(timers, 99).empty());
  timers.change(other, {});
  EXPECT_TRUE(due(timers, 99).empty());
  EXPECT_EQ(due(timers, 100).size(), 20'000U);
}

// What a workspace goes through: each step fires what is due, and arms, moves and disarms others.
class Walk {
 public:
  explicit Walk(int64_t events_per_write) : events_per_write_(events_per_write) {
    std::vector<Timer> sparse;
    for (int i = 0; i < 5'000; ++i) sparse.push_back(timer(any_time(), "stored" + number()));
    for (const Timer& t : sparse) expected_.emplace(std::pair(t.due, t.id), t);
    store::Changes changes;
    changes.timers = std::move(sparse);
    EXPECT_TRUE(stored_.state->apply(changes).ok());
    step(0);
    for (int i = 0; i < 45'000; ++i) arm("unwritten" + number(), any_time());
  }

  // How many came, each in the first step at or after its time.
  size_t go() {
    for (int64_t now = 0; now <= kEnd; now += kEnd / 200) {
      step(now);
      if (testing::Test::HasFailure()) return 0;
      for (int i = 0; i < 20; ++i) arm("later" + number(), now + below(kEnd / 10));
      for (int i = 0; i < 20 && !expected_.empty(); ++i) {
        const auto some = expected_.lower_bound({Micros{any_time()}, ""});
        if (some == expected_.end() || some->first.first.value <= now) continue;
        const Timer moved = some->second;
        disarm(moved);
        if (i % 2 == 0) arm(moved.id, now + below(kEnd - now));
      }
      if (++steps_ % events_per_write_ == 0) write();
    }
    step(2 * kEnd);
    EXPECT_TRUE(expected_.empty());
    write();
    EXPECT_TRUE(stored_.state->timers_due(Micros{INT64_MAX}, 1)->empty());
    return came_;
  }

 private:
  static constexpr int64_t kEnd = 10'000;

  int64_t below(int64_t bound) {
    return static_cast<int64_t>(random_.below(static_cast<uint64_t>(std::max<int64_t>(bound, 1))));
  }
  int64_t any_time() { return below(kEnd); }
  std::string number() { return std::to_string(next_++); }
  void arm(const std::string& id, int64_t at) {
    timers_.change({timer(at, id)}, {});
    expected_.emplace(std::pair(Micros{at}, id), timer(at, id));
  }
  void disarm(const Timer& t) {
    timers_.change({}, {t.id});
    expected_.erase({t.due, t.id});
  }
  void write() {
    stored_.write(timers_);
    const auto next =
        expected_.empty() ? std::nullopt : std::optional(expected_.begin()->first.first);
    EXPECT_EQ(timers_.next_due().value(), next);
  }
  void step(int64_t now) {
    const std::vector<Timer> due = timers_.due({now}).value();
    auto next = expected_.begin();
    for (const Timer& t : due) {
      ASSERT_TRUE(next != expected_.end());
      ASSERT_EQ(t, next->second) << next->first.second;
      ++next;
    }
    ASSERT_TRUE(next == expected_.end() || next->first.first.value > now) << next->first.second;
    came_ += due.size();
    for (const Timer& t : due) disarm(t);
    if (!due.empty() && !expected_.empty()) {
      ASSERT_GT(expected_.begin()->first.first.value, now);
    }
  }

  SeededRandom random_{3};
  Stored stored_;
  Timers timers_{*stored_.state};
  std::map<std::pair<Micros, std::string>, Timer> expected_;
  int64_t events_per_write_;
  int64_t steps_ = 0;
  int64_t next_ = 0;
  size_t came_ = 0;
};

TEST(Timers, ComeWhenTheirTimeComesThoughTheWindowWasShortened) {
  EXPECT_GT(Walk(3).go(), 50'000U) << "written now and then";
  EXPECT_GT(Walk(1'000'000).go(), 50'000U) << "never written";
}

}  // namespace
}  // namespace rapport::flow
