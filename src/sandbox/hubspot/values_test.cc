#include "sandbox/hubspot/values.h"

#include <gtest/gtest.h>

namespace rapport::sandbox::hubspot {
namespace {

class Accept : public ::testing::Test {
 protected:
  std::string stored(const std::string& type, const std::string& property, const Json& written) {
    const ObjectType& of = *schema.type(type);
    const auto accepted = accept(schema, of, *of.property(property), written);
    const auto* value = std::get_if<std::string>(&accepted);
    return value ? *value : "refused: " + std::get<Fault>(accepted).code;
  }
  Schema schema{Micros{}};
};

TEST_F(Accept, ReadsScalarsAsTheirText) {
  EXPECT_EQ(stored("contacts", "firstname", "Ana"), "Ana");
  EXPECT_EQ(stored("contacts", "firstname", 7), "7");
  EXPECT_EQ(stored("contacts", "firstname", true), "true");
  EXPECT_EQ(stored("contacts", "firstname", Json()), "");
  EXPECT_EQ(stored("contacts", "firstname", Json::array()), "refused: INVALID_VALUE");
}

TEST_F(Accept, KeepsEmailsInLowerCaseAndRefusesOddOnes) {
  EXPECT_EQ(stored("contacts", "email", " Ana@Acme.Example "), "ana@acme.example");
  for (const char* odd : {"ana", "@acme.example", "ana@", "ana@acme", "a b@acme.example",
                          "a@b@c.example", "ana@.example", "ana@acme."})
    EXPECT_EQ(stored("contacts", "email", odd), "refused: INVALID_EMAIL") << odd;
}

TEST_F(Accept, KeepsDomainsBare) {
  EXPECT_EQ(stored("companies", "domain", "HTTPS://www.Acme.example/about?x=1"), "acme.example");
  EXPECT_EQ(stored("companies", "domain", "acme.example"), "acme.example");
}

TEST_F(Accept, CountsLengthInUtf16Units) {
  EXPECT_EQ(utf16_length("aé€😀"), 5u);
  std::string faces;
  for (int i = 0; i < 32'768; ++i) faces += "😀";
  EXPECT_EQ(stored("notes", "hs_note_body", faces), faces);
  EXPECT_EQ(stored("notes", "hs_note_body", faces + "x"), "refused: INVALID_LENGTH");
}

TEST_F(Accept, ReadsTimesInBothForms) {
  EXPECT_EQ(stored("notes", "hs_timestamp", "1772442000123"), "2026-03-02T09:00:00.123Z");
  EXPECT_EQ(stored("notes", "hs_timestamp", int64_t{1772442000000}), "2026-03-02T09:00:00Z");
  EXPECT_EQ(stored("notes", "hs_timestamp", "2026-03-02T10:00:00.123456+01:00"),
            "2026-03-02T09:00:00.123Z");
  EXPECT_EQ(stored("notes", "hs_timestamp", "2026-03-02"), "2026-03-02T00:00:00Z");
  EXPECT_EQ(stored("notes", "hs_timestamp", "yesterday"), "refused: INVALID_LONG");
  EXPECT_EQ(stored("notes", "hs_timestamp", "99999999999999999999"), "refused: INVALID_LONG");
}

TEST_F(Accept, KnowsTheChoicesOfAnEnumeration) {
  EXPECT_EQ(stored("tickets", "hs_ticket_priority", "URGENT"), "URGENT");
  EXPECT_EQ(stored("tickets", "hs_ticket_priority", "SEVERE"), "refused: INVALID_OPTION");
  EXPECT_EQ(stored("tasks", "hs_task_status", "COMPLETED"), "COMPLETED");
  EXPECT_EQ(stored("contacts", "hubspot_owner_id", schema.owners()[1].id), schema.owners()[1].id);
  EXPECT_EQ(stored("contacts", "hubspot_owner_id", "1"), "refused: INVALID_OWNER_ID");
  EXPECT_EQ(stored("contacts", "hubspot_owner_id", "rosa"), "refused: INVALID_INTEGER");
}

TEST_F(Accept, LeavesWhatThePortalSetsAlone) {
  EXPECT_EQ(stored("contacts", "hs_object_id", "1"), "refused: READ_ONLY_VALUE");
  EXPECT_EQ(stored("contacts", "lastmodifieddate", ""), "refused: READ_ONLY_VALUE");
}

}  // namespace
}  // namespace rapport::sandbox::hubspot
