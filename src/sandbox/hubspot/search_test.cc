#include "sandbox/hubspot/search.h"

#include <gtest/gtest.h>

#include "sandbox/hubspot/tokens.h"
#include "sandbox/hubspot_caller.h"
#include "testing/fakes.h"

namespace rapport::sandbox::hubspot {
namespace {

class Search : public ::testing::Test, protected HubspotCaller {
 protected:
  Search() { start(open_options(), clock, random); }
  ManualClock clock;
  SeededRandom random{1};
};

TEST_F(Search, FindsAWriteExactlyWhenTheLagIsOver) {
  create("contacts", R"({"email":"ana@acme.example"})");
  clock.advance(millis(4999));
  EXPECT_EQ(found("contacts", "email", "ana@acme.example"), 0);
  clock.advance(millis(1));
  EXPECT_EQ(found("contacts", "email", "ana@acme.example"), 1);
}

TEST_F(Search, WithoutLagFindsAtOnce) {
  SandboxOptions options = open_options();
  options.search_lag = {};
  start(std::move(options), clock, random);
  create("contacts", R"({"email":"ana@acme.example"})");
  EXPECT_EQ(found("contacts", "email", "ana@acme.example"), 1);
}

TEST_F(Search, ShowsTheOldValuesUntilTheChangeIsIndexed) {
  const std::string id = create("contacts", R"({"email":"ana@acme.example","city":"Rome"})");
  clock.advance(seconds(5));
  expect(200, "PATCH", "/crm/v3/objects/contacts/" + id, R"({"properties":{"city":"Bonn"}})");
  clock.advance(seconds(1));
  expect(200, "PATCH", "/crm/v3/objects/contacts/" + id, R"({"properties":{"city":"Kyiv"}})");
  EXPECT_EQ(found("contacts", "city", "Rome"), 1);
  clock.advance(seconds(4));
  EXPECT_EQ(found("contacts", "city", "Bonn"), 1);
  EXPECT_EQ(found("contacts", "city", "Rome"), 0);
  clock.advance(seconds(1));
  EXPECT_EQ(found("contacts", "city", "Kyiv"), 1);
}

TEST_F(Search, FindsAnArchivedRecordUntilTheLagIsOver) {
  const std::string id = create("contacts", R"({"email":"ana@acme.example"})");
  clock.advance(seconds(5));
  expect(204, "DELETE", "/crm/v3/objects/contacts/" + id);
  EXPECT_EQ(found("contacts", "email", "ana@acme.example"), 1);
  clock.advance(seconds(5));
  EXPECT_EQ(found("contacts", "email", "ana@acme.example"), 0);
}

TEST_F(Search, ARecordGoneBeforeItWasIndexedIsNeverFound) {
  const std::string id = create("contacts", R"({"email":"ana@acme.example"})");
  expect(204, "DELETE", "/crm/v3/objects/contacts/" + id);
  clock.advance(hours(1));
  EXPECT_EQ(found("contacts", "email", "ana@acme.example"), 0);
}

TEST_F(Search, PollsByModifiedTime) {
  create("companies", R"({"name":"Old"})");
  clock.advance(seconds(10));
  create("companies", R"({"name":"New"})");
  clock.advance(seconds(5));
  const std::string since = std::to_string(ManualClock::kStart.value / 1000 + 10'000);
  const Json page = expect(200, "POST", "/crm/v3/objects/companies/search",
                           R"({"filterGroups":[{"filters":[{"propertyName":"hs_lastmodifieddate",)"
                           R"("operator":"GTE","value":")" +
                               since + R"("}]}],"sorts":["hs_lastmodifieddate"]})");
  ASSERT_EQ(page.integer("total"), 1);
  EXPECT_EQ(page.at_path("results.0.properties.name")->as_string(), "New");
}

TEST(Tokens, MatchWholeWordsAndWildcards) {
  EXPECT_TRUE(contains_token("Blue Whale Ltd.", "whale"));
  EXPECT_TRUE(contains_token("Blue Whale Ltd.", "LTD blue"));
  EXPECT_FALSE(contains_token("Blue Whale Ltd.", "wha"));
  EXPECT_TRUE(contains_token("Blue Whale Ltd.", "wha*"));
  EXPECT_FALSE(contains_token("Blue Whale Ltd.", "whale fox"));
  EXPECT_TRUE(contains_token("ana@acme.example", "*@acme.example"));
  EXPECT_FALSE(contains_token("ana@acme.example.org", "*@acme.example"));
  EXPECT_TRUE(contains_token("www.acme.example", "acme.example"));
  EXPECT_TRUE(contains_token("Müller Söhne", "söhne"));
  EXPECT_FALSE(contains_token("anything", ""));
  EXPECT_TRUE(contains_token("aXbXc", "a*b*c"));
  EXPECT_FALSE(contains_token("aXbX", "a*b*c"));
}

}  // namespace
}  // namespace rapport::sandbox::hubspot
