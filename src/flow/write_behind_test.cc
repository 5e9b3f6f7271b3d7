#include "flow/write_behind.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <semaphore>

namespace rapport::flow {
namespace {

using model::Mark;
using model::Record;
using model::RecordKey;
using model::Timer;
using store::Attempt;
using store::Changes;
using store::DueMark;
using store::Page;
using store::PageRequest;
using store::Posting;

// Writes when told to, and notes whether it was asked for something while it wrote.
class SlowState final : public store::State {
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
  Result<std::optional<Micros>> next_due() override { return answer<std::optional<Micros>>(); }
  Result<std::vector<Posting>> postings(const std::string&, Sequence, int,
                                        PageRequest::Order) override {
    return answer<std::vector<Posting>>();
  }
  Result<std::vector<Mark>> marks(const std::string&, int) override {
    return answer<std::vector<Mark>>();
  }
  Result<std::vector<DueMark>> due_marks(const std::string&, Micros, int) override {
    return answer<std::vector<DueMark>>();
  }
  Result<std::optional<Micros>> next_attempt(const std::string&) override {
    return answer<std::optional<Micros>>();
  }
  Result<void> set_attempt(const Mark&, const Attempt&) override { return done(); }
  Result<int64_t> count(const std::string&) override { return answer<int64_t>(); }
  Result<Hash> digest() override { return answer<Hash>(); }
  Result<void> snapshot(const std::string&) override { return done(); }
  Result<void> scrub() override { return done(); }
  Result<void> checkpoint() override { return done(); }

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
  Result<void> done() {
    note();
    return {};
  }
  template <class T>
  Result<T> answer() {
    note();
    return T{};
  }
  std::atomic<bool> writing_{false};
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

using Call = std::function<Result<void>(store::State&)>;
const std::vector<std::pair<const char*, Call>> kCalls = {
    {"apply", [](auto& s) { return s.apply(batch(9)); }},
    {"cursor", [](auto& s) { return outcome(s.cursor()); }},
    {"load", [](auto& s) { return outcome(s.load({})); }},
    {"list", [](auto& s) { return outcome(s.list({})); }},
    {"timers_due", [](auto& s) { return outcome(s.timers_due({}, 1)); }},
    {"next_due", [](auto& s) { return outcome(s.next_due()); }},
    {"postings",
     [](auto& s) { return outcome(s.postings("", {}, 1, PageRequest::Order::kOldest)); }},
    {"marks", [](auto& s) { return outcome(s.marks("", 1)); }},
    {"due_marks", [](auto& s) { return outcome(s.due_marks("", {}, 1)); }},
    {"next_attempt", [](auto& s) { return outcome(s.next_attempt("")); }},
    {"set_attempt", [](auto& s) { return s.set_attempt({}, {}); }},
    {"count", [](auto& s) { return outcome(s.count("")); }},
    {"digest", [](auto& s) { return outcome(s.digest()); }},
    {"snapshot", [](auto& s) { return s.snapshot(""); }},
    {"scrub", [](auto& s) { return s.scrub(); }},
    {"checkpoint", [](auto& s) { return s.checkpoint(); }},
};

TEST(WriteBehind, DoesNotWaitForTheWriteItStarts) {
  SlowState state;
  WriteBehind behind(state);
  EXPECT_TRUE(behind.apply(batch(1)).ok());
  state.may_write.release();
  EXPECT_TRUE(behind.cursor().ok());
  EXPECT_EQ(state.sequences, std::vector<uint64_t>{1});
}

TEST(WriteBehind, WritesInOrderEachBatchOnce) {
  SlowState state;
  state.may_write.release(100);
  std::vector<uint64_t> expected;
  {
    WriteBehind behind(state);
    for (uint64_t n = 1; n <= 100; ++n) {
      ASSERT_TRUE(behind.apply(batch(n)).ok());
      expected.push_back(n);
    }
  }
  EXPECT_EQ(state.sequences, expected);
}

TEST(WriteBehind, LetsEveryOtherCallWaitForTheWrite) {
  for (const auto& [name, call] : kCalls) {
    SlowState state;
    WriteBehind behind(state);
    ASSERT_TRUE(behind.apply(batch(1)).ok());
    auto answer = std::async(std::launch::async, [&] { return call(behind); });
    EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(5)), std::future_status::timeout) << name;
    state.may_write.release(2);
    EXPECT_TRUE(answer.get().ok()) << name;
    EXPECT_FALSE(state.asked_while_writing) << name;
    EXPECT_TRUE(behind.checkpoint().ok());
    EXPECT_EQ(state.questions, 3) << name;
  }
}

TEST(WriteBehind, GivesTheErrorOfAWriteToEveryLaterCall) {
  for (const auto& [name, call] : kCalls) {
    SlowState state;
    state.fail = true;
    state.may_write.release(2);
    WriteBehind behind(state);
    EXPECT_TRUE(behind.apply(batch(1)).ok()) << "the write is not done yet";
    for (int again = 0; again < 2; ++again) {
      const auto answer = call(behind);
      ASSERT_FALSE(answer.ok()) << name;
      EXPECT_EQ(answer.error().message, "no room") << name;
    }
    EXPECT_EQ(state.questions, 1) << name << ": the store was asked after a failed write";
  }
}

TEST(WriteBehind, EndsWithoutEverWriting) {
  SlowState state;
  {
    const WriteBehind behind(state);
  }
  EXPECT_EQ(state.questions, 0);
}

TEST(WriteBehind, FinishesTheWriteUnderWayWhenItEnds) {
  for (const bool fail : {false, true}) {
    SlowState state;
    state.fail = fail;
    std::future<void> release;
    {
      WriteBehind behind(state);
      ASSERT_TRUE(behind.apply(batch(1)).ok());
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
      WriteBehind behind(state);
      ASSERT_TRUE(behind.apply(batch(1)).ok());
    }
    ASSERT_EQ(state.sequences, std::vector<uint64_t>{1}) << round;
  }
}

}  // namespace
}  // namespace rapport::flow
