#include "access/gate.h"

#include <gtest/gtest.h>

#include "base/posix_disk.h"
#include "store/keys.h"
#include "testing/fakes.h"

namespace rapport::access {
namespace {

constexpr Key kMaster{1, 2, 3};

model::Record contact(std::string id, std::string email) {
  model::Record record;
  record.key = {"contact", std::move(id)};
  record.created = record.version = {1};
  record.fields.set("emails", Json::array()).edit("emails")->push_back(email);
  return record;
}

// Two workspaces, each with a contact, an event of it, and keys.
class GateTest : public testing::Test {
 protected:
  struct Side {
    WorkspaceId id;
    std::string secret;
    std::shared_ptr<store::State> state;
    model::Event event;
  };

  GateTest() {
    control_ = Control::open(folder_ / "control.db", "", kMaster, clock_, random_).value();
    store::EventLogOptions options;
    options.folder = folder_.path();
    options.master = kMaster;
    log_ = store::EventLog::open(options, disk_, clock_, random_, failpoints_, metrics_, reporter_)
               .value();
    gate_ = std::make_unique<Gate>(
        *control_, *log_,
        [this](WorkspaceId id) {
          ++opened_;
          return open_state(id);
        },
        &reporter_);
    acme_ = make_side("acme", "con_acme", "ana@acme.example");
    beta_ = make_side("beta", "con_beta", "bob@beta.example");
  }

  Result<std::shared_ptr<store::State>> open_state(WorkspaceId id) {
    TRY_ASSIGN(auto state, store::open_sqlite_state(folder_ / std::to_string(id.value) + ".db", "",
                                                    store::StateMode::kWrite));
    return std::shared_ptr<store::State>(std::move(state));
  }

  Side make_side(std::string name, std::string contact_id, std::string email) {
    Side side;
    side.id = control_->create_workspace(name)->id;
    side.secret =
        control_->create_key(side.id, "", {Scope::kRead, Scope::kIngest}, std::nullopt)->secret;
    log_->keys().add_workspace(side.id).value();
    side.event.workspace = side.id;
    side.event.type = "message.sent";
    side.event.subject = log_->keys().allocate(side.id).value();
    side.event.properties.set("text", "of " + name);
    log_->stage(side.event, {}).value();
    log_->commit().value();
    side.state = open_state(side.id).value();
    store::Changes changes;
    changes.cursor = {side.event.sequence, {}, side.event.received_at, {}, 1};
    const auto record = contact(contact_id, email);
    changes.puts.push_back({record, {}, model::index_entries(record)});
    changes.postings.push_back({"subject/1", side.event.sequence, side.event.position});
    side.state->apply(changes).value();
    return side;
  }

  Tenant admit(const Side& side) { return gate_->admit(side.secret, Scope::kRead).value(); }

  TemporaryFolder folder_;
  ManualClock clock_;
  SeededRandom random_{1};
  PosixDisk disk_;
  NoFailpoints failpoints_;
  Metrics metrics_;
  KeepingReporter reporter_;
  std::unique_ptr<Control> control_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<Gate> gate_;
  int opened_ = 0;
  Side acme_, beta_;
};

TEST_F(GateTest, ATenantReadsItsOwn) {
  Tenant tenant = admit(acme_);
  EXPECT_EQ(tenant.workspace(), acme_.id);
  EXPECT_EQ(tenant.principal().workspace_name, "acme");
  EXPECT_TRUE(tenant.may(Scope::kIngest));
  EXPECT_FALSE(tenant.may(Scope::kErase));
  EXPECT_EQ(tenant.record("contact", "con_acme")->key.id, "con_acme");
  const auto events =
      tenant.events("subject/1", {}, 10, store::PageRequest::Order::kOldest).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].property("text"), "of acme");
}

// The same question gets the same bytes whether the record is another's or nobody's.
TEST_F(GateTest, ForeignAndMissingRecordsGetTheSameAnswer) {
  const auto answer = [&](const Side& side, std::string id) {
    const auto found = admit(side).record("contact", id);
    EXPECT_FALSE(found.ok()) << id;
    const Error& error = found.error();
    std::string words = std::string(name(error.code)) + "|" + error.message + "|" + error.where;
    words.replace(words.find(id), id.size(), "ID");
    return words + (error.retryable == Retryable::kYes ? "|again" : "");
  };
  const std::string missing = answer(acme_, "con_none");
  EXPECT_EQ(answer(acme_, "con_beta"), missing);
  EXPECT_EQ(answer(beta_, "con_acme"), missing);
  EXPECT_EQ(answer(beta_, "con_none"), missing);
}

TEST_F(GateTest, NoListLeadsIntoAnotherWorkspace) {
  store::PageRequest request;
  request.type = "contact";
  const auto page = admit(acme_).state().list(request).value();
  ASSERT_EQ(page.records.size(), 1u);
  EXPECT_EQ(page.records[0].key.id, "con_acme");
  request.field = "emails";
  request.value = "bob@beta.example";
  EXPECT_TRUE(admit(acme_).state().list(request)->records.empty());
  EXPECT_EQ(admit(beta_).state().list(request)->records.size(), 1u);
}

// A posting that points at a foreign event can only come from a bug or a damaged file.
TEST_F(GateTest, AForeignEventInAListIsDroppedAndReported) {
  store::Changes changes;
  changes.cursor = {{2}, {}, acme_.event.received_at, {}, 1};
  changes.postings.push_back({"subject/1", {2}, beta_.event.position});
  ASSERT_TRUE(acme_.state->apply(changes).ok());
  const auto events =
      admit(acme_).events("subject/1", {}, 10, store::PageRequest::Order::kOldest).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].workspace, acme_.id);
  EXPECT_TRUE(reporter_.has("gate.foreign_event_dropped"));
}

TEST_F(GateTest, AMissingScopeIsNamedWithThoseTheKeyHas) {
  const auto refused = gate_->admit(acme_.secret, Scope::kErase);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kForbidden);
  EXPECT_NE(refused.error().message.find("erase"), std::string::npos);
  EXPECT_NE(refused.error().message.find("ingest, read"), std::string::npos);
  EXPECT_EQ(gate_->admit("rpt_live_x", Scope::kRead).error().code, Code::kUnauthenticated);
}

TEST_F(GateTest, AServerKeyOpensNoWorkspace) {
  const auto admin = control_->create_key({}, "", {Scope::kAdmin}, std::nullopt).value();
  EXPECT_TRUE(gate_->authenticate(admin.secret, Scope::kAdmin).ok());
  EXPECT_EQ(gate_->admit(admin.secret, Scope::kAdmin).error().code, Code::kForbidden);
  EXPECT_EQ(gate_->admit(admin.secret, Scope::kRead).error().code, Code::kForbidden);
}

TEST_F(GateTest, AnAdminKeyOfAWorkspaceOpensThatOneOnly) {
  const auto admin =
      control_->create_key(acme_.id, "", {Scope::kAdmin, Scope::kRead}, std::nullopt).value();
  Tenant tenant = gate_->admit(admin.secret, Scope::kAdmin).value();
  EXPECT_EQ(tenant.workspace(), acme_.id);
  EXPECT_FALSE(tenant.record("contact", "con_beta").ok());
}

TEST_F(GateTest, AWorkspaceIsOpenedOnceAndForgottenWhenDeleted) {
  admit(acme_);
  admit(acme_);
  EXPECT_EQ(opened_, 1);
  ASSERT_TRUE(control_->remove_workspace(acme_.id).ok());
  gate_->forget(acme_.id);
  EXPECT_EQ(gate_->admit(acme_.secret, Scope::kRead).error().code, Code::kUnauthenticated);
  EXPECT_EQ(opened_, 1);
  EXPECT_TRUE(admit(beta_).record("contact", "con_beta").ok());
}

}  // namespace
}  // namespace rapport::access
