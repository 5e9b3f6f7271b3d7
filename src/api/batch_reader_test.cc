#include "api/batch_reader.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/posix_disk.h"
#include "testing/fakes.h"

namespace rapport::api {
namespace {

constexpr WorkspaceId kWorkspace{1};

class BatchReaderTest : public testing::TestWithParam<unsigned> {
 protected:
  BatchReaderTest() {
    log_ = store::EventLog::open({folder_.path(), "", Key{7}, 4 << 20}, disk_, clock_, random_,
                                 failpoints_, metrics_, reporter_)
               .value();
    log_->keys().add_workspace(kWorkspace).value();
    intake_ =
        std::make_unique<intake::Intake>(*log_, clock_, random_, metrics_, intake::IntakeOptions{});
  }

  // A batch of `calls` events of the type "e-<name>".
  static BatchReader::Job job(int name, int calls) {
    std::string body = R"({"batch":[)";
    for (int i = 0; i < calls; ++i) {
      body += i == 0 ? "" : ",";
      body += R"({"type":"track","userId":"u)" + std::to_string(i) + R"(","event":"e-)" +
              std::to_string(name) + R"("})";
    }
    return {kWorkspace, intake::Call::kBatch, body + "]}"};
  }

  TemporaryFolder folder_;
  PosixDisk disk_;
  ManualClock clock_;
  SeededRandom random_{1};
  NoFailpoints failpoints_;
  Metrics metrics_;
  KeepingReporter reporter_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<intake::Intake> intake_;
};

TEST_P(BatchReaderTest, GivesEveryRequestInItsOrder) {
  BatchReader reader(*intake_, GetParam());
  int name = 0;
  std::vector<std::string> expected;
  for (int round = 0; round < 50; ++round) {
    std::vector<BatchReader::Job> jobs;
    for (int i = 0; i < round % 9; ++i) {
      const int calls = 1 + (round * 7 + i * 13) % 40;
      expected.insert(expected.end(), static_cast<size_t>(calls), "e-" + std::to_string(name));
      jobs.push_back(job(name++, calls));
    }
    size_t next = 0;
    reader.read(jobs, [&](size_t number, Result<intake::Prepared> prepared) {
      EXPECT_EQ(number, next++);
      ASSERT_TRUE(prepared.ok()) << prepared.error().message;
      EXPECT_TRUE(intake_->stage(std::move(*prepared)).ok());
    });
    EXPECT_EQ(next, jobs.size());
    ASSERT_TRUE(log_->commit().ok());
  }
  std::vector<std::string> types;
  const auto follower = log_->follow({});
  for (auto item = follower->next(); item.ok() && *item; item = follower->next())
    types.push_back((*item)->event.type);
  EXPECT_EQ(types, expected);
}

TEST_P(BatchReaderTest, RefusesOneRequestWithoutTheOthers) {
  BatchReader reader(*intake_, GetParam());
  std::vector<BatchReader::Job> jobs{job(0, 3), job(1, 3), job(2, 3)};
  jobs[1].body.pop_back();
  std::vector<std::string_view> outcomes;
  reader.read(jobs, [&](size_t, const Result<intake::Prepared>& prepared) {
    outcomes.push_back(prepared.ok() ? "ready" : name(prepared.error().code));
  });
  EXPECT_EQ(outcomes, (std::vector<std::string_view>{"ready", "invalid", "ready"}));
}

INSTANTIATE_TEST_SUITE_P(Cores, BatchReaderTest, testing::Values(1U, 2U));

}  // namespace
}  // namespace rapport::api
