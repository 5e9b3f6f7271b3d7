#include "sandbox/hubspot/definitions.h"

#include <gtest/gtest.h>

#include "sandbox/hubspot_caller.h"
#include "testing/fakes.h"

namespace rapport::sandbox {
namespace {

const char* kScore = R"({"name":"health_score","label":"Health","type":"number",)"
                     R"("fieldType":"number","groupName":"contactinformation"})";

class Definitions : public ::testing::Test, protected HubspotCaller {
 protected:
  Definitions() { start(open_options(), clock, random); }
  Json properties(const char* operation, const std::string& inputs, int status) {
    return expect(status, "POST", std::string("/crm/v3/properties/contacts/batch/") + operation,
                  R"({"inputs":[)" + inputs + "]}");
  }
  ManualClock clock;
  SeededRandom random{1};
};

TEST_F(Definitions, PropertiesAreMadeAndReadInBatches) {
  const Json made = properties("create", kScore, 201);
  EXPECT_EQ(made.find("results")->as_array().at(0).text("name"), "health_score");
  create("contacts", R"({"email":"ana@acme.example","health_score":"7"})");
  const Json read = properties("read", R"({"name":"health_score"},{"name":"nothing"})", 207);
  EXPECT_EQ(read.find("results")->as_array().at(0).text("type"), "number");
  EXPECT_EQ(to_text(*read.find("errors")->as_array().at(0).at_path("context.name")),
            R"(["nothing"])");
  const Json again = properties("create",
                                std::string(kScore) + R"(,{"name":"other","label":"Other",)"
                                                      R"("type":"string","fieldType":"text",)"
                                                      R"("groupName":"contactinformation"})",
                                207);
  EXPECT_EQ(again.find("results")->as_array().at(0).text("name"), "other");
  EXPECT_EQ(again.find("errors")->as_array().at(0).text("category"), "OBJECT_ALREADY_EXISTS");
}

TEST_F(Definitions, ArchivedPropertiesTakeTheirValuesWithThem) {
  properties("create", kScore, 201);
  create("contacts", R"({"email":"ana@acme.example","health_score":"7"})");
  properties("archive", R"({"name":"health_score"},{"name":"nothing"})", 204);
  EXPECT_EQ(call("GET", "/__sandbox/state").body.find("health_score"), std::string::npos);
  expect(404, "GET", "/crm/v3/properties/contacts/health_score");
  properties("archive", R"({"name":"email"})", 400);
}

TEST_F(Definitions, AWrongStageIsRefusedByName) {
  create("deals", R"({"dealname":"Renewal","dealstage":"contractsent"})");
  const Json stage = expect(400, "POST", "/crm/v3/objects/deals",
                            R"({"properties":{"dealname":"A","dealstage":"dreaming"}})");
  EXPECT_EQ(to_text(*stage.find("errors")->as_array().at(0).at_path("context.propertyName")),
            R"(["dealstage"])");
  const Json pipeline =
      expect(400, "POST", "/crm/v3/objects/deals",
             R"({"properties":{"dealname":"A","pipeline":"other","dealstage":"contractsent"}})");
  EXPECT_EQ(to_text(*pipeline.find("errors")->as_array().at(0).at_path("context.propertyName")),
            R"(["pipeline"])");
}

TEST_F(Definitions, TasksNeedATimeAndKnownChoices) {
  create("tasks", R"({"hs_timestamp":"2026-03-09T09:00:00Z","hs_task_subject":"Call back",)"
                  R"("hs_task_status":"NOT_STARTED","hubspot_owner_id":"71000001"})");
  expect(400, "POST", "/crm/v3/objects/tasks", R"({"properties":{"hs_task_subject":"Call"}})");
  expect(400, "POST", "/crm/v3/objects/tasks",
         R"({"properties":{"hs_timestamp":"2026-03-09T09:00:00Z","hs_task_status":"LATER"}})");
  expect(400, "POST", "/crm/v3/objects/tasks",
         R"({"properties":{"hs_timestamp":"2026-03-09T09:00:00Z","hubspot_owner_id":"9"}})");
}

TEST_F(Definitions, WritesEchoTheirTraceIds) {
  const Json one = expect(201, "POST", "/crm/v3/objects/deals",
                          R"({"properties":{"dealname":"A"},"objectWriteTraceId":"t"})");
  EXPECT_EQ(one.text("objectWriteTraceId"), "t");
  const Json changed = expect(200, "PATCH", "/crm/v3/objects/deals/" + std::string(one.text("id")),
                              R"({"properties":{"dealname":"B"},"objectWriteTraceId":"u"})");
  EXPECT_EQ(changed.text("objectWriteTraceId"), "u");
  const Json refused = expect(
      400, "POST", "/crm/v3/objects/deals/batch/create",
      R"({"inputs":[{"properties":{"dealname":"A"}},{"properties":{"x":"1"},"objectWriteTraceId":"bad"}]})");
  ASSERT_NE(refused.at_path("context.objectWriteTraceId"), nullptr);
  EXPECT_EQ(to_text(*refused.at_path("context.objectWriteTraceId")), R"(["bad"])");
}

}  // namespace
}  // namespace rapport::sandbox
