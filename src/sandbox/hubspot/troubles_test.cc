#include "sandbox/hubspot/troubles.h"

#include <gtest/gtest.h>

#include "sandbox/hubspot_caller.h"
#include "testing/fakes.h"

namespace rapport::sandbox {
namespace {

const char* kContacts = "/crm/v3/objects/contacts";
const char* kAna = R"({"properties":{"email":"ana@acme.example"}})";

class Troubles : public ::testing::Test, protected HubspotCaller {
 protected:
  Troubles() { start(open_options(), clock, random); }
  void arm(const std::string& fault) {
    expect(200, "POST", "/__sandbox/faults", R"({"faults":[)" + fault + "]}");
  }
  Json last_request() {
    const Json all = expect(200, "GET", "/__sandbox/requests");
    return all.find("requests")->as_array().back();
  }
  HttpResponse post() { return call("POST", kContacts, kAna); }
  ManualClock clock;
  SeededRandom random{1};
};

TEST_F(Troubles, RefusalsComeBeforeAnythingIsApplied) {
  const std::pair<const char*, int> cases[] = {
      {R"({"kind":"rate_limited","retry_after":7})", 429},
      {R"({"kind":"server_error","status":503})", 503},
      {R"({"kind":"locked"})", 423},
      {R"({"kind":"no_connection"})", kNoConnection},
      {R"({"kind":"timeout_before"})", kNoAnswer},
      {R"({"kind":"html_ok","applied":false})", 200},
      {R"({"kind":"malformed_json","applied":false})", 200}};
  for (const auto& [fault, status] : cases) {
    arm(fault);
    const HttpResponse answer = post();
    EXPECT_EQ(answer.status, status) << fault;
    EXPECT_EQ(last_effect(), 0) << fault;
    EXPECT_EQ(last_request().integer("status", -1), std::max(0, status)) << fault;
    if (status == 429) {
      EXPECT_EQ(header(answer.headers, "retry-after"), "7");
      EXPECT_EQ(parse_json(answer.body)->text("policyName"), "TEN_SECONDLY_ROLLING");
      EXPECT_EQ(parse_json(answer.body)->text("errorType"), "RATE_LIMIT");
    }
  }
  EXPECT_EQ(post().status, 201);
  EXPECT_TRUE(last_request().find("fault")->is_null());
}

TEST_F(Troubles, SomeHideThatTheCallWasApplied) {
  const char* faults[] = {R"({"kind":"server_error","status":504,"applied":true})",
                          R"({"kind":"timeout_after"})",
                          R"({"kind":"reset_mid_body"})",
                          R"({"kind":"lost_response"})",
                          R"({"kind":"malformed_json"})",
                          R"({"kind":"truncated_json"})",
                          R"({"kind":"html_ok"})"};
  int64_t n = 0;
  for (const char* fault : faults) {
    arm(fault);
    const HttpResponse answer = call(
        "POST", kContacts, R"({"properties":{"email":"c)" + std::to_string(n) + R"(@a.example"}})");
    EXPECT_EQ(last_effect(), ++n) << fault;
    EXPECT_EQ(last_request().integer("status"), 201) << fault;
    EXPECT_FALSE(answer.status == 201 && parse_json(answer.body).ok()) << fault;
    const Json log = expect(200, "GET", "/__sandbox/effects?after=" + std::to_string(n - 1));
    EXPECT_TRUE(log.find("effects")->as_array().at(0).flag("lost")) << fault;
  }
}

TEST_F(Troubles, BrokenJsonIsNoJsonAndHtmlComesWithStatus200) {
  for (const char* kind : {"malformed_json", "truncated_json"}) {
    arm(std::string(R"({"kind":")") + kind + R"("})");
    const HttpResponse answer = call("GET", kContacts);
    EXPECT_EQ(answer.status, 200);
    EXPECT_FALSE(parse_json(answer.body).ok()) << answer.body;
  }
  arm(R"({"kind":"html_ok"})");
  const HttpResponse page = call("GET", kContacts);
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(header(page.headers, "content-type").starts_with("text/html"));
}

TEST_F(Troubles, ASlowAnswerIsWhole) {
  arm(R"({"kind":"slow_body","span_ms":1500})");
  const Delivery delivery = delivery_of(post());
  EXPECT_EQ(delivery.how, Carriage::kSlow);
  EXPECT_EQ(delivery.span, millis(1500));
  EXPECT_EQ(delivery.answer.status, 201);
  EXPECT_TRUE(parse_json(delivery.answer.body).ok());
  const Json log = expect(200, "GET", "/__sandbox/effects");
  EXPECT_FALSE(log.find("effects")->as_array().at(0).flag("lost"));
}

TEST_F(Troubles, APartialBatchAppliesTheRest) {
  arm(R"({"kind":"partial_batch","inputs":[1],"transient":false})");
  const Json answer =
      expect(207, "POST", "/crm/v3/objects/contacts/batch/create",
             R"({"inputs":[{"properties":{"email":"a@b.example"},"objectWriteTraceId":"t0"},
                 {"properties":{"email":"c@b.example"},"objectWriteTraceId":"t1"}]})");
  EXPECT_EQ(answer.find("results")->as_array().size(), 1u);
  EXPECT_EQ(answer.integer("numErrors"), 1);
  const Json& error = answer.find("errors")->as_array().at(0);
  EXPECT_EQ(error.text("category"), "VALIDATION_ERROR");
  EXPECT_EQ(error.at_path("context.objectWriteTraceId")->as_array().at(0).as_string(), "t1");
  EXPECT_EQ(last_effect(), 1);
  EXPECT_EQ(last_request().integer("inputs"), 2);
  EXPECT_EQ(last_request().text("fault"), "partial_batch");
  arm(R"({"kind":"partial_batch","share":1})");
  const Json none = expect(207, "POST", "/crm/v3/objects/contacts/batch/create",
                           R"({"inputs":[{"properties":{"email":"d@b.example"}}]})");
  EXPECT_TRUE(none.find("results")->as_array().empty());
  EXPECT_EQ(none.find("errors")->as_array().at(0).text("category"), "RATE_LIMITS");
  EXPECT_EQ(last_effect(), 1);
}

TEST_F(Troubles, AuthenticationFailsUntilCleared) {
  const std::pair<const char*, int> cases[] = {{"token_expired", 401}, {"token_revoked", 401}};
  for (const auto& [kind, status] : cases) {
    arm(std::string(R"({"kind":")") + kind + R"("})");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(call("GET", kContacts).status, status) << kind;
    expect(204, "DELETE", "/__sandbox/faults");
    EXPECT_EQ(call("GET", kContacts).status, 200) << kind;
  }
  arm(R"({"kind":"missing_scope","scope":"crm.objects.deals.write"})");
  const Json refused = expect(403, "GET", kContacts);
  EXPECT_EQ(refused.text("category"), "MISSING_SCOPES");
  EXPECT_EQ(to_text(refused).find("crm.objects.deals.write") != std::string::npos, true);
}

TEST_F(Troubles, SearchLagsAsLongAsItIsTold) {
  arm(R"({"kind":"search_lag","lag_ms":60000})");
  create("contacts", R"({"email":"ana@acme.example"})");
  clock.advance(seconds(59));
  EXPECT_EQ(found("contacts", "email", "ana@acme.example"), 0);
  expect(204, "DELETE", "/__sandbox/faults");
  EXPECT_EQ(found("contacts", "email", "ana@acme.example"), 1);
}

TEST_F(Troubles, TheSchemaDrifts) {
  const std::string id = create("contacts", R"({"email":"ana@acme.example","jobtitle":"Chef"})");
  arm(R"({"kind":"schema_drift","change":"remove_property","object":"contacts","property":"jobtitle"})");
  EXPECT_EQ(expect(200, "GET", std::string(kContacts) + "/" + id + "?properties=jobtitle,email")
                .at_path("properties.jobtitle"),
            nullptr);
  EXPECT_EQ(call("GET", "/__sandbox/state").body.find("Chef"), std::string::npos);
  const std::string update = std::string(kContacts) + "/" + id;
  expect(400, "PATCH", update, R"({"properties":{"jobtitle":"Cook"}})");
  arm(R"({"kind":"schema_drift","change":"change_type","object":"contacts","property":"city","type":"number"})");
  expect(400, "PATCH", update, R"({"properties":{"city":"Turin"}})");
  arm(R"({"kind":"schema_drift","change":"remove_option","object":"contacts","property":"lifecyclestage","option":"evangelist"})");
  expect(400, "PATCH", update, R"({"properties":{"lifecyclestage":"evangelist"}})");
  expect(200, "PATCH", update, R"({"properties":{"lifecyclestage":"customer"}})");
  for (const char* bad : {R"({"kind":"schema_drift","object":"x"})",
                          R"({"kind":"schema_drift","object":"contacts","property":"none"})"})
    EXPECT_EQ(call("POST", "/__sandbox/faults", std::string(R"({"faults":[)") + bad + "]}").status,
              400);
}

TEST_F(Troubles, ResetEndsThem) {
  arm(R"({"kind":"server_error","count":5})");
  EXPECT_EQ(post().status, 500);
  expect(204, "POST", "/__sandbox/reset");
  EXPECT_EQ(post().status, 201);
  EXPECT_EQ(expect(200, "GET", "/__sandbox/requests").integer("last"), 1);
}

class Quotas : public ::testing::Test, protected HubspotCaller {
 protected:
  Quotas() {
    SandboxOptions options = open_options();
    options.quotas = {
        {3, seconds(10)},
        {5, days(1), "DAILY", QuotaWindow::Counts::kAllCalls, QuotaWindow::Edge::kAligned},
        {1, seconds(1), "SECONDLY", QuotaWindow::Counts::kSearches}};
    start(std::move(options), clock, random);
  }
  ManualClock clock;
  SeededRandom random{1};
};

TEST_F(Quotas, AFullWindowRefusesAndAppliesNothing) {
  for (int left = 2; left >= 0; --left)
    EXPECT_EQ(header(call("GET", kContacts).headers, "x-hubspot-ratelimit-remaining"),
              std::to_string(left));
  const HttpResponse refused = call("POST", kContacts, kAna);
  EXPECT_EQ(refused.status, 429);
  const Json body = parse_json(refused.body).value();
  EXPECT_EQ(body.text("policyName"), "TEN_SECONDLY_ROLLING");
  EXPECT_EQ(body.text("message"), "You have reached your ten_secondly_rolling limit.");
  EXPECT_EQ(header(refused.headers, "x-hubspot-ratelimit-remaining"), "0");
  EXPECT_EQ(header(refused.headers, "x-hubspot-ratelimit-daily-remaining"), "2");
  EXPECT_EQ(last_effect(), 0);
  const Json requests = expect(200, "GET", "/__sandbox/requests");
  EXPECT_EQ(requests.integer("refused_for_quota"), 1);
  EXPECT_TRUE(requests.find("requests")->as_array().back().flag("refused_for_quota"));
  EXPECT_EQ(call("GET", kContacts, "", "reader").status, 200);  // another token
  clock.advance(seconds(10));
  EXPECT_EQ(call("GET", kContacts).status, 200);
}

TEST_F(Quotas, TheDayIsFullUntilMidnightOfThePortal) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(call("GET", kContacts).status, 200);
    clock.advance(seconds(10));
  }
  EXPECT_EQ(expect(429, "GET", kContacts).text("message"), "You have reached your daily limit.");
  clock.advance(hours(14) - seconds(50));  // from 09:00 to 23:00 UTC
  EXPECT_EQ(call("GET", kContacts).status, 200);
}

TEST_F(Quotas, SearchesHaveTheirOwnWindowAndNoHeaders) {
  const HttpResponse first = call("POST", "/crm/v3/objects/contacts/search", "{}");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(header(first.headers, "x-hubspot-ratelimit-max"), "");
  const HttpResponse second = call("POST", "/crm/v3/objects/contacts/search", "{}");
  EXPECT_EQ(second.status, 429);
  EXPECT_EQ(parse_json(second.body)->text("message"), "You have reached your secondly limit.");
  EXPECT_EQ(header(second.headers, "x-hubspot-ratelimit-max"), "");
}

TEST_F(Quotas, OthersUseThemUp) {
  expect(200, "POST", "/__sandbox/faults",
         R"({"faults":[{"kind":"quota_used","calls":3,"token":0}]})");
  EXPECT_EQ(call("GET", kContacts).status, 429);
  EXPECT_EQ(call("GET", kContacts, "", "reader").status, 200);
  EXPECT_EQ(call("POST", "/__sandbox/faults",
                 R"({"faults":[{"kind":"quota_used","calls":3,"policy":"WEEKLY"}]})")
                .status,
            400);
}

TEST_F(Quotas, PlansAreTheVendors) {
  const auto free = plan_quotas("hubspot", "free").value();
  EXPECT_EQ(free[0].calls, 100);
  EXPECT_EQ(free[1].calls, 250'000);
  EXPECT_EQ(plan_quotas("hubspot", "professional").value()[0].calls, 190);
  EXPECT_EQ(plan_quotas("hubspot", "professional").value()[2].calls, 5);
  EXPECT_TRUE(plan_quotas("hubspot", "none").value().empty());
  EXPECT_FALSE(plan_quotas("hubspot", "platinum").ok());
  EXPECT_FALSE(plan_quotas("nimbus", "free").ok());
}

}  // namespace
}  // namespace rapport::sandbox
