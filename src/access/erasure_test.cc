#include "access/erasure.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/posix_disk.h"
#include "store/event_log.h"
#include "testing/fakes.h"

namespace rapport::access {
namespace {

constexpr Key kMaster{4, 5, 6};
constexpr std::string_view kCanary = "canary-of-ana-7f3a";

Digest16 digest_of(uint8_t byte) {
  Digest16 digest;
  digest.fill(byte);
  return digest;
}

// A workspace on real stores. Folding is done by hand: what decide makes of contact.erased.
class ErasureTest : public testing::Test {
 protected:
  ErasureTest() {
    control_ = Control::open(folder_ / "control.db", "", kMaster, clock_, random_).value();
    store::EventLogOptions options;
    options.folder = folder_.path();
    options.master = kMaster;
    options.segment_bytes = 1 << 20;
    log_ = store::EventLog::open(options, disk_, clock_, random_, failpoints_, metrics_, reporter_)
               .value();
    workspace_ = control_->create_workspace("acme")->id;
    log_->keys().add_workspace(workspace_).value();
    state_ = store::open_sqlite_state(folder_ / "state.db", "", store::StateMode::kWrite).value();
    erasure_ = std::make_unique<Erasure>(steps(), log_->keys(), log_->ids(), *control_);
  }

  ErasureSteps steps() {
    ErasureSteps steps;
    steps.append = [this](model::Event event) -> Result<Sequence> {
      TRY(step("append"));
      ++erased_events_;
      last_ = event;
      return log_->append(std::move(event));
    };
    steps.wait_folded = [this](WorkspaceId, Sequence sequence) -> Result<void> {
      TRY(step("wait_folded"));
      fold(sequence);
      return {};
    };
    steps.state = [this](WorkspaceId) { return Result(state_); };
    steps.add_tombstone = [this](WorkspaceId, const std::string& contact,
                                 std::span<const SubjectId> subjects) -> Result<void> {
      TRY(step("add_tombstone"));
      tombstones_[contact] = {subjects.begin(), subjects.end()};
      return {};
    };
    steps.quarantined_with = [](WorkspaceId, const std::vector<std::string>&) {
      return Result(std::set<SubjectId>());
    };
    steps.renew_base = [this](WorkspaceId) { return step("renew_base"); };
    steps.scrub = [this](WorkspaceId) -> Result<void> {
      TRY(step("scrub"));
      return state_->scrub();
    };
    return steps;
  }

  // Each step counts its calls; the one named in `failing_` fails.
  Result<void> step(const std::string& name) {
    ++calls_[name];
    if (name == failing_) return io_error("no such luck");
    return {};
  }

  void fold(Sequence sequence) {
    store::Changes changes = changes_at(sequence);
    const std::string contact(last_.property("contact"));
    remove(changes, "contact", contact);
    for (const Json& number : last_.properties.find("subjects")->as_array()) {
      remove(changes, "subject", std::to_string(number.as_int()));
      changes.lists_removed.push_back("subject/" + std::to_string(number.as_int()));
    }
    model::Record erasure;
    erasure.key = {"erasure", contact};
    erasure.created = erasure.version = sequence;
    erasure.fields.set("status", "open").set("subjects", *last_.properties.find("subjects"));
    put(changes, erasure);
    state_->apply(changes).value();
    if (arriving_) std::exchange(arriving_, nullptr)();
  }

  store::Changes changes_at(Sequence sequence) {
    store::Changes changes;
    changes.cursor = {sequence, {}, clock_.now(), {}, 1};
    return changes;
  }
  std::optional<model::Record> load(std::string type, std::string id) {
    const model::RecordKey key{std::move(type), std::move(id)};
    return state_->load({&key, 1})->front();
  }
  void put(store::Changes& changes, const model::Record& record) {
    const auto old = load(record.key.type, record.key.id);
    changes.puts.push_back({record,
                            old ? model::index_entries(*old) : std::vector<model::IndexEntry>(),
                            model::index_entries(record)});
  }
  void remove(store::Changes& changes, std::string type, std::string id) {
    if (const auto old = load(type, id))
      changes.removals.push_back({old->key, model::index_entries(*old)});
  }

  SubjectId new_subject() { return log_->keys().allocate(workspace_).value(); }

  // A contact with these subjects, an event of each, and a binding.
  void add_contact(const std::string& id, const std::vector<SubjectId>& subjects,
                   std::vector<std::string> former = {}) {
    model::Record contact;
    contact.key = {"contact", id};
    contact.fields.set("name", std::string(kCanary) + id).set("subjects", Json::array());
    contact.fields.set("former_ids", Json::array());
    for (const auto& one : former) contact.fields.edit("former_ids")->push_back(one);
    store::Changes changes;
    for (SubjectId subject : subjects) {
      model::Event event;
      event.workspace = workspace_;
      event.subject = subject;
      event.type = "message.sent";
      event.properties.set("text", std::string(kCanary) + id);
      const Sequence sequence = log_->append(event).value();
      changes.cursor = changes_at(sequence).cursor;
      contact.created = contact.version = sequence;
      contact.fields.edit("subjects")->push_back(subject.value);
      model::Record record;
      record.key = {"subject", std::to_string(subject.value)};
      record.created = record.version = sequence;
      record.fields.set("contact", id);
      put(changes, record);
      const auto hash = digest_of(static_cast<uint8_t>(subject.value));
      log_->ids().bind(workspace_, {hash, subject, {}}, sequence);
    }
    put(changes, contact);
    state_->apply(changes).value();
  }

  bool key_lives(SubjectId subject) { return log_->keys().find(workspace_, subject).ok(); }
  bool is_bound(SubjectId subject) {
    const auto hash = digest_of(static_cast<uint8_t>(subject.value));
    return log_->ids().bound(workspace_, hash)->has_value();
  }
  void expect_gone(const std::string& id, const std::vector<SubjectId>& subjects) {
    EXPECT_FALSE(load("contact", id)) << id;
    for (SubjectId subject : subjects) {
      EXPECT_FALSE(load("subject", std::to_string(subject.value))) << subject.value;
      EXPECT_FALSE(key_lives(subject)) << subject.value;
      EXPECT_FALSE(is_bound(subject)) << subject.value;
    }
  }
  bool on_disk(std::string_view text) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find(text) != bytes.npos) return true;
    }
    return false;
  }

  TemporaryFolder folder_;
  ManualClock clock_;
  SeededRandom random_{1};
  PosixDisk disk_;
  NoFailpoints failpoints_;
  Metrics metrics_;
  KeepingReporter reporter_;
  std::unique_ptr<Control> control_;
  std::unique_ptr<store::EventLog> log_;
  std::shared_ptr<store::State> state_;
  std::unique_ptr<Erasure> erasure_;
  WorkspaceId workspace_;

  std::string failing_;
  std::map<std::string, int> calls_;
  int erased_events_ = 0;
  model::Event last_;
  std::function<void()> arriving_;  // happens once, right after the next fold
  std::map<std::string, std::vector<SubjectId>> tombstones_;
};

TEST_F(ErasureTest, TakesTheContactWithAllItsSubjectsAndNobodyElse) {
  const SubjectId a = new_subject(), b = new_subject(), other = new_subject();
  add_contact("con_ana", {a, b});
  add_contact("con_bob", {other});
  ASSERT_TRUE(on_disk(std::string(kCanary) + "con_ana"));
  const auto report = erasure_->erase(workspace_, "con_ana").value();
  EXPECT_EQ(report.contacts, std::vector<std::string>{"con_ana"});
  EXPECT_EQ(report.subjects, 2u);
  expect_gone("con_ana", {a, b});
  EXPECT_EQ(tombstones_["con_ana"], (std::vector<SubjectId>{a, b}));
  EXPECT_FALSE(on_disk(std::string(kCanary) + "con_ana"));
  EXPECT_TRUE(load("contact", "con_bob"));
  EXPECT_TRUE(key_lives(other));
  EXPECT_TRUE(is_bound(other));
  EXPECT_TRUE(on_disk(std::string(kCanary) + "con_bob"));
  EXPECT_EQ(last_.type, model::kContactErased);
  EXPECT_EQ(last_.origin, model::Origin::kServer);
  EXPECT_EQ(last_.subject, SubjectId{});
}

TEST_F(ErasureTest, RefusesAContactThatIsNotThere) {
  add_contact("con_bob", {new_subject()});
  EXPECT_EQ(erasure_->erase(workspace_, "con_ana").error().code, Code::kNotFound);
  EXPECT_EQ(erasure_->erase(workspace_, "").error().code, Code::kNotFound);
  EXPECT_EQ(erased_events_, 0);
  EXPECT_TRUE(load("contact", "con_bob"));
}

TEST_F(ErasureTest, ErasingAgainChangesNothing) {
  add_contact("con_ana", {new_subject()});
  ASSERT_TRUE(erasure_->erase(workspace_, "con_ana").ok());
  const auto calls = calls_;
  EXPECT_TRUE(erasure_->erase(workspace_, "con_ana")->was_erased_before);
  EXPECT_EQ(erasure_->resume(workspace_).value(), 0);
  EXPECT_EQ(calls_, calls);
}

TEST_F(ErasureTest, AFormerIdErasesThePersonItWasMergedInto) {
  const SubjectId a = new_subject(), b = new_subject();
  add_contact("con_keep", {a, b}, {"con_old"});
  const auto report = erasure_->erase(workspace_, "con_old").value();
  EXPECT_EQ(report.contacts, std::vector<std::string>{"con_keep"});
  expect_gone("con_keep", {a, b});
}

// A crash is an error at each step, after which the server starts again.
TEST_F(ErasureTest, GoesOnAfterItWasCutShortAnywhere) {
  for (const std::string step : {"wait_folded", "add_tombstone", "renew_base", "scrub"}) {
    const SubjectId a = new_subject();
    add_contact("con_" + step, {a});
    failing_ = step;
    ASSERT_FALSE(erasure_->erase(workspace_, "con_" + step).ok()) << step;
    EXPECT_FALSE(erasure_->resume(workspace_).ok() && step != "wait_folded") << step;
    failing_.clear();
    if (step == "wait_folded") fold(log_->log().head(workspace_).sequence);  // the runner goes on
    erasure_ = std::make_unique<Erasure>(steps(), log_->keys(), log_->ids(), *control_);
    EXPECT_EQ(erasure_->resume(workspace_).value(), 1) << step;
    expect_gone("con_" + step, {a});
    EXPECT_FALSE(on_disk(std::string(kCanary) + "con_" + step)) << step;
    EXPECT_EQ(tombstones_.count("con_" + step), 1u) << step;
    EXPECT_EQ(erasure_->resume(workspace_).value(), 0) << step;
  }
}

TEST_F(ErasureTest, NothingIsLostWhenTheFirstStepFails) {
  const SubjectId a = new_subject();
  add_contact("con_ana", {a});
  failing_ = "append";
  ASSERT_FALSE(erasure_->erase(workspace_, "con_ana").ok());
  EXPECT_TRUE(load("contact", "con_ana"));
  EXPECT_TRUE(key_lives(a));
  EXPECT_TRUE(is_bound(a));
  failing_.clear();
  EXPECT_EQ(erasure_->resume(workspace_).value(), 0);
  ASSERT_TRUE(erasure_->erase(workspace_, "con_ana").ok());
  expect_gone("con_ana", {a});
}

TEST_F(ErasureTest, ErasesWhatAnEventOnItsWayBroughtBack) {
  const SubjectId a = new_subject();
  add_contact("con_ana", {a});
  arriving_ = [&] { add_contact("con_again", {a}); };
  const auto report = erasure_->erase(workspace_, "con_ana").value();
  EXPECT_EQ(report.contacts, (std::vector<std::string>{"con_again", "con_ana"}));
  expect_gone("con_ana", {a});
  expect_gone("con_again", {a});
  EXPECT_EQ(erased_events_, 2);
  EXPECT_FALSE(on_disk(kCanary));
}

TEST_F(ErasureTest, FollowsAMergeThatCameBetween) {
  const SubjectId a = new_subject(), b = new_subject();
  add_contact("con_ana", {a});
  arriving_ = [&] { add_contact("con_keep", {b}, {"con_ana"}); };
  ASSERT_TRUE(erasure_->erase(workspace_, "con_ana").ok());
  expect_gone("con_ana", {a});
  expect_gone("con_keep", {b});
}

TEST_F(ErasureTest, GivesUpWhenEventsNeverStop) {
  const SubjectId a = new_subject();
  add_contact("con_ana", {a});
  std::function<void()> again = [&] {
    add_contact("con_ana", {a});
    arriving_ = again;
  };
  arriving_ = again;
  const auto answer = erasure_->erase(workspace_, "con_ana");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_EQ(answer.error().retryable, Retryable::kYes);
  arriving_ = nullptr;
  ASSERT_TRUE(erasure_->erase(workspace_, "con_ana").ok());
  expect_gone("con_ana", {a});
}

}  // namespace
}  // namespace rapport::access
