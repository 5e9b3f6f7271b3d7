#include "sandbox/hubspot.h"

#include <gtest/gtest.h>

#include "sandbox/hubspot_caller.h"
#include "testing/fakes.h"

namespace rapport::sandbox {
namespace {

class Handler : public ::testing::Test, protected HubspotCaller {
 protected:
  Handler() { start(open_options(), clock, random); }
  ManualClock clock;
  SeededRandom random{1};
};

const char* kAna = R"({"properties":{"email":"Ana@Acme.example","firstname":"Ana"}})";

TEST_F(Handler, RefusesCallersItDoesNotKnow) {
  for (const std::string token : {"", "Token", "token2", "toke"}) {
    const HttpResponse response = call("GET", "/crm/v3/objects/contacts", "", token);
    EXPECT_EQ(response.status, 401) << token;
    EXPECT_NE(response.body.find("INVALID_AUTHENTICATION"), std::string::npos);
  }
  HttpRequest lower;
  lower.target = "/account-info/v3/details";
  lower.headers = {{"authorization", "bearer token"}};
  EXPECT_EQ(hubspot->handle(lower).status, 200);
}

TEST_F(Handler, NamesTheScopeThatATokenLacks) {
  EXPECT_EQ(call("GET", "/crm/v3/objects/contacts", "", "reader").status, 200);
  const HttpResponse write = call("POST", "/crm/v3/objects/contacts", kAna, "reader");
  EXPECT_EQ(write.status, 403);
  EXPECT_NE(write.body.find(R"("requiredGranularScopes":["crm.objects.contacts.write"])"),
            std::string::npos);
  EXPECT_EQ(call("GET", "/crm/v3/objects/tickets", "", "reader").status, 403);
  EXPECT_EQ(last_effect(), 0);
}

TEST_F(Handler, GivesTheSameAnswersForTheSameRequests) {
  std::string first;
  for (int run = 0; run < 2; ++run) {
    SeededRandom again(7);
    Hubspot twin(open_options(), clock, again);
    HttpRequest request;
    request.headers = {{"Authorization", "Bearer token"}, {"Content-Type", "application/json"}};
    request.method = "POST";
    request.target = "/crm/v3/objects/contacts";
    request.body = kAna;
    const std::string answers = twin.handle(request).body + twin.handle(request).body;
    if (run == 0) first = answers;
    EXPECT_EQ(answers, first);
    EXPECT_NE(answers.find("Existing ID"), std::string::npos);
  }
}

TEST_F(Handler, ErrorsCarryTheirCorrelationIdInBodyAndHeader) {
  const HttpResponse response = call("GET", "/crm/v3/objects/contacts/1");
  const auto body = parse_json(response.body);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->text("correlationId").size(), 36u);
  EXPECT_EQ(header(response.headers, "x-hubspot-correlation-id"), body->text("correlationId"));
}

TEST_F(Handler, RefusesBrokenBodiesWithoutEffect) {
  for (const char* body : {"", "{", "[]", "{}", "1", "null", R"({"properties":[]})",
                           R"({"properties":{"email":[]}})", R"({"properties":{"email":{"a":1}}})"})
    EXPECT_EQ(call("POST", "/crm/v3/objects/contacts", body).status, 400) << body;
  for (const char* body : {"", "[]", R"({"inputs":{}})", R"({"inputs":[1]})", R"({"inputs":[]})"})
    for (const char* operation : {"create", "read", "update", "upsert", "archive"})
      EXPECT_EQ(
          call("POST", std::string("/crm/v3/objects/contacts/batch/") + operation, body).status,
          400)
          << operation << body;
  for (const char* body : {"[]", "[1]", R"({"filterGroups":[1]})", R"({"limit":0})",
                           R"({"filterGroups":[{"filters":[1]}]})"})
    EXPECT_EQ(call("POST", "/crm/v3/objects/contacts/search", body).status, 400) << body;
  EXPECT_EQ(last_effect(), 0);
}

TEST_F(Handler, APathOfOddPiecesIsNotFound) {
  for (const char* path :
       {"/", "", "/crm", "/crm/v3", "/crm/v3/objects", "/crm/v3/objects/contacts/1/2/3/4",
        "/crm/v3/objects/contacts/batch", "/crm/v3/objects/contacts/batch/explode",
        "/crm/v4/objects/contacts/1/associations", "/crm/v4/objects/contacts/1/friends/companies",
        "/crm/v4/associations/contacts/companies/batch", "/crm/v3/objects/contacts/merge",
        "/crm/v3/pipelines/deals/default/audit"})
    EXPECT_EQ(call("POST", path, "{}").status, 404) << path;
}

// Pieces of good calls in any order: each gets an answer that a client can read.
TEST_F(Handler, AnswersWhateverItIsSent) {
  const std::string paths[] = {"/crm/v3/objects/",
                               "contacts",
                               "notes",
                               "0-5",
                               "/search",
                               "/batch/",
                               "upsert",
                               "create",
                               "/crm/v4/",
                               "objects",
                               "associations",
                               "/default/",
                               "/20000000001",
                               "?idProperty=email",
                               "&after=%zz",
                               "/labels",
                               "//",
                               "%2F"};
  const std::string bodies[] = {"{",
                                "}",
                                "[",
                                "]",
                                ",",
                                ":",
                                R"("inputs")",
                                R"("properties")",
                                R"("id")",
                                R"("email")",
                                R"("a@b.example")",
                                "1",
                                "null",
                                R"("types")",
                                R"("filterGroups")",
                                R"("filters")",
                                R"("to")",
                                R"("idProperty")"};
  const std::string good[] = {
      R"({"inputs":[{"id":"a@b.example","idProperty":"email","properties":{"city":"x"}}]})",
      R"({"filterGroups":[{"filters":[{"propertyName":"email","operator":"EQ","value":"x"}]}]})",
      R"([{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":279}])", kAna};
  const std::string methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};
  const auto any = [&](const auto& list) { return list[random.below(std::size(list))]; };
  for (int i = 0; i < 4000; ++i) {
    std::string target, body = any(good);
    for (uint64_t n = random.below(8); n > 0; --n) target += any(paths);
    for (uint64_t n = random.below(6); n > 0; --n)
      body.replace(random.below(body.size()), random.below(12), any(bodies));
    const HttpResponse response = call(any(methods), target, body);
    ASSERT_TRUE(response.status >= 200 && response.status < 500) << target << "\n" << body;
    if (header(response.headers, "content-type").starts_with("application/json")) {
      ASSERT_TRUE(parse_json(response.body).ok()) << response.body;
    }
  }
}

TEST_F(Handler, LosesTheAnswersOfAppliedWritesOnly) {
  EXPECT_EQ(expect(200, "POST", "/__sandbox/lose_next",
                   R"({"count":2,"path_prefix":"/crm/v3/objects/contacts"})")
                .integer("count"),
            2);
  EXPECT_EQ(call("GET", "/crm/v3/objects/contacts").status, 200);
  EXPECT_EQ(call("POST", "/crm/v3/objects/contacts", R"({"properties":{"x":"1"}})").status, 400);
  EXPECT_EQ(call("POST", "/crm/v3/objects/companies", R"({"properties":{"name":"A"}})").status,
            201);
  const HttpResponse lost = call("POST", "/crm/v3/objects/contacts", kAna);
  EXPECT_EQ(lost.status, kLostResponse);
  EXPECT_TRUE(lost.body.empty() && lost.headers.empty());
  EXPECT_EQ(call("POST", "/crm/v3/objects/contacts", kAna).status, 409);
  EXPECT_EQ(call("POST", "/crm/v3/objects/contacts/batch/upsert",
                 R"({"inputs":[{"id":"bo@acme.example","idProperty":"email","properties":{}}]})")
                .status,
            kLostResponse);
  create("contacts", R"({"email":"cy@acme.example"})");
  const Json log = expect(200, "GET", "/__sandbox/effects");
  std::vector<bool> flags;
  for (const Json& effect : log.find("effects")->as_array()) flags.push_back(effect.flag("lost"));
  EXPECT_EQ(flags, (std::vector<bool>{false, true, true, false}));
}

TEST_F(Handler, AnArchivedContactGivesItsEmailFree) {
  const std::string first = create("contacts", R"({"email":"ana@acme.example"})");
  expect(409, "POST", "/crm/v3/objects/contacts", kAna);
  expect(204, "DELETE", "/crm/v3/objects/contacts/" + first);
  EXPECT_EQ(call("GET", "/crm/v3/objects/contacts/ana@acme.example?idProperty=email").status, 404);
  EXPECT_NE(create("contacts", R"({"email":"ana@acme.example"})"), first);
}

TEST_F(Handler, LogsEveryRecordOfABatchUnderOneRequest) {
  expect(
      201, "POST", "/crm/v3/objects/contacts/batch/create",
      R"({"inputs":[{"properties":{"email":"a@b.example"}},{"properties":{"email":"c@b.example"}}]})");
  const Json log = expect(200, "GET", "/__sandbox/effects?after=1");
  const Json& only = log.find("effects")->as_array().at(0);
  EXPECT_EQ(log.find("effects")->as_array().size(), 1u);
  EXPECT_EQ(only.integer("n"), 2);
  EXPECT_EQ(only.integer("request"), 1);
  EXPECT_EQ(only.text("at"), "2026-03-02T09:00:00.000000Z");
  EXPECT_EQ(only.text("path"), "/crm/v3/objects/contacts/batch/create");
}

TEST_F(Handler, ControlAnswersWithoutATokenAndSaysWhatItKnows) {
  HttpRequest request;
  request.target = "/__sandbox/state";
  EXPECT_EQ(hubspot->handle(request).status, 200);
  request.target = "/__sandbox/nothing";
  EXPECT_EQ(hubspot->handle(request).status, 404);
  EXPECT_EQ(call("GET", "/__sandbox/effects?after=x").status, 400);
}

TEST_F(Handler, JoinsNewContactsToTheirCompanyOnlyWhenAsked) {
  const auto companies_of_new_contact = [&] {
    create("companies", R"({"domain":"acme.example"})");
    const std::string id = create("contacts", R"({"email":"ana@acme.example"})");
    return expect(200, "GET", "/crm/v4/objects/contacts/" + id + "/associations/companies")
        .find("results")
        ->as_array()
        .size();
  };
  EXPECT_EQ(companies_of_new_contact(), 0u);
  SandboxOptions options = open_options();
  options.associate_by_domain = true;
  start(std::move(options), clock, random);
  EXPECT_EQ(companies_of_new_contact(), 1u);
}

}  // namespace
}  // namespace rapport::sandbox
