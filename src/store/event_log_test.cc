#include "store/event_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "simulation/event_log_on_sim_disk.h"

namespace rapport::store {
namespace {

constexpr WorkspaceId kOne = EventLogOnSimDisk::kOne;

TEST(EventLog, GivesBackWhatWasAppended) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  const SubjectId subject = *t.log->keys().allocate(kOne);
  model::Event sent = t.event("m1", subject);
  sent.bindings.push_back({t.digest("ana"), subject, {}});
  ASSERT_TRUE(t.log->stage(sent, t.digest("m1")).ok());
  EXPECT_FALSE((*t.log->follow({})->next()).has_value());
  ASSERT_TRUE(t.log->commit().ok());
  const auto item = *t.log->follow({})->next();
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->event.sequence.value, 1U);
  EXPECT_EQ(item->event.received_at, t.clock.now());
  EXPECT_EQ(item->event.subject, subject);
  EXPECT_EQ(item->event.message_id, "m1");
  EXPECT_EQ(item->event.bindings, sent.bindings);
  EXPECT_EQ(item->event.properties, sent.properties);
  EXPECT_EQ(item->chain, t.log->log().head(kOne).chain);
  EXPECT_EQ(item->next, t.log->log().end().position);
  EXPECT_FALSE(item->erased);
  EXPECT_EQ((*t.log->ids().bound(kOne, t.digest("ana")))->subject, subject);
}

TEST(EventLog, KeepsNoBodyInTheClear) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.append("m1").ok());
  for (const std::string& path : t.disk.files())
    EXPECT_EQ(read_file(t.disk, path)->find("canary"), std::string::npos) << path;
}

// P2: an event id is applied once, however often it is sent, also across restarts.
TEST(EventLog, KnowsAMessageIdForEver) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.append("flushed").ok());
  ASSERT_TRUE(t.log->flush_ids().ok());
  ASSERT_TRUE(t.append("in the tail").ok());
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ((**t.log->ids().sequence_of(kOne, t.digest("flushed"))).value, 1U);
    EXPECT_EQ((**t.log->ids().sequence_of(kOne, t.digest("in the tail"))).value, 2U);
    EXPECT_FALSE(t.log->ids().sequence_of(kOne, t.digest("new"))->has_value());
    if (round == 1) ASSERT_TRUE(t.disk.remove("/data/ids.db").ok());
    t.restart();
    ASSERT_TRUE(t.open().ok());
  }
}

TEST(EventLog, RefusesToStageAMessageIdTwice) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  model::Event first = t.event("m1"), second = t.event("m1");
  ASSERT_TRUE(t.log->stage(first, t.digest("m1")).ok());
  EXPECT_EQ(t.log->stage(second, t.digest("m1")).error().code, Code::kConflict);
  ASSERT_TRUE(t.log->commit().ok());
  EXPECT_EQ(t.ids_in_log().size(), 1U);
}

TEST(EventLog, CatchesUpWithBindingsThatWereNotFlushed) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  const SubjectId subject = *t.log->keys().allocate(kOne);
  model::Event e = t.event("m1", subject);
  e.bindings.push_back({t.digest("ana"), subject, {}});
  ASSERT_TRUE(t.log->stage(e, t.digest("m1")).ok());
  ASSERT_TRUE(t.log->commit().ok());
  t.restart();
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ((*t.log->ids().bound(kOne, t.digest("ana")))->subject, subject);
  EXPECT_GT(t.log->keys().allocate(kOne)->value, subject.value);
}

TEST(EventLog, MakesADamagedIndexAgain) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.append("m1").ok());
  ASSERT_TRUE(t.log->flush_ids().ok());
  t.log.reset();
  ASSERT_TRUE(write_file(t.disk, "/data/ids.db", std::string(8192, 'x')).ok());
  ASSERT_TRUE(t.open().ok());
  EXPECT_TRUE(t.reporter.has("ids.rebuilt"));
  EXPECT_TRUE(t.log->ids().sequence_of(kOne, t.digest("m1"))->has_value());
}

TEST(EventLog, ShowsAnErasedSubjectsEventsAsEnvelopesOnly) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  const SubjectId erased = *t.log->keys().allocate(kOne);
  const SubjectId kept = *t.log->keys().allocate(kOne);
  ASSERT_TRUE(t.append("a", erased).ok());
  ASSERT_TRUE(t.append("b", kept).ok());
  const Position first = (*t.log->follow({})->next())->event.position;
  ASSERT_TRUE(t.log->keys().destroy(kOne, std::vector{erased}).ok());
  EXPECT_EQ(t.ids_in_log(), (std::vector<std::string>{"erased", "b"}));
  EXPECT_TRUE(t.log->read(std::vector{first})->empty());
  EXPECT_TRUE(check_log(t.disk, "/data/log", {})->findings.empty());
  t.restart();
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.ids_in_log(), (std::vector<std::string>{"erased", "b"}));
}

TEST(EventLog, ReadsEventsAtGivenPositions) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  std::vector<Position> positions;
  for (int i = 0; i < 500; ++i) {
    model::Event e = t.event("m" + std::to_string(i));
    ASSERT_TRUE(t.log->stage(e, t.digest(e.message_id)).ok());
    positions.push_back(e.position);
  }
  ASSERT_TRUE(t.log->commit().ok());
  const std::vector<Position> some = {positions[499], positions[3], positions[250], positions[4]};
  const auto events = t.log->read(some);
  ASSERT_TRUE(events.ok());
  ASSERT_EQ(events->size(), 4U);
  EXPECT_EQ((*events)[0].message_id, "m499");
  EXPECT_EQ((*events)[1].message_id, "m3");
  EXPECT_EQ((*events)[2].message_id, "m250");
  EXPECT_EQ((*events)[3].message_id, "m4");
  EXPECT_FALSE(t.log->read(std::vector{t.log->log().end().position}).ok());
}

TEST(EventLog, RefusesASubjectWithoutKey) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  model::Event e = t.event("m1", {12345});
  EXPECT_EQ(t.log->stage(e, t.digest("m1")).error().code, Code::kNotFound);
  ASSERT_TRUE(t.append("m1").ok());
}

TEST(EventLog, FollowsAcrossSegmentsAndFromTheMiddle) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(t.append("m" + std::to_string(i)).ok());
  const auto follower = t.log->follow({});
  Position middle;
  for (int i = 0; i < 1000; ++i) {
    const auto item = follower->next();
    ASSERT_TRUE(item.ok() && item->has_value());
    ASSERT_EQ((*item)->event.message_id, "m" + std::to_string(i));
    if (i == 499) middle = (*item)->next;
  }
  EXPECT_FALSE(follower->next()->has_value());
  ASSERT_TRUE(t.append("last").ok());
  EXPECT_EQ((*follower->next())->event.message_id, "last");
  follower->seek(middle);
  EXPECT_EQ((*follower->next())->event.message_id, "m500");
}

// P1 and P2 under power cuts of all three files together: what was acknowledged is there once.
TEST(EventLog, LosesAndDoublesNothingInPowerCuts) {
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    EventLogOnSimDisk t(seed);
    SeededRandom random(seed);
    std::vector<std::string> acked;
    int next = 0;
    for (int life = 0; life < 5; ++life) {
      t.disk.power_off_at(1 + random.below(300));
      if (t.open().ok()) {
        std::vector<SubjectId> subjects = {{}};
        while (!t.disk.is_off()) {
          if (random.chance(0.3)) {
            const auto subject = t.log->keys().allocate(kOne);
            if (!subject.ok()) break;
            subjects.push_back(*subject);
          }
          // One in four is sent again, as a client does that got no answer.
          const bool again = next > 0 && random.chance(0.25);
          const std::string id = "m" + std::to_string(again ? random.below(next) : next++);
          const auto known = t.log->ids().sequence_of(kOne, t.digest(id));
          if (!known.ok()) break;
          if (*known) continue;
          if (!t.append(id, subjects[random.below(subjects.size())]).ok()) break;
          acked.push_back(id);
          if (random.chance(0.1) && !t.log->flush_ids().ok()) break;
        }
      }
      t.restart();
    }
    const auto opened = t.open();
    ASSERT_TRUE(opened.ok()) << "seed " << seed << ": " << opened.error().message;
    const std::vector<std::string> ids = t.ids_in_log();
    const std::set<std::string> once(ids.begin(), ids.end());
    EXPECT_EQ(once.size(), ids.size()) << "doubled, seed " << seed;
    EXPECT_FALSE(once.contains("erased")) << "seed " << seed;
    for (const std::string& id : acked) EXPECT_TRUE(once.contains(id)) << id << " seed " << seed;
    for (const std::string& id : ids)
      EXPECT_TRUE(t.log->ids().sequence_of(kOne, t.digest(id))->has_value());
    EXPECT_TRUE(check_log(t.disk, "/data/log", {})->findings.empty());
  }
}

TEST(EventLog, AppliesEachMessageIdOnceUnderThreadsAndFlushes) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  constexpr int kIds = 400;
  std::atomic<bool> stop{false};
  std::thread flusher([&] {
    while (!stop) EXPECT_TRUE(t.log->flush_ids().ok());
  });
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      for (int n = 0; n < kIds; ++n) {
        const std::string id = "m" + std::to_string(n);
        model::Event e = t.event(id);
        const Digest16 digest = t.digest(id);
        if (!t.log->ids().sequence_of(kOne, digest)->has_value()) {
          const auto staged = t.log->stage(e, digest);
          EXPECT_TRUE(staged.ok() || staged.error().code == Code::kConflict);
        }
        EXPECT_TRUE(t.log->commit().ok());
      }
    });
  }
  for (auto& writer : writers) writer.join();
  stop = true;
  flusher.join();
  EXPECT_EQ(t.ids_in_log().size(), size_t{kIds});
  t.restart();
  ASSERT_TRUE(t.open().ok());
  for (int n = 0; n < kIds; ++n)
    EXPECT_TRUE(t.log->ids().sequence_of(kOne, t.digest("m" + std::to_string(n)))->has_value());
}

// A new keys.db would turn every event into an erased one.
TEST(EventLog, RefusesToOpenALogWithoutItsKeys) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.append("m1").ok());
  t.log.reset();
  ASSERT_TRUE(t.disk.remove("/data/keys.db").ok());
  const auto refused = t.open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kNotFound);
  EXPECT_FALSE(t.disk.exists("/data/keys.db"));
}

TEST(EventLog, TakesNothingMoreAfterAFailedSync) {
  EventLogOnSimDisk t;
  ASSERT_TRUE(t.open().ok());
  ASSERT_TRUE(t.append("m1").ok());
  t.disk.fail_sync(1);
  EXPECT_EQ(t.append("m2").error().code, Code::kIo);
  EXPECT_TRUE(t.log->broken());
  EXPECT_EQ(t.ids_in_log(), std::vector<std::string>{"m1"});
  t.restart();
  ASSERT_TRUE(t.open().ok());
  EXPECT_EQ(t.ids_in_log().front(), "m1");
}

}  // namespace
}  // namespace rapport::store
