#include "access/control.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "access/api_key.h"
#include "base/text.h"
#include "testing/fakes.h"

namespace rapport::access {
namespace {

Key key_of(uint8_t byte) {
  Key key;
  key.fill(byte);
  return key;
}

std::string bytes_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// As somebody would who got hold of the file.
void tamper(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
      << (message ? message : "");
  sqlite3_close(db);
}

class ControlTest : public testing::Test {
 protected:
  std::unique_ptr<Control> open(uint8_t master = 7) {
    return Control::open(path(), "", key_of(master), clock_, random_).value();
  }
  std::string path() const { return folder_ / "control.db"; }
  // Every byte of the data folder.
  std::string disk() const {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      all += bytes_of_file(entry.path());
    return all;
  }
  NewKey key(Control& control, WorkspaceId workspace, std::set<Scope> scopes = {Scope::kRead}) {
    return control.create_key(workspace, "test", std::move(scopes), std::nullopt).value();
  }

  TemporaryFolder folder_;
  ManualClock clock_;
  SeededRandom random_{1};
};

// Workspaces

TEST_F(ControlTest, WorkspacesHaveUniqueNamesAndNumbersThatAreNeverGivenAgain) {
  auto control = open();
  const Workspace acme = control->create_workspace("acme").value();
  const Workspace beta = control->create_workspace("beta-2").value();
  EXPECT_NE(acme.id, beta.id);
  EXPECT_NE(acme.id, WorkspaceId{});
  EXPECT_EQ(acme.created_at, clock_.now());
  EXPECT_EQ(control->create_workspace("acme").error().code, Code::kConflict);
  EXPECT_EQ(control->workspace("beta-2")->id, beta.id);
  EXPECT_EQ(control->workspace(acme.id)->name, "acme");
  EXPECT_EQ(control->workspaces()->size(), 2u);

  ASSERT_TRUE(control->remove_workspace(beta.id).ok());
  EXPECT_EQ(control->workspace("beta-2").error().code, Code::kNotFound);
  EXPECT_EQ(control->workspace(beta.id).error().code, Code::kNotFound);
  EXPECT_EQ(control->remove_workspace(beta.id).error().code, Code::kNotFound);
  control = open();
  EXPECT_GT(control->create_workspace("beta-2")->id, beta.id);
}

TEST_F(ControlTest, WorkspaceNamesOutsideTheRuleAreRefused) {
  auto control = open();
  for (std::string name : {"", "Acme", "a b", "a_b", "a/b", "../x", "é", "a\n"})
    EXPECT_EQ(control->create_workspace(name).error().code, Code::kInvalid) << name;
  EXPECT_FALSE(control->create_workspace(std::string("a\0b", 3)).ok());
  EXPECT_FALSE(control->create_workspace(std::string(41, 'a')).ok());
  EXPECT_TRUE(control->create_workspace(std::string(40, 'a')).ok());
  EXPECT_TRUE(control->create_workspace("0-9").ok());
}

// Keys (S18)

TEST_F(ControlTest, AKeyAuthenticatesAsWhatItWasMadeFor) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const NewKey made = key(*control, acme, {Scope::kIngest, Scope::kErase});
  for (int reopened = 0; reopened < 2; ++reopened, control = open()) {
    const Principal who = control->authenticate(made.secret).value();
    EXPECT_EQ(who.key_id, made.key.id);
    EXPECT_EQ(who.workspace, acme);
    EXPECT_EQ(who.workspace_name, "acme");
    EXPECT_EQ(who.scopes, (std::set<Scope>{Scope::kIngest, Scope::kErase}));
  }
}

TEST_F(ControlTest, UnknownMisspeltExpiredAndRevokedGetOneAnswer) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const NewKey revoked = key(*control, acme);
  ASSERT_TRUE(control->revoke_key(revoked.key.id).ok());
  const NewKey expired =
      control->create_key(acme, "", {Scope::kRead}, clock_.now() + seconds(10)).value();
  EXPECT_TRUE(control->authenticate(expired.secret).ok());
  clock_.advance(seconds(10));
  std::string misspelt = key(*control, acme).secret;
  misspelt.back() = misspelt.back() == 'A' ? 'B' : 'A';
  const Error expected = control->authenticate("").error();
  EXPECT_EQ(expected.code, Code::kUnauthenticated);
  for (const std::string& secret :
       {revoked.secret, expired.secret, misspelt, make_secret(kApiKeyPrefix, random_),
        revoked.key.id, std::string(100'000, 'x')}) {
    const auto answer = control->authenticate(secret);
    ASSERT_FALSE(answer.ok()) << secret.substr(0, 80);
    EXPECT_EQ(answer.error().code, expected.code);
    EXPECT_EQ(answer.error().message, expected.message);
    EXPECT_EQ(answer.error().where, expected.where);
  }
}

TEST_F(ControlTest, RevokingHoldsAtOnceAndForEver) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const NewKey one = key(*control, acme), other = key(*control, acme);
  ASSERT_TRUE(control->authenticate(one.secret).ok());
  ASSERT_TRUE(control->revoke_key(one.key.id).ok());
  EXPECT_FALSE(control->authenticate(one.secret).ok());
  EXPECT_TRUE(control->authenticate(other.secret).ok());
  clock_.advance(seconds(1));
  ASSERT_TRUE(control->revoke_key(one.key.id).ok());  // again: the first time stays
  EXPECT_EQ(control->revoke_key("key_nobody").error().code, Code::kNotFound);
  control = open();
  EXPECT_FALSE(control->authenticate(one.secret).ok());
  const auto keys = control->keys(acme).value();
  ASSERT_EQ(keys.size(), 2u);
  const ApiKey& listed = keys[0].id == one.key.id ? keys[0] : keys[1];
  EXPECT_EQ(listed.revoked_at, ManualClock::kStart);
}

TEST_F(ControlTest, KeysMadeOrRevokedByAnotherProcessAreSeenSoon) {
  auto server = open();
  const auto acme = server->create_workspace("acme")->id;
  const NewKey old = key(*server, acme);
  auto other = open();
  const NewKey fresh = key(*other, acme);
  ASSERT_TRUE(other->revoke_key(old.key.id).ok());
  clock_.advance(millis(50));
  EXPECT_TRUE(server->authenticate(fresh.secret).ok());
  EXPECT_FALSE(server->authenticate(old.secret).ok());
}

TEST_F(ControlTest, KeysOfARemovedWorkspaceAreGone) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const auto beta = control->create_workspace("beta")->id;
  const NewKey gone = key(*control, acme), stays = key(*control, beta);
  ASSERT_TRUE(control->put_secret(acme, "crm", "canary-secret").ok());
  ASSERT_TRUE(control->authenticate(gone.secret).ok());
  ASSERT_TRUE(control->remove_workspace(acme).ok());
  EXPECT_FALSE(control->authenticate(gone.secret).ok());
  EXPECT_TRUE(control->authenticate(stays.secret).ok());
  EXPECT_EQ(control->keys(std::nullopt)->size(), 1u);
  EXPECT_FALSE(control->secret(acme, "crm")->has_value());
  EXPECT_EQ(control->create_key(acme, "", {Scope::kRead}, std::nullopt).error().code,
            Code::kNotFound);
}

TEST_F(ControlTest, KeysThatMakeNoSenseAreRefused) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const auto where = [&](WorkspaceId workspace, std::string label, std::set<Scope> scopes,
                         std::optional<Micros> expires) {
    const auto made = control->create_key(workspace, label, std::move(scopes), expires);
    return made.ok() ? std::string("made") : made.error().where;
  };
  EXPECT_EQ(where(acme, "", {}, {}), "scopes");
  EXPECT_EQ(where({}, "", {Scope::kAdmin, Scope::kRead}, {}), "scopes");
  EXPECT_EQ(where({}, "", {Scope::kRead}, {}), "scopes");
  EXPECT_EQ(where({}, "", {Scope::kAdmin}, {}), "made");
  EXPECT_EQ(where(acme, "", {Scope::kRead}, clock_.now()), "expires_at");
  EXPECT_EQ(where(acme, std::string(101, 'x'), {Scope::kRead}, {}), "label");
  EXPECT_EQ(where(acme, "\xff", {Scope::kRead}, {}), "label");
}

TEST_F(ControlTest, LastUseIsShownAndKept) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const NewKey made = key(*control, acme);
  EXPECT_FALSE(control->keys(acme)->front().last_used_at);
  clock_.advance(seconds(5));
  ASSERT_TRUE(control->authenticate(made.secret).ok());
  EXPECT_EQ(control->keys(acme)->front().last_used_at, clock_.now());
  clock_.advance(seconds(5));
  const Micros last = clock_.now();
  ASSERT_TRUE(control->authenticate(made.secret).ok());
  key(*control, acme);  // reloading the keys does not forget it
  control.reset();
  clock_.advance(seconds(5));
  EXPECT_EQ(open()->keys(acme)->front().last_used_at, last);
}

TEST_F(ControlTest, ManyThreadsAuthenticateWhileKeysComeAndGo) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const NewKey steady = key(*control, acme);
  std::atomic<bool> stop = false;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      while (!stop)
        if (!control->authenticate(steady.secret).ok()) ++refused;
    });
  for (int i = 0; i < 50; ++i) {
    const NewKey made = key(*control, acme);
    EXPECT_TRUE(control->authenticate(made.secret).ok());
    EXPECT_TRUE(control->revoke_key(made.key.id).ok());
    EXPECT_FALSE(control->authenticate(made.secret).ok());
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(refused, 0);
}

TEST_F(ControlTest, ScopesHaveNames) {
  for (Scope scope : {Scope::kIngest, Scope::kRead, Scope::kWrite, Scope::kErase, Scope::kAdmin})
    EXPECT_EQ(scope_named(name(scope)), scope);
  EXPECT_FALSE(scope_named("Admin"));
  EXPECT_FALSE(scope_named(""));
}

// Setup token

TEST_F(ControlTest, SetupTokenMakesOneAdminKeyOnce) {
  auto control = open();
  const std::string token = control->setup_token()->value();
  EXPECT_EQ(open()->setup_token()->value(), token);  // shown again until it is used
  EXPECT_EQ(control->redeem_setup_token(token + "x").error().code, Code::kUnauthenticated);
  EXPECT_EQ(control->redeem_setup_token("").error().code, Code::kUnauthenticated);
  EXPECT_FALSE(control->authenticate(token).ok());
  const NewKey admin = control->redeem_setup_token(token).value();
  EXPECT_EQ(control->authenticate(admin.secret)->scopes, std::set<Scope>{Scope::kAdmin});
  EXPECT_EQ(control->authenticate(admin.secret)->workspace, WorkspaceId{});
  EXPECT_EQ(control->redeem_setup_token(token).error().code, Code::kUnauthenticated);
  EXPECT_FALSE(control->setup_token()->has_value());
  control = open();
  EXPECT_FALSE(control->setup_token()->has_value());
  EXPECT_FALSE(control->redeem_setup_token(token).ok());
  EXPECT_TRUE(control->authenticate(admin.secret).ok());
}

// Secrets (S19)

TEST_F(ControlTest, SecretsComeBackAndBelongToTheirWorkspace) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const auto beta = control->create_workspace("beta")->id;
  ASSERT_TRUE(control->put_secret(acme, "crm/token", "one").ok());
  ASSERT_TRUE(control->put_secret(beta, "crm/token", "two").ok());
  ASSERT_TRUE(control->put_secret(acme, "crm/token", "three").ok());
  EXPECT_EQ(control->secret(acme, "crm/token")->value(), "three");
  EXPECT_EQ(control->secret(beta, "crm/token")->value(), "two");
  EXPECT_FALSE(control->secret(acme, "crm")->has_value());
  EXPECT_EQ(control->put_secret({99}, "crm", "x").error().code, Code::kNotFound);
}

TEST_F(ControlTest, ASecretMovedToAnotherPlaceDoesNotOpen) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const auto beta = control->create_workspace("beta")->id;
  ASSERT_TRUE(control->put_secret(acme, "crm", "one").ok());
  ASSERT_TRUE(control->put_secret(beta, "crm", "two").ok());
  ASSERT_TRUE(control->put_secret(acme, "mail", "three").ok());
  tamper(path(),
         "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'mail') "
         "WHERE name = 'crm'");
  EXPECT_EQ(control->secret(acme, "crm").error().code, Code::kCorrupt);
  EXPECT_EQ(control->secret(beta, "crm").error().code, Code::kCorrupt);
  EXPECT_EQ(control->secret(acme, "mail")->value(), "three");
}

TEST_F(ControlTest, NoSecretIsInAnyByteOfTheFiles) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  std::vector<std::string> secrets{control->setup_token()->value()};
  for (int i = 0; i < 50; ++i) {
    secrets.push_back(key(*control, acme).secret);
    secrets.push_back("canary-" + std::to_string(random_.number()) + "-canary");
    ASSERT_TRUE(control->put_secret(acme, "crm-" + std::to_string(i), secrets.back()).ok());
  }
  ASSERT_TRUE(control->copy_to(folder_ / "copy.db").ok());
  const std::string open_files = disk();
  control.reset();
  for (const std::string& bytes : {open_files, disk()}) {
    ASSERT_NE(bytes.find("crm-49"), bytes.npos);  // the search does find what is there
    for (const std::string& secret : secrets) {
      EXPECT_EQ(bytes.find(secret.substr(9, 16)), bytes.npos) << secret;
      EXPECT_EQ(bytes.find(to_hex(secret.substr(9, 16))), bytes.npos) << secret;
    }
  }
}

// Master key, copy

TEST_F(ControlTest, AnotherMasterKeyIsRefusedWithWhatToDo) {
  open();
  const auto wrong = Control::open(path(), "", key_of(8), clock_, random_);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Code::kInvalid);
  EXPECT_EQ(wrong.error().where, "master_key");
  open();
}

TEST_F(ControlTest, AFileOfANewerVersionIsRefused) {
  open();
  tamper(path(), "PRAGMA user_version = 99");
  EXPECT_EQ(Control::open(path(), "", key_of(7), clock_, random_).error().code, Code::kUnsupported);
}

TEST_F(ControlTest, ACopyIsAWholeControl) {
  auto control = open();
  const auto acme = control->create_workspace("acme")->id;
  const NewKey made = key(*control, acme);
  ASSERT_TRUE(control->put_secret(acme, "crm", "one").ok());
  ASSERT_TRUE(control->copy_to(folder_ / "copy.db").ok());
  auto copy = Control::open(folder_ / "copy.db", "", key_of(7), clock_, random_).value();
  EXPECT_TRUE(copy->authenticate(made.secret).ok());
  EXPECT_EQ(copy->secret(acme, "crm")->value(), "one");
  EXPECT_EQ(copy->setup_token()->value(), control->setup_token()->value());
}

// Heads

store::Head head(uint64_t sequence, uint8_t chain) {
  store::Head head;
  head.sequence = {sequence};
  head.chain.fill(chain);
  head.received_at = ManualClock::kStart;
  return head;
}

TEST_F(ControlTest, TheLastHeadOfEachWorkspaceIsSigned) {
  auto control = open();
  ASSERT_TRUE(control->sign_head({1}, head(10, 1)).ok());
  ASSERT_TRUE(control->sign_head({1}, head(20, 2)).ok());
  ASSERT_TRUE(control->sign_head({1}, head(20, 2)).ok());
  ASSERT_TRUE(control->sign_head({2}, head(5, 3)).ok());
  control = open();
  const auto heads = control->signed_heads().value();
  ASSERT_EQ(heads.size(), 2u);
  EXPECT_EQ(heads[0].head, head(20, 2));
  EXPECT_EQ(heads[1].head, head(5, 3));
  for (const auto& one : heads) EXPECT_TRUE(one.signature_holds);
}

TEST_F(ControlTest, AHeadBehindTheSignedOneIsNotSigned) {
  auto control = open();
  ASSERT_TRUE(control->sign_head({1}, head(10, 1)).ok());
  EXPECT_EQ(control->sign_head({1}, head(9, 1)).error().code, Code::kConflict);
  EXPECT_EQ(control->sign_head({1}, head(10, 2)).error().code, Code::kConflict);
  EXPECT_EQ(control->signed_heads()->front().head, head(10, 1));
}

TEST_F(ControlTest, EveryChangeOfASignedHeadIsNoticed) {
  for (const char* change :
       {"sequence = 9", "workspace = 2", "chain = x'00'", "received_at = received_at - 1",
        "chain = zeroblob(32)", "signed_at = signed_at + 1", "signature = zeroblob(64)",
        "signature = x''"}) {
    auto control = open();
    ASSERT_TRUE(control->sign_head({1}, head(10, 1)).ok());
    EXPECT_TRUE(control->signed_heads()->front().signature_holds);
    tamper(path(), std::string("UPDATE heads SET ") + change);
    EXPECT_FALSE(control->signed_heads()->front().signature_holds) << change;
    tamper(path(), "DELETE FROM heads");
  }
}

TEST_F(ControlTest, ErasuresDoneAreKnownByTheirVersion) {
  auto control = open();
  EXPECT_FALSE(control->erasure_done({1}, "con_a", {5}).value());
  ASSERT_TRUE(control->note_erasure_done({1}, "con_a", {5}).ok());
  EXPECT_TRUE(control->erasure_done({1}, "con_a", {5}).value());
  EXPECT_FALSE(control->erasure_done({1}, "con_a", {6}).value());
  EXPECT_FALSE(control->erasure_done({2}, "con_a", {5}).value());
  EXPECT_FALSE(control->erasure_done({1}, "con_b", {5}).value());
}

}  // namespace
}  // namespace rapport::access
