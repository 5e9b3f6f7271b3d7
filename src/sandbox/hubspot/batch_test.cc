#include "sandbox/hubspot/batch.h"

#include <gtest/gtest.h>

#include "sandbox/hubspot_caller.h"
#include "testing/fakes.h"

namespace rapport::sandbox::hubspot {
namespace {

class Batch : public ::testing::Test, protected HubspotCaller {
 protected:
  Batch() { start(open_options(), clock, random); }
  static std::string path(const std::string& operation, const std::string& type = "contacts") {
    return "/crm/v3/objects/" + type + "/batch/" + operation;
  }

  ManualClock clock;
  SeededRandom random{1};
};

TEST_F(Batch, RefusedAsAWholeLeavesNoTrace) {
  const std::string ana = create("contacts", R"({"email":"ana@acme.example"})");
  const int64_t before = last_effect();
  // One conflict with a record, one within the batch, one bad value, one bad association.
  for (
      const std::string last :
      {R"({"properties":{"email":"ANA@acme.example"}})",
       R"({"properties":{"email":"New@acme.example"}})", R"({"properties":{"email":"nothing"}})",
       R"({"properties":{},"associations":[{"to":{"id":"1"},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":279}]}]})"}) {
    const int status =
        call("POST", path("create"),
             R"({"inputs":[{"properties":{"email":"new@acme.example"}},)" + last + "]}")
            .status;
    EXPECT_TRUE(status == 409 || status == 400) << last;
    EXPECT_EQ(last_effect(), before) << last;
  }
  EXPECT_EQ(call("GET", "/crm/v3/objects/contacts/new@acme.example?idProperty=email").status, 404);
}

TEST_F(Batch, ResultsComeInAnotherOrderThanTheInputs) {
  const Json made = expect(
      201, "POST", path("create"),
      R"({"inputs":[{"properties":{"email":"a@x.example"}},{"properties":{"email":"b@x.example"}}]})");
  EXPECT_EQ(made.at_path("results.0.properties.email")->as_string(), "b@x.example");
}

TEST_F(Batch, TracedInputsFailOneByOne) {
  create("contacts", R"({"email":"ana@acme.example"})");
  const Json answer =
      expect(207, "POST", path("create"),
             R"({"inputs":[{"properties":{"email":"ana@acme.example"},"objectWriteTraceId":"1"},)"
             R"({"properties":{"email":"bo@acme.example"},"objectWriteTraceId":"2"},)"
             R"({"properties":{"email":"Bo@acme.example"},"objectWriteTraceId":"3"}]})");
  EXPECT_EQ(answer.integer("numErrors"), 2);
  EXPECT_EQ(answer.at_path("results.0.objectWriteTraceId")->as_string(), "2");
  EXPECT_EQ(answer.at_path("errors.1.context.objectWriteTraceId.0")->as_string(), "3");
}

TEST_F(Batch, AnUpsertOfANewRecordTakesItsIdAsValue) {
  const Json answer = expect(
      200, "POST", path("upsert"),
      R"({"inputs":[{"id":"Ana@acme.example","idProperty":"email","properties":{"firstname":"Ana"}}]})");
  EXPECT_EQ(answer.at_path("results.0.properties.email")->as_string(), "ana@acme.example");
  EXPECT_TRUE(answer.at_path("results.0.new")->as_bool());
}

TEST_F(Batch, EveryInputNamesARecord) {
  for (const std::string input : {R"({"idProperty":"email","properties":{"firstname":"Ana"}})",
                                  R"({"id":"","idProperty":"email","properties":{}})"})
    for (const std::string operation : {"update", "upsert", "read"})
      EXPECT_EQ(call("POST", path(operation), R"({"inputs":[)" + input + "]}").status, 400)
          << operation << input;
  expect(400, "POST", path("upsert"),
         R"({"inputs":[{"id":"a@x.example","idProperty":"email","properties":[]}]})");
  EXPECT_EQ(last_effect(), 0);
}

TEST_F(Batch, AnUpsertByRecordIdCreatesNothing) {
  const Json answer = expect(207, "POST", path("upsert"),
                             R"({"inputs":[{"id":"424242","properties":{"firstname":"Ana"}}]})");
  EXPECT_EQ(answer.at_path("errors.0.category")->as_string(), "OBJECT_NOT_FOUND");
  EXPECT_EQ(last_effect(), 0);
}

TEST_F(Batch, AnUpdateOfUnknownRecordsOnlyIsStillA207) {
  const Json answer = expect(207, "POST", path("update"),
                             R"({"inputs":[{"id":"1","properties":{"city":"Rome"}}]})");
  EXPECT_TRUE(answer.find("results")->as_array().empty());
  EXPECT_EQ(answer.at_path("errors.0.context.ids.0")->as_string(), "1");
}

TEST_F(Batch, TwoUpdatesCannotTakeTheSameNewEmail) {
  const std::string a = create("contacts", R"({"email":"a@x.example"})");
  const std::string b = create("contacts", R"({"email":"b@x.example"})");
  const auto input = [](const std::string& id) {
    return R"({"id":")" + id + R"(","properties":{"email":"c@x.example"}})";
  };
  expect(409, "POST", path("update"), R"({"inputs":[)" + input(a) + "," + input(b) + "]}");
  EXPECT_EQ(call("GET", "/crm/v3/objects/contacts/a@x.example?idProperty=email").status, 200);
}

}  // namespace
}  // namespace rapport::sandbox::hubspot
