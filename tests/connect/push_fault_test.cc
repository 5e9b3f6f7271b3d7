#include <gtest/gtest.h>

#include "connect/push_world.h"

namespace rapport::connect {
namespace {

HttpResponse answer(int status, std::string body, Headers headers = {}) {
  return {status, std::move(headers), std::move(body)};
}

// Answers instead of the vendor while `left` is above zero.
DirectTransport::Before instead(std::shared_ptr<int> left, std::string prefix,
                                Result<HttpResponse> with) {
  return [=](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (*left == 0 || !(request.method + " " + request.target).starts_with(prefix)) {
      return std::nullopt;
    }
    --*left;
    return with;
  };
}

void escalate(PushWorld& world) {
  world.identify("u1", "ana@acme.example", Json::object().set("name", "Ana Lee"));
  world.say("u1", "chat-1", "hello");
  world.track("u1", "conversation.escalated",
              Json::object().set("conversation_id", "chat-1").set("reason", "angry"));
}

void expect_one_of_each(PushWorld& world) {
  EXPECT_EQ(world.effects("create", "contacts"), 1);
  EXPECT_EQ(world.effects("create", "companies"), 1);
  EXPECT_EQ(world.effects("create", "tickets"), 1);
  EXPECT_EQ(world.effects("create", "notes"), 1);
  EXPECT_EQ(world.property("tickets", "hs_ticket_priority"), "HIGH");
  EXPECT_NE(world.property("notes", "hs_note_body").find("hello"), std::string::npos);
  const std::string contact(world.remote("contacts").at(0).text("id"));
  EXPECT_EQ(world.neighbours("contacts", contact, "companies").size(), 1u);
  EXPECT_EQ(world.neighbours("contacts", contact, "notes").size(), 1u);
}

// The remote has the value whose answer was lost; ours is the older one again.
TEST(PushFaults, AValueThatChangesBackAfterALostAnswerIsSentAgain) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com", Json::object().set("title", "Boss"));
  ASSERT_EQ(world.settle(), "");
  world.lose_next(1, "/crm/v3/objects/contacts/batch/update");
  world.identify("u1", "", Json::object().set("title", "Chief"));
  world.fold();
  (void)world.push->step().value();
  EXPECT_EQ(world.property("contacts", "jobtitle"), "Chief");
  world.identify("u1", "", Json::object().set("title", "Boss"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("contacts", "jobtitle"), "Boss");
}

TEST(PushFaults, AValueThatChangesBackAfterACrashIsSentAgain) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com", Json::object().set("title", "Boss"));
  ASSERT_EQ(world.settle(), "");
  world.failpoints.crash_at("push.response_read", 1);
  world.identify("u1", "", Json::object().set("title", "Chief"));
  EXPECT_THROW((void)world.step().ok(), Crash);
  world.restart();
  EXPECT_EQ(world.property("contacts", "jobtitle"), "Chief");
  world.identify("u1", "", Json::object().set("title", "Boss"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("contacts", "jobtitle"), "Boss");
}

TEST(PushFaults, TriesARefusedChangeOnceWhileTheRecordWaitsForSomethingElse) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com", Json::object().set("name", "Ana Lee"));
  ASSERT_EQ(world.settle(), "");
  auto left = std::make_shared<int>(4);
  world.transport.before =
      [left](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (request.target == "/crm/v3/objects/contacts/batch/update") return answer(400, "{}");
    if (request.target != "/crm/v3/objects/companies/batch/create" || *left == 0)
      return std::nullopt;
    --*left;
    return answer(429, "{}");
  };
  world.group("u1", "g-1", Json::object().set("name", "Acme"));
  world.identify("u1", "ana@gmail.com", Json::object().set("title", "Boss"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.calls("POST /crm/v3/objects/contacts/batch/update"), 1);
  EXPECT_EQ(world.effects("create", "companies"), 1);
}

// C8: the remote applied the write, the answer was lost.
TEST(PushFaults, FindsAWriteWhoseAnswerWasLostInsteadOfRepeatingIt) {
  for (const char* path : {"/crm/v3/objects/companies", "/crm/v3/objects/tickets",
                           "/crm/v3/objects/notes", "/crm/v3/objects/contacts/batch/upsert"}) {
    PushWorld world;
    world.lose_next(1, path);
    escalate(world);
    ASSERT_EQ(world.settle(), "") << path;
    expect_one_of_each(world);
  }
}

TEST(PushFaults, SendsAgainOnlyWhenItIsCertainThatTheWriteWillNotAppear) {
  PushWorld world;
  auto left = std::make_shared<int>(1);
  world.transport.before = instead(left, "POST /crm/v3/objects/notes", io_error("reset"));
  escalate(world);
  const Micros start = world.clock.now();
  while (*left > 0) ASSERT_TRUE(world.step().ok());
  EXPECT_EQ(world.records("call").size(), 1u);
  while (world.remote("notes").empty()) {
    auto progress = world.step();
    ASSERT_TRUE(progress.ok());
    if (!progress->worked) world.clock.advance(seconds(1));
  }
  EXPECT_GE(world.clock.now() - start, seconds(35));  // settle and lag of the manifest
  ASSERT_EQ(world.settle(), "");
  expect_one_of_each(world);
}

TEST(PushFaults, SurvivesACrashAtEveryFailpointTwiceInARow) {  // F2
  for (const char* name : {"push.started.durable", "push.request_sent", "push.response_read",
                           "push.outcome.appended", "push.outcome.folded"}) {
    for (int nth = 1; nth <= 4; ++nth) {
      PushWorld world;
      escalate(world);
      world.failpoints.crash_at(name, nth);
      bool reached = false;
      for (int round = 0; round < 3000 && !reached; ++round) {
        try {
          auto progress = world.step();
          ASSERT_TRUE(progress.ok());
          if (!progress->worked) {
            if (world.marks().empty()) break;
            world.clock.advance(seconds(1));
          }
        } catch (const Crash&) {
          reached = true;
          world.restart();
          world.failpoints.crash_at(name, 1);
        }
      }
      ASSERT_EQ(world.settle(), "") << name << " " << nth;
      SCOPED_TRACE(std::string(name) + " " + std::to_string(nth));
      expect_one_of_each(world);
      EXPECT_TRUE(reached || nth > 1) << name;
    }
  }
}

TEST(PushFaults, WaitsAsLongAsTheRemoteAsks) {  // C1
  PushWorld world;
  auto left = std::make_shared<int>(1);
  world.transport.before = instead(
      left, "POST /crm/v3/objects/contacts/batch/read",
      answer(429, R"({"status":"error","errorType":"RATE_LIMIT"})", {{"Retry-After", "120"}}));
  world.identify("u1", "ana@gmail.com");
  ASSERT_TRUE(world.step().ok());
  EXPECT_EQ(world.transport.calls.size(), 1u);
  const Micros asked = world.clock.now();
  while (world.transport.calls.size() == 1) {
    auto progress = world.step();
    ASSERT_TRUE(progress.ok());
    if (!progress->worked) world.clock.advance(progress->until - world.clock.now());
  }
  EXPECT_GE(world.clock.now() - asked, seconds(120));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("contacts").size(), 1u);
}

TEST(PushFaults, ComesThroughAnOutage) {  // C2
  PushWorld world;
  auto left = std::make_shared<int>(12);
  world.transport.before = instead(left, "", answer(503, "<html>"));
  escalate(world);
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(*left, 0);
  expect_one_of_each(world);
}

TEST(PushFaults, NeverRepeatsACreateThatEndedWithAServerError) {
  PushWorld world;
  auto left = std::make_shared<int>(1);
  // The gateway gives up although the vendor applied the write.
  world.transport.before =
      [&, left](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (*left == 0 || request.target != "/crm/v3/objects/tickets") return std::nullopt;
    --*left;
    world.hubspot.handle(request);
    return answer(504, "gateway timeout");
  };
  escalate(world);
  ASSERT_EQ(world.settle(), "");
  expect_one_of_each(world);
}

TEST(PushFaults, StopsAndSaysWhyWhenTheTokenIsRefused) {  // KU-85
  PushWorld world;
  world.token = "wrong";
  world.identify("u1", "ana@gmail.com");
  const Micros start = world.clock.now();
  while (world.clock.now() < start + minutes(14)) {
    auto progress = world.step();
    ASSERT_TRUE(progress.ok());
    if (!progress->worked) world.clock.advance(progress->until - world.clock.now());
  }
  EXPECT_LE(world.transport.calls.size(), 16u);  // about one try a minute
  EXPECT_EQ(world.push->halted(),
            "HubSpot does not accept the credentials; set a valid 'access_token' for this "
            "connection");
  EXPECT_EQ(world.reporter.count(Level::kError), 1u);
  EXPECT_EQ(world.metrics.prometheus().find("wrong"), std::string::npos);
  world.token = "token";
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.push->halted(), "");
  EXPECT_EQ(world.remote("contacts").size(), 1u);
}

TEST(PushFaults, NamesTheMissingPermission) {  // BO-87
  PushWorld world;
  world.token = "weak";
  world.identify("u1", "ana@gmail.com");
  while (world.push->halted().empty()) ASSERT_TRUE(world.step().ok());
  EXPECT_EQ(world.push->halted(),
            "contact: HubSpot denies the permission crm.objects.contacts.write; give it to the "
            "token");
}

TEST(PushFaults, FlagsARefusedRecordAndSendsTheOthers) {  // C9, BO-91
  PushWorld world;
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    world.identify("u" + n, "p" + n + "@gmail.com", Json::object().set("name", "Person " + n));
  }
  // The vendor takes nobody called Person 7.
  world.transport.before = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (request.target != "/crm/v3/objects/contacts/batch/upsert") return std::nullopt;
    if (request.body.find("p7@gmail.com") == request.body.npos) return std::nullopt;
    return answer(400, R"({"status":"error","category":"VALIDATION_ERROR",
        "errors":[{"context":{"propertyName":["firstname"]}}]})");
  };
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("contacts").size(), 19u);
  int flagged = 0;
  for (const model::Record& shadow : world.records("shadow")) {
    const Json* error = shadow.fields.find("error");
    if (error == nullptr) continue;
    ++flagged;
    EXPECT_EQ(error->text("class"), "invalid");
    EXPECT_EQ(error->text("message"),
              "HubSpot refuses the property firstname; check its value and the mapping");
  }
  EXPECT_EQ(flagged, 1);
  // Nothing more is tried until the record changes.
  const size_t before = world.transport.calls.size();
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.transport.calls.size(), before);
  world.transport.before = nullptr;
  world.identify("u7", "p7@gmail.com", Json::object().set("name", "Person Seven"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("contacts").size(), 20u);
}

TEST(PushFaults, AdoptsTheIdThatAConflictTells) {  // KU-11
  PushWorld world;
  world.vendor("POST", "/crm/v3/objects/contacts",
               Json::object().set("properties", Json::object().set("email", "ana@gmail.com")));
  const std::string id(world.remote("contacts")[0].text("id"));
  auto left = std::make_shared<int>(1);
  world.transport.before =
      [&, left](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (request.target.ends_with("/batch/read")) return answer(200, R"({"results":[]})");
    if (!request.target.ends_with("/batch/upsert") || *left == 0) return std::nullopt;
    --*left;
    return answer(
        409,
        R"({"category":"CONFLICT","message":"Contact already exists. Existing ID: )" + id + "\"}");
  };
  world.identify("u1", "ana@gmail.com", Json::object().set("name", "Ana Lee"));
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_EQ(world.property("contacts", "lastname"), "Lee");
}

TEST(PushFaults, TrustsNoAnswer) {  // C4, C5
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  const std::string bodies[] = {"",
                                "null",
                                "[]",
                                "{",
                                "<html>ok</html>",
                                R"({"results":{}})",
                                R"({"results":[[],1,null]})",
                                R"({"results":[{"id":{},"properties":[]}]})",
                                R"({"results":[{"id":"","properties":{}}]})",
                                R"({"results":null,"errors":7})",
                                "{\"a\":\"\xff\"}",
                                R"({"results":[],"results":[]})",
                                deep,
                                std::string(9 << 20, ' ')};
  for (const std::string& body : bodies) {
    PushWorld world;
    auto left = std::make_shared<int>(40);
    world.transport.before =
        [=](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
      if (*left == 0) return std::nullopt;
      --*left;
      return answer(request.target == "/crm/v3/objects/notes" ? 201 : 200, body);
    };
    escalate(world);
    ASSERT_EQ(world.settle(hours(8)), "") << body.substr(0, 60);
    expect_one_of_each(world);
  }
}

TEST(PushFaults, KeepsOthersGoingBesideARecordThatAlwaysFails) {
  PushWorld world;
  world.transport.before = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    const bool poison = request.body.find("p3@gmail.com") != request.body.npos;
    if (!poison || !request.target.ends_with("/batch/upsert")) return std::nullopt;
    return answer(500, "{}");
  };
  for (int i = 0; i < 10; ++i) {
    const std::string n = std::to_string(i);
    world.identify("u" + n, "p" + n + "@gmail.com");
  }
  world.settle(hours(1));
  EXPECT_EQ(world.remote("contacts").size(), 9u);
  EXPECT_EQ(world.marks().size(), 1u);
}

TEST(PushFaults, KeepsValuesAndSecretsOutOfLogReportsAndMetrics) {
  PushWorld world;
  world.token = "canary-token";
  world.identify("u1", "canary@gmail.com", Json::object().set("name", "Canary Bird"));
  world.transport.before = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (!request.target.ends_with("/batch/upsert")) return answer(200, R"({"results":[]})");
    return answer(400, R"({"message":"Canary Bird <canary@gmail.com> is bad",
        "errors":[{"context":{"propertyName":["canary@gmail.com is bad"]}}]})");
  };
  ASSERT_EQ(world.settle(), "");
  std::string all = world.metrics.prometheus();
  for (const std::string& line : world.reporter.lines()) all += line;
  for (const model::Record& shadow : world.records("shadow")) all += to_text(shadow.fields);
  EXPECT_EQ(all.find("anary"), std::string::npos);
  EXPECT_NE(all.find("refuse"), std::string::npos);
}

}  // namespace
}  // namespace rapport::connect
