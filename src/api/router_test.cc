#include "api/router.h"

#include <gtest/gtest.h>

#include "api/live/live_view.h"
#include "api/problem.h"
#include "base/posix_disk.h"
#include "base/text.h"
#include "store/keys.h"
#include "testing/fakes.h"

namespace rapport::api {
namespace {

using access::Scope;

constexpr Key kMaster{4, 5, 6};

// A server's rooms over a temporary folder, folded by the test's own thread.
class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    control_ = access::Control::open(folder_ / "control.db", "", kMaster, clock_, random_).value();
    log_ = store::EventLog::open({folder_.path(), "", kMaster, 1 << 20}, disk_, clock_, random_,
                                 failpoints_, metrics_, reporter_)
               .value();
    intake_ =
        std::make_unique<intake::Intake>(*log_, clock_, random_, metrics_, intake::IntakeOptions{});
    workspace_ = control_->create_workspace("acme")->id;
    EXPECT_TRUE(log_->keys().add_workspace(workspace_).ok());
    runner_ = std::make_unique<flow::Runner>(
        *log_, engine_, [this](WorkspaceId id, store::StateMode) { return open_state(id); }, clock_,
        failpoints_, metrics_, reporter_, flow::RunnerOptions{},
        [](WorkspaceId, const store::Cursor&) {});
    EXPECT_TRUE(
        runner_->open({workspace_}, [](WorkspaceId, const std::string&) { return Result<void>(); })
            .ok());
    gate_ = std::make_unique<access::Gate>(
        *control_, *log_,
        [this](WorkspaceId id) -> Result<std::shared_ptr<store::State>> {
          TRY_ASSIGN(auto state, open_state(id));
          return std::shared_ptr<store::State>(std::move(state));
        },
        &reporter_);
    declaring_ = std::make_unique<Declaring>(*intake_, *runner_, *log_, engine_, clock_);
    context_ = std::make_unique<Context>(Context{*control_,
                                                 *gate_,
                                                 *intake_,
                                                 *log_,
                                                 *runner_,
                                                 clock_,
                                                 metrics_,
                                                 reporter_,
                                                 *declaring_,
                                                 {}});
    key_ =
        control_->create_key(workspace_, "", {Scope::kRead, Scope::kWrite}, std::nullopt)->secret;
    admin_ = control_->create_key({}, "", {Scope::kAdmin}, std::nullopt)->secret;
    router_ = std::make_unique<Router>(*context_, routes());
  }

  Result<std::unique_ptr<store::State>> open_state(WorkspaceId id) {
    return store::open_sqlite_state(folder_ / std::to_string(id.value) + ".db", "",
                                    store::StateMode::kWrite);
  }

  // Answers with what it was given.
  static Result<HttpResponse> echo(Call& call) {
    Json out = Json::object();
    for (const auto& [key, value] : call.path) out.set("path." + key, value);
    for (const auto& [key, value] : call.query) out.set("query." + key, value);
    TRY_ASSIGN(const int64_t limit, call.query_number("limit", 50, 1, 1000));
    return json_answer(out.set("limit", limit).set("body", call.body));
  }

  static std::vector<Route> routes() {
    return {{"GET", "/open", "open", Where::kOpen, Scope::kRead, echo},
            {"GET", "/things", "list", Where::kWorkspace, Scope::kRead, echo},
            {"POST", "/things", "make", Where::kWorkspace, Scope::kWrite, echo},
            {"GET", "/things/{id}", "get", Where::kWorkspace, Scope::kRead, echo},
            {"DELETE", "/things/{id}", "erase", Where::kWorkspace, Scope::kErase, echo},
            {"GET", "/live", "live", Where::kWorkspace, Scope::kRead,
             [](Call& call) {
               call.follows = true;
               return echo(call);
             }},
            {"GET", "/server", "server", Where::kServer, Scope::kAdmin, echo}};
  }

  Outcome handle(std::string method, std::string target, std::string key = {},
                 std::string body = {}) {
    HttpRequest request{std::move(method), std::move(target), {}, std::move(body), "127.0.0.1:1"};
    if (!key.empty()) request.headers.emplace_back("Authorization", "Bearer " + key);
    return router_->handle(request);
  }
  HttpResponse answer(std::string method, std::string target, std::string key = {},
                      std::string body = {}) {
    auto outcome = handle(std::move(method), std::move(target), std::move(key), std::move(body));
    return std::holds_alternative<HttpResponse>(outcome) ? std::get<HttpResponse>(outcome)
                                                         : HttpResponse{999, {}, "waits"};
  }
  Json body(const HttpResponse& response) { return parse_json(response.body).value(); }

  Sequence append_event() {
    model::Event event;
    event.workspace = workspace_;
    event.origin = model::Origin::kServer;
    event.type = model::kTick;
    return intake_->append(std::move(event)).value();
  }

  TemporaryFolder folder_;
  ManualClock clock_;
  SeededRandom random_{7};
  PosixDisk disk_;
  NoFailpoints failpoints_;
  Metrics metrics_;
  KeepingReporter reporter_;
  std::unique_ptr<access::Control> control_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<intake::Intake> intake_;
  decide::Engine engine_{decide::first_basics()};
  std::unique_ptr<flow::Runner> runner_;
  std::unique_ptr<access::Gate> gate_;
  std::unique_ptr<Declaring> declaring_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<Router> router_;
  WorkspaceId workspace_;
  std::string key_, admin_;
};

TEST_F(RouterTest, AnUnknownPathIs404) {
  const auto response = answer("GET", "/nothing");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(body(response).text("detail").find("/nothing"), std::string_view::npos);
  EXPECT_EQ(answer("GET", "/things/a/b", key_).status, 404);
}

TEST_F(RouterTest, AWrongMethodIs405WithThoseThatThereAre) {
  const auto response = answer("PUT", "/things", key_);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header(response.headers, "Allow"), "GET, POST");
  EXPECT_EQ(header(answer("POST", "/things/x", key_).headers, "Allow"), "GET, DELETE");
}

TEST_F(RouterTest, HeadIsAnsweredWhereGetIs) {
  EXPECT_EQ(answer("HEAD", "/open").status, 200);
}

TEST_F(RouterTest, PathAndQueryAreDecoded) {
  const Json got = body(answer("GET", "/things/a%2Fb%20c?email=a%2Bb%40x.example&name=A+B", key_));
  EXPECT_EQ(got.text("path.id"), "a/b c");
  EXPECT_EQ(got.text("query.email"), "a+b@x.example");
  EXPECT_EQ(got.text("query.name"), "A B");
}

TEST_F(RouterTest, WhatIsNoPercentEncodedUtf8IsRefused) {
  EXPECT_EQ(answer("GET", "/things?x=%zz", key_).status, 400);
  EXPECT_EQ(answer("GET", "/things?x=%ff", key_).status, 400);
  EXPECT_EQ(answer("GET", "/things/%ff", key_).status, 404);
}

TEST_F(RouterTest, NumbersAreCheckedAndNamed) {
  for (std::string_view wrong : {"0", "1001", "ten", "5x", "", "-1", "99999999999999999999"}) {
    const auto response = answer("GET", "/things?limit=" + std::string(wrong), key_);
    EXPECT_EQ(response.status, 400) << wrong;
    EXPECT_EQ(body(response).text("where"), "limit") << wrong;
  }
  EXPECT_EQ(body(answer("GET", "/things?limit=1000", key_)).integer("limit"), 1000);
  EXPECT_EQ(body(answer("GET", "/things", key_)).integer("limit"), 50);
}

TEST_F(RouterTest, AKeyIsAskedForWithItsScope) {
  EXPECT_EQ(answer("GET", "/open").status, 200);
  const auto nobody = answer("GET", "/things");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_FALSE(header(nobody.headers, "WWW-Authenticate").empty());
  EXPECT_EQ(answer("GET", "/things", "rpt_live_wrong").status, 401);
  EXPECT_EQ(answer("DELETE", "/things/x", key_).status, 403);
  EXPECT_EQ(answer("GET", "/server", key_).status, 403);
  EXPECT_EQ(answer("GET", "/server", admin_).status, 200);
  EXPECT_EQ(answer("GET", "/things", admin_).status, 403);
}

TEST_F(RouterTest, ABodyMustBeJson) {
  EXPECT_EQ(answer("POST", "/things", key_, "{\"a\":1}").status, 200);
  EXPECT_EQ(answer("POST", "/things", key_, "{\"a\":").status, 400);
  EXPECT_EQ(answer("POST", "/things", key_).status, 200);
}

TEST_F(RouterTest, ASequenceNotYetFoldedIsWaitedFor) {
  const Sequence sequence = append_event();
  const std::string target = "/things?min_sequence=" + std::to_string(sequence.value);
  const auto outcome = handle("GET", target, key_);
  ASSERT_TRUE(std::holds_alternative<Wait>(outcome));
  EXPECT_EQ(std::get<Wait>(outcome).sequence, sequence);
  EXPECT_EQ(std::get<Wait>(outcome).workspace, workspace_);
  while (runner_->step().value() != 0) {
  }
  EXPECT_EQ(answer("GET", target, key_).status, 200);
}

TEST_F(RouterTest, ASequenceBeyondTheLogIsRefused) {
  const auto response = answer("GET", "/things?min_sequence=77", key_);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(body(response).text("where"), "min_sequence");
  EXPECT_EQ(answer("GET", "/things?min_sequence=-1", key_).status, 400);
}

TEST(Credentials, ComeAsBearerOrAsBasicUser) {
  const auto of = [](std::string value) {
    HttpRequest request;
    request.headers.emplace_back("authorization", std::move(value));
    return credentials_of(request);
  };
  EXPECT_EQ(of("Bearer abc"), "abc");
  EXPECT_EQ(of("bearer abc"), "abc");
  EXPECT_EQ(of("Basic " + to_base64("abc:")), "abc");
  EXPECT_EQ(of("Basic " + to_base64("abc:pass")), "abc");
  EXPECT_EQ(of("Basic !!"), "");
  EXPECT_EQ(of("Digest abc"), "");
  EXPECT_EQ(of("abc"), "");
  EXPECT_EQ(credentials_of(HttpRequest{}), "");
}

TEST_F(RouterTest, AStreamIsForWhoMayReadTheWorkspace) {
  const auto outcome = handle("GET", "/live", key_);
  ASSERT_TRUE(std::holds_alternative<Follow>(outcome));
  EXPECT_EQ(std::get<Follow>(outcome).workspace, workspace_);
  EXPECT_EQ(std::get<Follow>(outcome).key, key_);
  EXPECT_EQ(answer("GET", "/live", admin_).status, 403);
  EXPECT_EQ(answer("GET", "/live").status, 401);
  EXPECT_EQ(answer("HEAD", "/live", key_).status, 200) << "a head has no stream";
}

// One look tells what is new, a second one nothing, and a change is told once.
TEST_F(RouterTest, ALiveViewTellsEachChangeOnce) {
  int64_t waiting = 1;
  Operations operations;
  operations.connections = [&](WorkspaceId) -> Result<Json> {
    return Json(Json::Array{Json::object().set("id", "crm").set("waiting", waiting)});
  };
  auto tenant = gate_->admit(key_, Scope::kRead).value();
  LiveView view;
  const auto first = view.look(tenant, operations).value();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].name, "connection");
  EXPECT_TRUE(view.look(tenant, operations)->empty());
  waiting = 2;
  EXPECT_EQ(view.look(tenant, operations)->size(), 1u);
  const auto all = view.snapshot(Micros{0});
  EXPECT_EQ(all.name, "snapshot");
  EXPECT_EQ(all.content.find("connections")->as_array()[0].integer("waiting"), 2);
  EXPECT_TRUE(to_text(all).starts_with("event: snapshot\ndata: {"));
  EXPECT_TRUE(to_text(all).ends_with("}\n\n"));
}

}  // namespace
}  // namespace rapport::api
