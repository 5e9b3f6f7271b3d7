#include "intake/intake.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/posix_disk.h"
#include "testing/fakes.h"

namespace rapport::intake {
namespace {

using model::Event;
using store::EventLog;

constexpr WorkspaceId kWorkspace{1};

// Intake over a real log in a folder that can be closed and opened again.
class IntakeTest : public testing::Test {
 protected:
  void SetUp() override { open(); }

  void open(IntakeOptions options = {}) {
    intake.reset();
    log.reset();
    auto opened = EventLog::open({.folder = folder / "log-of-test",
                                  .sqlite_vfs = "",
                                  .master = Key{7},
                                  .segment_bytes = 4 << 20},
                                 disk, clock, random, failpoints, metrics, reporter);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(*opened);
    ASSERT_TRUE(log->keys().add_workspace(kWorkspace));
    intake = std::make_unique<Intake>(*log, clock, random, metrics, options);
  }

  Receipt batch(std::string_view calls) {
    auto receipt = intake->receive(kWorkspace, Call::kBatch, batch_body(calls));
    EXPECT_TRUE(receipt) << receipt.error().message;
    EXPECT_TRUE(log->commit());
    return receipt ? *receipt : Receipt();
  }
  static std::string batch_body(std::string_view calls) {
    return "{\"batch\":[" + std::string(calls) + "]}";
  }

  std::vector<Event> events() {
    std::vector<Event> out;
    const auto follower = log->follow({});
    for (;;) {
      auto item = follower->next();
      EXPECT_TRUE(item) << item.error().message;
      if (!item || !*item) return out;
      out.push_back(std::move((*item)->event));
    }
  }

  uint64_t counted(std::string_view outcome) {
    return metrics
        .counter("rapport_intake_events_total", "", "outcome=\"" + std::string(outcome) + "\"")
        .value();
  }

  TemporaryFolder folder;
  PosixDisk disk;
  ManualClock clock;
  SeededRandom random{1};
  NoFailpoints failpoints;
  Metrics metrics;
  KeepingReporter reporter;
  std::unique_ptr<EventLog> log;
  std::unique_ptr<Intake> intake;
};

constexpr std::string_view kAna =
    R"({"type":"identify","userId":"u1","messageId":"m1","traits":{"email":"ana@acme.example"}})";
constexpr std::string_view kBad = R"({"type":"track","userId":"u1","messageId":"m2"})";

TEST_F(IntakeTest, StoresWhatItReceives) {
  const Receipt receipt = batch(kAna);
  EXPECT_EQ(receipt.stored, 1);
  EXPECT_EQ(receipt.last, Sequence{1});
  const auto all = events();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].workspace, kWorkspace);
  EXPECT_EQ(all[0].type, "contact.identified");
  EXPECT_EQ(all[0].message_id, "m1");
  EXPECT_EQ(all[0].at, clock.now());
  EXPECT_EQ(all[0].received_at, clock.now());
  ASSERT_EQ(all[0].identities.size(), 2u);
  EXPECT_EQ(all[0].identities[0].value, "u1");
  EXPECT_EQ(all[0].identities[1].value, "ana@acme.example");
  EXPECT_NE(all[0].subject, SubjectId{});
  EXPECT_EQ(all[0].identities[1].subject, all[0].subject);
}

TEST_F(IntakeTest, TakesSingleCalls) {
  EXPECT_EQ(intake->receive(kWorkspace, Call::kPage, R"({"anonymousId":"a1"})")->stored, 1);
  EXPECT_EQ(intake->receive(kWorkspace, Call::kTrack, R"({"anonymousId":"a1"})")->quarantined, 1);
}

TEST_F(IntakeTest, StoresAnEventOnceHoweverOftenItIsSent) {
  EXPECT_EQ(batch(kAna).stored, 1);
  Receipt receipt = batch(kAna);
  EXPECT_EQ(receipt.stored, 0);
  EXPECT_EQ(receipt.repeated, 1);
  EXPECT_EQ(receipt.last, Sequence{1});

  receipt = batch(R"({"type":"page","userId":"u1","messageId":"x"},
                     {"type":"page","userId":"u1","messageId":"x"})");  // within one batch
  EXPECT_EQ(receipt.stored, 1);
  EXPECT_EQ(receipt.repeated, 1);
  EXPECT_EQ(receipt.last, Sequence{2});

  open();  // after a restart
  EXPECT_EQ(batch(kAna).repeated, 1);
  ASSERT_TRUE(log->flush_ids());
  open();  // from the index's file
  EXPECT_EQ(batch(kAna).repeated, 1);
  EXPECT_EQ(events().size(), 2u);
}

TEST_F(IntakeTest, MakesAMessageIdWhereNoneIsGiven) {
  const std::string call = R"({"type":"page","userId":"u1"})";
  EXPECT_EQ(batch(call + "," + call).stored, 2);
  const auto all = events();
  EXPECT_EQ(all[0].message_id.substr(0, 8), "rapport-");
  EXPECT_NE(all[0].message_id, all[1].message_id);
}

TEST_F(IntakeTest, QuarantinesBadCallsBesideGoodOnes) {
  const Receipt receipt = batch(std::string(kAna) + "," + std::string(kBad));
  EXPECT_EQ(receipt.stored, 1);
  EXPECT_EQ(receipt.quarantined, 1);
  EXPECT_EQ(receipt.last, Sequence{2});
  const auto all = events();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].type, model::kQuarantined);
  EXPECT_EQ(all[1].origin, model::Origin::kServer);
  EXPECT_EQ(all[1].message_id, "m2");
  EXPECT_EQ(all[1].property("where"), "batch[1].event");
  EXPECT_EQ(all[1].property("reason"), "event is missing");
  EXPECT_EQ(parse_json(all[1].property("raw"))->text("userId"), "u1");
  EXPECT_NE(all[1].subject, SubjectId{});  // a key of its own
  EXPECT_NE(all[1].subject, all[0].subject);
  EXPECT_TRUE(all[1].identities.empty());
  EXPECT_EQ(counted("stored"), 1u);
  EXPECT_EQ(counted("quarantined"), 1u);
}

TEST_F(IntakeTest, QuarantinesABadCallOnce) {
  EXPECT_EQ(batch(kBad).quarantined, 1);
  EXPECT_EQ(batch(kBad).repeated, 1);
  open();
  EXPECT_EQ(batch(kBad).repeated, 1);
  // Without an id there is nothing to know it by.
  EXPECT_EQ(batch(R"({"type":"track","userId":"u1"})").quarantined, 1);
  EXPECT_EQ(batch(R"({"type":"track","userId":"u1"})").quarantined, 1);
}

TEST_F(IntakeTest, TakesTheCorrectedCallUnderTheIdOfTheBadOne) {
  EXPECT_EQ(batch(kBad).quarantined, 1);
  EXPECT_EQ(batch(R"({"type":"track","userId":"u1","messageId":"m2","event":"e"})").stored, 1);
  EXPECT_EQ(batch(kBad).repeated, 1);
}

TEST_F(IntakeTest, ABadCallUnderTheIdOfAStoredEventIsARepeat) {
  EXPECT_EQ(batch(R"({"type":"track","userId":"u1","messageId":"m2","event":"e"})").stored, 1);
  const Receipt receipt = batch(kBad);
  EXPECT_EQ(receipt.repeated, 1);
  EXPECT_EQ(receipt.quarantined, 0);
}

TEST_F(IntakeTest, TracksAreNeverEventsOfTheServer) {
  batch(R"({"type":"track","userId":"u1","event":"contact.erased"})");
  EXPECT_EQ(events()[0].origin, model::Origin::kTracked);
}

TEST_F(IntakeTest, RefusesWholeRequestsWithoutStoringAnything) {
  const auto code = [&](std::string_view body) {
    return intake->receive(kWorkspace, Call::kBatch, body).error().code;
  };
  EXPECT_EQ(code("{"), Code::kInvalid);
  EXPECT_EQ(code("[]"), Code::kInvalid);
  EXPECT_EQ(code(std::string(600'000, ' ')), Code::kTooLarge);
  EXPECT_EQ(intake->receive({77}, Call::kBatch, batch_body(kAna)).error().code, Code::kNotFound);
  EXPECT_TRUE(log->commit());
  EXPECT_TRUE(events().empty());
}

TEST_F(IntakeTest, RefusesEarlyWhenItIsBehind) {
  intake->set_lag(2'000'001);
  const auto refused = intake->receive(kWorkspace, Call::kBatch, batch_body(kAna));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kOverloaded);
  EXPECT_EQ(refused.error().retryable, Retryable::kYes);
  intake->set_lag(2'000'000);
  EXPECT_EQ(batch(kAna).stored, 1);
}

TEST_F(IntakeTest, RefusesEarlyWhenTooMuchWaitsForTheDisk) {
  IntakeOptions options;
  options.max_staged_bytes = 200;
  open(options);
  ASSERT_TRUE(intake->receive(kWorkspace, Call::kBatch, batch_body(kAna)));
  const auto refused = intake->receive(kWorkspace, Call::kBatch, batch_body(kBad));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kOverloaded);
  ASSERT_TRUE(log->commit());
  EXPECT_EQ(batch(kBad).quarantined, 1);
}

TEST_F(IntakeTest, KnowsPeopleAgainAfterARestart) {
  batch(R"({"type":"page","anonymousId":"a1"})");
  batch(R"({"type":"identify","userId":"u1","anonymousId":"a1","traits":{"email":"e@x.example"}})");
  open();
  batch(R"({"type":"page","userId":"u1"})");
  ASSERT_TRUE(log->flush_ids());
  open();
  batch(R"({"type":"identify","anonymousId":"a2","traits":{"email":"E@X.example"}})");
  for (const Event& event : events()) EXPECT_EQ(event.subject, events()[0].subject);
}

TEST_F(IntakeTest, WorkspacesShareNothing) {
  ASSERT_TRUE(log->keys().add_workspace({2}));
  batch(kAna);
  const auto other = intake->receive({2}, Call::kBatch, batch_body(kAna));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->stored, 1);
  EXPECT_EQ(other->last, Sequence{1});
}

TEST_F(IntakeTest, AnErasedPersonBeginsAnew) {
  batch(kAna);
  const SubjectId before = events()[0].subject;
  // The index still names the erased subject, as it does after a crash in the midst of an erasure.
  ASSERT_TRUE(log->keys().destroy(kWorkspace, std::span(&before, 1)));
  EXPECT_EQ(batch(R"({"type":"page","userId":"u1"})").stored, 1);
  const auto all = events();
  EXPECT_NE(all.back().subject, before);
  EXPECT_EQ(all.back().identities[0].subject, all.back().subject);
}

TEST_F(IntakeTest, AppendsEventsOfTheServer) {
  Event event;
  event.workspace = kWorkspace;
  event.type = model::kContactsMerged;
  event.message_id = "merge-1";
  event.properties.set("keep", "con_a");
  EXPECT_EQ(intake->append(event).value(), Sequence{1});
  EXPECT_EQ(intake->append(event).value(), Sequence{1});
  event.message_id.clear();
  EXPECT_EQ(intake->append(event).value(), Sequence{2});
  EXPECT_EQ(intake->append(event).value(), Sequence{3});
  const auto all = events();  // durable without a commit of ours
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].origin, model::Origin::kServer);
  EXPECT_EQ(all[0].at, clock.now());
  EXPECT_EQ(all[0].subject, SubjectId{});
}

TEST_F(IntakeTest, ClientsCannotTakeTheIdsOfServerEvents) {
  batch(R"({"type":"page","userId":"u1","messageId":"merge-1"})");
  Event event;
  event.workspace = kWorkspace;
  event.type = model::kContactsMerged;
  event.message_id = "merge-1";
  EXPECT_EQ(intake->append(event).value(), Sequence{2});
}

TEST_F(IntakeTest, ReadmitsACorrectedCallOnce) {
  const Sequence bad = batch(kBad).last;
  std::string raw(events()[0].property("raw"));
  const auto still = intake->readmit(kWorkspace, bad, raw);
  ASSERT_FALSE(still);
  EXPECT_EQ(still.error().code, Code::kInvalid);
  EXPECT_EQ(still.error().where, "event");

  clock.advance(days(2));
  Json corrected = parse_json(raw).value();
  corrected.set("event", "Order Paid");
  const auto receipt = intake->readmit(kWorkspace, bad, to_text(corrected));
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->stored, 1);
  EXPECT_EQ(receipt->last, Sequence{3});
  corrected.set("messageId", "another");
  EXPECT_EQ(intake->readmit(kWorkspace, bad, to_text(corrected))->repeated, 1);

  const auto all = events();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].type, "Order Paid");
  EXPECT_EQ(all[1].at, all[0].received_at);  // when it first came
  EXPECT_EQ(all[2].type, model::kReadmitted);
  EXPECT_EQ(all[2].properties.integer("quarantined"), 1);
}

TEST_F(IntakeTest, ReadmitRefusesWhatIsNoCall) {
  for (const std::string_view json : {"", "{", "[]", "5", "{}"}) {
    EXPECT_FALSE(intake->readmit(kWorkspace, {1}, json)) << json;
  }
  EXPECT_TRUE(events().empty());
}

TEST_F(IntakeTest, CountsAddressesItCannotUse) {
  batch(R"({"type":"identify","userId":"u1","traits":{"email":"x","phone":"12"}})");
  for (const std::string kind : {"email", "phone"}) {
    EXPECT_EQ(
        metrics.counter("rapport_intake_identifiers_unusable_total", "", "kind=\"" + kind + "\"")
            .value(),
        1u);
  }
}

TEST_F(IntakeTest, ManyThreadsStoreEachEventOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> stored = 0, repeated = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const std::string n = std::to_string(i);
        const auto receipt = intake->receive(kWorkspace, Call::kIdentify,
                                             R"({"userId":"u)" + n + R"(","anonymousId":"a)" + n +
                                                 R"(","messageId":"m)" + n + "\"}");
        ASSERT_TRUE(receipt);
        ASSERT_TRUE(log->commit());
        stored += receipt->stored;
        repeated += receipt->repeated;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, 200);
  EXPECT_EQ(repeated, 600);
  EXPECT_EQ(events().size(), 200u);
}

}  // namespace
}  // namespace rapport::intake
