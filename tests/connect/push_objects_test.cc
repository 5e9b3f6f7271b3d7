// Deals, tasks, owners and properties of a connection's own.
#include <gtest/gtest.h>

#include "connect/push_world.h"

namespace rapport::connect {
namespace {

Json deal(const char* json) {
  return parse_json(json).value().set("deal_id", "D-7");
}

Json about(const char* conversation) {
  return Json::object().set("conversation_id", conversation);
}

std::string problems(PushWorld& world) {
  std::string all;
  const Json status = world.push->status();
  for (const Json& one : status.find("problems")->as_array())
    all += std::string(one.as_string()) + "\n";
  return all;
}

void pass(PushWorld& world, Micros span) {
  const Micros end = world.clock.now() + span;
  while (world.clock.now() < end) {
    if (!world.step().value().worked) world.clock.advance(seconds(10));
  }
}

TEST(PushObjects, BringsADealWithItsConversationAndTask) {  // CH-5, BO-6, BO-11
  PushWorld world;
  world.identify("u1", "ana@acme.example", Json::object().set("name", "Ana Lee"));
  world.say("u1", "chat-1", "what does it cost?");
  ASSERT_EQ(world.settle(), "");
  world.track("u1", "deal.created",
              deal(R"({"name": "Acme - Pricing Inquiry", "amount": 1500.5, "currency": "EUR",
                       "stage": "qualification", "conversation_id": "chat-1",
                       "owner": "rosa@portal.example"})"));
  world.track("u1", "task.created",
              deal(R"({"task_id": "T-1", "subject": "Send the offer", "priority": "high",
                       "due_at": "2026-12-01T09:00:00Z"})"));
  ASSERT_EQ(world.settle(), "");

  ASSERT_EQ(world.remote("deals").size(), 1u);
  EXPECT_EQ(world.property("deals", "dealname"), "Acme - Pricing Inquiry");
  EXPECT_EQ(world.property("deals", "amount"), "1500.5");
  EXPECT_EQ(world.property("deals", "dealstage"), "qualifiedtobuy");
  EXPECT_EQ(world.property("deals", "hubspot_owner_id"), "71000001");
  ASSERT_EQ(world.remote("tasks").size(), 1u);
  EXPECT_EQ(world.property("tasks", "hs_task_subject"), "Send the offer");
  EXPECT_EQ(world.property("tasks", "hs_task_priority"), "HIGH");
  EXPECT_EQ(world.property("tasks", "hs_timestamp"), "2026-12-01T09:00:00Z");

  const std::string id(world.remote("deals")[0].text("id"));
  for (const char* other : {"contacts", "companies", "notes", "tasks"})
    EXPECT_EQ(world.neighbours("deals", id, other).size(), 1u) << other;

  world.track("u1", "deal.updated", deal(R"({"stage": "closed_won"})"));
  world.track("u1", "task.completed", deal(R"({"task_id": "T-1"})"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("deals", "dealstage"), "closedwon");
  EXPECT_EQ(world.property("tasks", "hs_task_status"), "COMPLETED");
  EXPECT_EQ(world.effects("create", "deals"), 1);
  EXPECT_EQ(world.effects("create", "tasks"), 1);
}

TEST(PushObjects, ADealWhoseAnswerWasLostIsFoundAndNotMadeTwice) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  ASSERT_EQ(world.settle(), "");
  for (const char* path : {"/crm/v3/objects/deals", "/crm/v3/objects/tasks"})
    world.lose_next(1, path);
  world.track("u1", "deal.created", deal(R"({"name": "Acme", "stage": "proposal"})"));
  world.track("u1", "task.created", Json::object().set("task_id", "T-1").set("subject", "Call"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("deals").size(), 1u);
  EXPECT_EQ(world.remote("tasks").size(), 1u);
}

TEST(PushObjects, AStageTheVendorHasNoWordForIsNamedAndTheRestFlowsOn) {  // BO-91
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  world.track("u1", "deal.created", deal(R"({"name": "Acme", "stage": "haggling"})"));
  world.say("u1", "chat-1", "hello");
  ASSERT_EQ(world.settle(), "");
  EXPECT_TRUE(world.remote("deals").empty());
  EXPECT_EQ(world.remote("notes").size(), 1u);
  std::string refused;
  for (const model::Record& shadow : world.records("shadow"))
    if (const Json* error = shadow.fields.find("error")) refused += error->text("message");
  EXPECT_EQ(refused, "deals in HubSpot needs dealstage, which has no value");
}

TEST(PushObjects, OwnersAreReadWhenTheyAreFirstNeeded) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.calls("GET /crm/v3/owners"), 0);
  world.identify("u1", "", Json::object().set("owner", "milan@portal.example"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.calls("GET /crm/v3/owners"), 1);
  EXPECT_EQ(world.property("contacts", "hubspot_owner_id"), "71000002");
}

TEST(PushObjects, AnUnknownOwnerIsReportedAndLeavesTheRemoteAsItIs) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com", Json::object().set("owner", "rosa@portal.example"));
  ASSERT_EQ(world.settle(), "");
  world.identify("u1", "",
                 Json::object().set("owner", "gone@portal.example").set("title", "Chief"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("contacts", "hubspot_owner_id"), "71000001");
  EXPECT_EQ(world.property("contacts", "jobtitle"), "Chief");
  EXPECT_EQ(problems(world),
            "'gone@portal.example' is not among the owners of HubSpot: hubspot_owner_id stays as "
            "it is there\n");
}

TEST(PushObjects, OwnersThatMayNotBeReadStopNothing) {  // BO-91
  PushWorld world;
  world.transport.before = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (!request.target.starts_with("/crm/v3/owners")) return std::nullopt;
    return HttpResponse{
        403,
        {},
        R"({"category":"MISSING_SCOPES","errors":[{"context":{"requiredGranularScopes":["crm.objects.owners.read"]}}]})"};
  };
  world.identify("u1", "ana@gmail.com", Json::object().set("owner", "rosa@portal.example"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_NE(problems(world).find("crm.objects.owners.read"), std::string::npos) << problems(world);
  // Once they may be read, also after a restart, the record is looked at again.
  world.transport.before = nullptr;
  world.restart();
  pass(world, minutes(2));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("contacts", "hubspot_owner_id"), "71000001");
  EXPECT_EQ(problems(world), "");
}

TEST(PushObjects, AListThatTheRemoteDoesNotHaveStopsNothing) {
  PushWorld world;
  world.transport.before = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    const bool list = request.target.starts_with("/crm/v3/owners") ||
                      (request.method == "GET" && request.target.starts_with("/crm/v3/properties"));
    if (!list) return std::nullopt;
    return HttpResponse{404, {}, R"({"category":"OBJECT_NOT_FOUND"})"};
  };
  world.customise("contacts: {company: account.name}");
  world.identify("u1", "ana@gmail.com", Json::object().set("owner", "rosa@portal.example"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_NE(problems(world).find("owners cannot be read"), std::string::npos) << problems(world);
  EXPECT_NE(problems(world).find("properties of contacts cannot be listed"), std::string::npos);
}

TEST(PushObjects, AnOwnerWhoComesLaterIsGivenWhatWaitedForHim) {
  PushWorld world;
  bool there = false;
  world.transport.before = [&](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (there || !request.target.starts_with("/crm/v3/owners")) return std::nullopt;
    return HttpResponse{200, {}, R"({"results": []})"};
  };
  world.identify("u1", "ana@gmail.com", Json::object().set("owner", "Rosa@portal.example"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("contacts", "hubspot_owner_id"), "(none)");
  world.restart();
  there = true;
  pass(world, minutes(61));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("contacts", "hubspot_owner_id"), "71000001");
}

TEST(PushObjects, ATicketGoesToOneOfTheDefaultTeamAndStaysWhereSomebodyPutsIt) {  // KU-13
  PushWorld world;
  world.settings.set("default_team", "support");
  world.restart();
  world.identify("u1", "ana@gmail.com");
  world.track("u1", "conversation.escalated", about("chat-1"));
  ASSERT_EQ(world.settle(), "");
  const std::string given = world.property("tickets", "hubspot_owner_id");
  EXPECT_TRUE(given == "71000001" || given == "71000002") << given;
  const std::string id(world.remote("tickets")[0].text("id"));
  world.vendor("PATCH", "/crm/v3/objects/tickets/" + id,
               Json::object().set("properties", Json::object().set("hubspot_owner_id", "")));
  world.track("u1", "conversation.escalated", about("chat-1").set("reason", "again"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("tickets", "subject"), "Escalated: again");
  EXPECT_EQ(world.property("tickets", "hubspot_owner_id"), "(none)");
  // Who is named wins over the team.
  const bool milan = given == "71000001";
  world.track(
      "u1", "conversation.assigned",
      about("chat-1").set("assignee", milan ? "milan@portal.example" : "rosa@portal.example"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("tickets", "hubspot_owner_id"), milan ? "71000002" : "71000001");
}

constexpr const char* kOwnMapping = R"(
contacts:
  plan_tier: {from: contact.traits.plan, label: Plan}
  seats: {from: contact.traits.seats, type: number}
  website: null
)";

TEST(PushObjects, APropertyOfTheConnectionsOwnIsMadeAndFilled) {  // KU-82, BO-88
  PushWorld world;
  world.customise(kOwnMapping);
  world.identify(
      "u1", "ana@gmail.com",
      Json::object().set("plan", "gold").set("seats", 12).set("website", "https://a.example"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("contacts", "plan_tier"), "gold");
  EXPECT_EQ(world.property("contacts", "seats"), "12");
  EXPECT_EQ(world.property("contacts", "website"), "(none)");
  const Json made = world.vendor("GET", "/crm/v3/properties/contacts/plan_tier");
  EXPECT_EQ(made.text("label"), "Plan");
  EXPECT_EQ(world.vendor("GET", "/crm/v3/properties/contacts/seats").text("type"), "number");
  EXPECT_EQ(world.effects("define", "properties"), 2);
  EXPECT_EQ(problems(world), "");
}

TEST(PushObjects, APropertyThatMayNotBeMadeIsLeftOutAndSentOnceItIsThere) {  // BO-91
  PushWorld world;
  world.customise(kOwnMapping, Making::kForbidden);
  world.identify("u1", "ana@gmail.com", Json::object().set("plan", "gold"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_NE(problems(world).find("plan_tier of contacts is left out: HubSpot has no such property"),
            std::string::npos)
      << problems(world);
  world.vendor("POST", "/crm/v3/properties/contacts",
               parse_json(R"({"name": "plan_tier", "label": "Plan", "type": "string",
                              "fieldType": "text", "groupName": "contactinformation"})")
                   .value());
  pass(world, minutes(11));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("contacts", "plan_tier"), "gold");
}

TEST(PushObjects, MissingRightsToMakeAPropertyAreNamed) {  // BO-91
  PushWorld world;
  world.transport.before = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (request.method != "POST" || !request.target.starts_with("/crm/v3/properties"))
      return std::nullopt;
    return HttpResponse{
        403,
        {},
        R"({"category":"MISSING_SCOPES","errors":[{"context":{"requiredGranularScopes":["crm.schemas.contacts.write"]}}]})"};
  };
  world.customise(kOwnMapping);
  world.identify("u1", "ana@gmail.com", Json::object().set("plan", "gold"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_NE(problems(world).find("crm.schemas.contacts.write"), std::string::npos)
      << problems(world);
}

TEST(Customise, NamesPlaceAndRemedyOfAMistake) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"contact: {a: contact.name}", "did you mean 'contacts'?"},
      {"contacts: {a: contct.name}", "did you mean 'contact'?"},
      {"contacts: {a: {from: contact.owner, directory: owner}}", "did you mean 'owners'?"},
      {"contacts: {email: null}", "contacts needs 'email'"},
      {"notes: {hs_note_body: contact.name}", "'hs_note_body' holds the transcript"},
      {"contacts: 3", "must map properties to what they are made of"},
  };
  PushWorld world;
  for (const auto& [yaml, expected] : mistakes) {
    const auto node = parse_yaml(yaml, "settings");
    ASSERT_TRUE(node.ok());
    const auto made = customise(world.manifest(), *node, "rapport.yaml");
    ASSERT_FALSE(made.ok()) << yaml;
    EXPECT_NE(made.error().message.find(expected), std::string::npos) << made.error().message;
    EXPECT_TRUE(made.error().message.starts_with("rapport.yaml:1:")) << made.error().message;
  }
}

}  // namespace
}  // namespace rapport::connect
