#include "flow/write_behind.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <semaphore>

namespace rapport::flow {
namespace {

using model::Record;
using model::RecordKey;
using model::Timer;
using store::Changes;
using store::Page;
using store::PageRequest;
using store::Posting;

// Writes when told to, and notes whether it was asked for something while it wrote.
class SlowState final : public store::FoldedState {
 public:
  Result<void> apply(const Changes& changes) override {
    note();
    writing_ = true;
    may_write.acquire();
    writing_ = false;
    sequences.push_back(changes.cursor.sequence.value);
    if (fail) return Error{Code::kIo, "no room"};
    return {};
  }
  Result<store::Cursor> cursor() override { return answer<store::Cursor>(); }
  Result<std::vector<std::optional<Record>>> load(std::span<const RecordKey>) override {
    return answer<std::vector<std::optional<Record>>>();
  }
  Result<Page> list(const PageRequest&) override { return answer<Page>(); }
  Result<std::vector<Timer>> timers_due(Micros, int) override {
    return answer<std::vector<Timer>>();
  }
  Result<std::vector<Posting>> postings(const std::string&, Sequence, int,
                                        PageRequest::Order) override {
    return answer<std::vector<Posting>>();
  }

  std::counting_semaphore<> may_write{0};
  std::atomic<bool> fail{false};
  std::atomic<bool> asked_while_writing{false};
  std::atomic<int> questions{0};  // writes among them
  std::vector<uint64_t> sequences;

 private:
  void note() {
    if (writing_) asked_while_writing = true;
    ++questions;
  }
  template <class T>
  Result<T> answer() {
    note();
    return T{};
  }
  std::atomic<bool> writing_{false};
};

// A fold's view of a slow state, and the worker that writes.
struct Behind {
  explicit Behind(SlowState& slow, SlowState* reader = nullptr, Threads threads = Threads::kMore)
      : worker(threads), state(slow, reader, worker, [&slow](const Changes& changes) {
          return slow.apply(changes);
        }) {}
  Worker worker;
  WriteBehind state;
};

Changes batch(uint64_t sequence) {
  Changes changes;
  changes.cursor.sequence = {sequence};
  return changes;
}

template <class T>
Result<void> outcome(const Result<T>& result) {
  if (!result.ok()) return result.error();
  return {};
}

using Call = std::function<Result<void>(store::FoldedState&)>;
const std::vector<std::pair<const char*, Call>> kCalls = {
    {"apply", [](auto& s) { return s.apply(batch(9)); }},
    {"cursor", [](auto& s) { return outcome(s.cursor()); }},
    {"load", [](auto& s) { return outcome(s.load({})); }},
    {"list", [](auto& s) { return outcome(s.list({})); }},
    {"timers_due", [](auto& s) { return outcome(s.timers_due({}, 1)); }},
    {"postings",
     [](auto& s) { return outcome(s.postings("", {}, 1, PageRequest::Order::kOldest)); }},
};

TEST(WriteBehind, DoesNotWaitForTheWriteItStarts) {
  SlowState state;
  Behind behind(state);
  EXPECT_TRUE(behind.state.apply(batch(1)).ok());
  state.may_write.release();
  EXPECT_TRUE(behind.state.cursor().ok());
  EXPECT_EQ(state.sequences, std::vector<uint64_t>{1});
}

TEST(WriteBehind, WritesInOrderEachBatchOnce) {
  SlowState state;
  state.may_write.release(100);
  std::vector<uint64_t> expected;
  {
    Behind behind(state);
    for (uint64_t n = 1; n <= 100; ++n) {
      ASSERT_TRUE(behind.state.apply(batch(n)).ok());
      expected.push_back(n);
    }
  }
  EXPECT_EQ(state.sequences, expected);
}

TEST(WriteBehind, LetsEveryOtherCallWaitForTheWrite) {
  for (const auto& [name, call] : kCalls) {
    SlowState state;
    Behind behind(state);
    ASSERT_TRUE(behind.state.apply(batch(1)).ok());
    auto answer = std::async(std::launch::async, [&] { return call(behind.state); });
    EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(5)), std::future_status::timeout) << name;
    state.may_write.release(2);
    EXPECT_TRUE(answer.get().ok()) << name;
    EXPECT_FALSE(state.asked_while_writing) << name;
    EXPECT_TRUE(behind.state.cursor().ok());
    EXPECT_EQ(state.questions, 3) << name;
  }
}

TEST(WriteBehind, GivesTheErrorOfAWriteToEveryLaterCall) {
  for (const auto& [name, call] : kCalls) {
    SlowState state;
    state.fail = true;
    state.may_write.release(2);
    Behind behind(state);
    EXPECT_TRUE(behind.state.apply(batch(1)).ok()) << "the write is not done yet";
    for (int again = 0; again < 2; ++again) {
      const auto answer = call(behind.state);
      ASSERT_FALSE(answer.ok()) << name;
      EXPECT_EQ(answer.error().message, "no room") << name;
    }
    EXPECT_EQ(state.questions, 1) << name << ": the store was asked after a failed write";
  }
}

TEST(WriteBehind, LoadsBesideTheWriteWhatItDoesNotTouch) {
  SlowState state, reader;
  Behind behind(state, &reader);
  const RecordKey touched{"contact", "a"}, removed{"contact", "b"}, other{"contact", "c"};
  Changes changes = batch(1);
  changes.puts.resize(1);
  changes.puts.front().record.key = touched;
  changes.removals.push_back({removed, {}});
  ASSERT_TRUE(behind.state.apply(changes).ok());
  EXPECT_TRUE(behind.state.load(std::vector{other}).ok()) << "does not wait";
  EXPECT_EQ(reader.questions, 1);
  for (const auto& keys : {std::vector{touched}, std::vector{other, removed}}) {
    auto answer = std::async(std::launch::async, [&] { return outcome(behind.state.load(keys)); });
    EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(5)), std::future_status::timeout);
    state.may_write.release();
    EXPECT_TRUE(answer.get().ok());
    ASSERT_TRUE(behind.state.apply(changes).ok());
  }
  state.may_write.release();
  EXPECT_TRUE(behind.state.wait().ok());
  EXPECT_TRUE(behind.state.load(std::vector{other}).ok());
  EXPECT_EQ(reader.questions, 1) << "nothing is under way: the state itself is asked";
  EXPECT_FALSE(state.asked_while_writing);
}

TEST(WriteBehind, WritesAtOnceWhereThereIsOneThread) {
  SlowState state;
  state.may_write.release(2);
  Behind behind(state, nullptr, Threads::kOne);
  EXPECT_TRUE(behind.state.apply(batch(1)).ok());
  EXPECT_EQ(state.sequences, std::vector<uint64_t>{1});
  state.fail = true;
  EXPECT_TRUE(behind.state.apply(batch(2)).ok()) << "told by the next call";
  EXPECT_FALSE(behind.state.wait().ok());
}

TEST(WriteBehind, EndsWithoutEverWriting) {
  SlowState state;
  {
    const Behind behind(state);
  }
  EXPECT_EQ(state.questions, 0);
}

TEST(WriteBehind, FinishesTheWriteUnderWayWhenItEnds) {
  for (const bool fail : {false, true}) {
    SlowState state;
    state.fail = fail;
    std::future<void> release;
    {
      Behind behind(state);
      ASSERT_TRUE(behind.state.apply(batch(1)).ok());
      release = std::async(std::launch::async, [&] { state.may_write.release(); });
    }
    EXPECT_EQ(state.sequences, std::vector<uint64_t>{1});
  }
}

TEST(WriteBehind, FinishesTheWriteNotYetBegunWhenItEnds) {
  for (int round = 0; round < 200; ++round) {
    SlowState state;
    state.may_write.release();
    {
      Behind behind(state);
      ASSERT_TRUE(behind.state.apply(batch(1)).ok());
    }
    ASSERT_EQ(state.sequences, std::vector<uint64_t>{1}) << round;
  }
}

}  // namespace
}  // namespace rapport::flow
