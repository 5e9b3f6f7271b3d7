#include "connect/backlog.h"

#include <gtest/gtest.h>

#include "testing/fakes.h"

namespace rapport::connect {
namespace {

using model::Mark;
using model::RecordKey;
using model::Urgency;
using Which = Backlog::Which;

const RecordKey kAna{"contact", "a"}, kBen{"contact", "b"}, kCarl{"contact", "c"},
    kAcme{"account", "acme"}, kTicket{"ticket", "t"};

class BacklogTest : public testing::Test {
 protected:
  void mark(const RecordKey& record, uint64_t version, Urgency urgency = Urgency::kUsual) {
    store::Changes changes;
    changes.cursor.sequence = {++sequence_};
    changes.marks = {{"crm", record, {version}, urgency}};
    ASSERT_TRUE(state_->apply(changes).ok());
  }
  void unmark(const RecordKey& record) {
    store::Changes changes;
    changes.cursor.sequence = {++sequence_};
    changes.marks_removed = {{"crm", record, {1000}, {}}};
    ASSERT_TRUE(state_->apply(changes).ok());
  }

  std::vector<std::string> pick(Micros now = seconds(1), Which which = Which::kAll,
                                const std::set<RecordKey>& open = {}, size_t most = 10) {
    last_ = backlog.pick(now, which, open, most).value();
    std::vector<std::string> names;
    for (const auto& due : last_.marks) names.push_back(due.mark.record.id);
    return names;
  }
  using Names = std::vector<std::string>;

  TemporaryFolder folder_;
  std::unique_ptr<store::State> state_ =
      store::open_sqlite_state(folder_ / "1.db", "", store::StateMode::kWrite).value();
  uint64_t sequence_ = 0;
  Backlog::Picked last_;
  Backlog backlog{*state_, "crm", {"contact", "account", "ticket"}};
};

TEST_F(BacklogTest, GivesOneTypeAtATimeOldestFirst) {
  mark(kBen, 1);
  mark(kAna, 2);
  mark(kAcme, 3);
  EXPECT_EQ(pick(), (Names{"b", "a"}));
  EXPECT_FALSE(last_.more);
  EXPECT_EQ(pick(), Names{"acme"});
  EXPECT_EQ(pick(), Names{}) << "given once; what is left is gone through again later";
  EXPECT_EQ(pick(minutes(2)), (Names{"b", "a"}));
}

TEST_F(BacklogTest, SaysWhetherThereAreMoreOfTheKind) {
  mark(kAna, 1);
  mark(kBen, 2);
  mark(kCarl, 3);
  EXPECT_EQ(pick(seconds(1), Which::kAll, {}, 2), (Names{"a", "b"}));
  EXPECT_TRUE(last_.more);
  EXPECT_EQ(pick(seconds(1), Which::kAll, {}, 2), Names{"c"});
}

TEST_F(BacklogTest, UrgentRecordsComeFirst) {  // KU-12
  mark(kAna, 1);
  mark(kTicket, 9, Urgency::kUrgent);
  EXPECT_TRUE(backlog.has_urgent(seconds(1), {}).value());
  EXPECT_EQ(pick(), Names{"t"});
  EXPECT_EQ(last_.urgency, Urgency::kUrgent);
  unmark(kTicket);
  EXPECT_FALSE(backlog.has_urgent(seconds(1), {}).value());
  EXPECT_EQ(pick(seconds(1), Which::kUrgentOnly), Names{});
  EXPECT_EQ(pick(), Names{"a"});
}

TEST_F(BacklogTest, WhatAnUrgentRecordWaitsForIsUrgentToo) {
  mark(kAna, 1);
  mark(kBen, 2);
  mark(kTicket, 9, Urgency::kUrgent);
  ASSERT_EQ(pick(), Names{"t"});
  backlog.wait(last_.marks[0].mark, std::vector{kBen}, seconds(1));
  EXPECT_EQ(pick(seconds(1), Which::kUrgentOnly), Names{"b"});
  EXPECT_EQ(last_.urgency, Urgency::kUrgent);
  EXPECT_EQ(pick(seconds(1), Which::kUrgentOnly), Names{}) << "the ticket still waits";
  backlog.written(kBen);
  EXPECT_EQ(pick(seconds(1), Which::kUrgentOnly), Names{"t"});
}

TEST_F(BacklogTest, ARecordThatWaitsComesBackWhenTheOtherWasWritten) {
  mark(kAna, 1);
  ASSERT_EQ(pick(), Names{"a"});
  backlog.wait(last_.marks[0].mark, std::vector{kAcme}, seconds(1));
  EXPECT_EQ(pick(), Names{});
  backlog.written(kBen);
  EXPECT_EQ(pick(), Names{});
  backlog.written(kAcme);
  EXPECT_EQ(pick(), Names{"a"});
}

TEST_F(BacklogTest, ARecordThatFailedComesBackAfterItsDelayOrWhenItChanged) {
  mark(kAna, 1);
  ASSERT_EQ(pick(), Names{"a"});
  backlog.delay(last_.marks[0].mark, seconds(10));
  EXPECT_EQ(pick(seconds(9)), Names{});
  EXPECT_EQ(backlog.next(seconds(9), seconds(60)), seconds(10));
  EXPECT_EQ(pick(seconds(10)), Names{"a"});
  backlog.delay(last_.marks[0].mark, seconds(90));
  mark(kAna, 2);
  EXPECT_EQ(pick(seconds(11)), Names{"a"}) << "it is another version now";
}

TEST_F(BacklogTest, WhatWasNotTriedComesBackAtOnceInTurns) {
  for (const RecordKey& one : {kAna, kBen, kCarl}) mark(one, 1);
  ASSERT_EQ(pick(), (Names{"a", "b", "c"}));
  for (const RecordKey& one : {kAna, kBen, kCarl}) backlog.again(one);
  EXPECT_EQ(pick(seconds(1), Which::kAll, {}, 1), Names{"a"});
  backlog.again(kAna);
  EXPECT_EQ(pick(seconds(1), Which::kAll, {}, 1), Names{"b"})
      << "a record that fails waits its turn";
}

TEST_F(BacklogTest, ARecordWithoutOutcomeIsLeftAloneUntilThereIsOne) {
  mark(kAna, 1);
  EXPECT_EQ(pick(seconds(1), Which::kAll, {kAna}), Names{});
  EXPECT_EQ(pick(seconds(1), Which::kAll, {kAna}), Names{});
  EXPECT_EQ(pick(), Names{"a"});
}

TEST_F(BacklogTest, ABlockedTypeDoesNotHoldUpTheOthers) {
  mark(kAna, 1);
  mark(kAcme, 2);
  backlog.block("contact", seconds(100));
  EXPECT_EQ(pick(), Names{"acme"});
  EXPECT_EQ(pick(), Names{});
  backlog.unblock();
  EXPECT_EQ(pick(), Names{"a"});
}

}  // namespace
}  // namespace rapport::connect
