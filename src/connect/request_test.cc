#include "connect/request.h"

#include <gtest/gtest.h>

#include "connect/batch.h"

namespace rapport::connect {
namespace {

CallSpec call_of(std::string_view body) {
  CallSpec call;
  call.method = "POST";
  call.path = "/o/{object}/{to}";
  call.body = *parse_json(body);
  call.batch = 10;
  return call;
}

TEST(Request, FillsPathQueryAndBody) {
  CallSpec call = call_of(R"({"n":"$names","k":"$keys","items":{"$each_item":
      {"id":"$id","p":"$properties","one":"$property.email","c":"$$id","links":{"$each_link":
      {"to":"$to","t":"$type"}}}}})");
  call.query = {{"limit", "5"}, {"after", "$after"}};
  CallItem item{.id = "7", .key = "k"};
  item.properties.set("email", "a");
  item.links = {{.other = "x", .to = "1", .local = "", .with = {{"type", 280}}},
                {.other = "x", .to = "2", .local = "", .with = {{"type", 281}}}};
  const CallScope scope{.object = "contacts", .to = "a/b ?", .names = {"email"}};
  const HttpRequest request = fill_request(call, scope, {&item, 1}, "https://h");
  EXPECT_EQ(request.target, "https://h/o/contacts/a%2Fb%20%3F?limit=5");
  EXPECT_EQ(request.body,
            R"({"n":["email"],"k":["k"],"items":[{"id":"7","p":{"email":"a"},"one":"a","c":"$id",)"
            R"("links":[{"to":"1","t":280},{"to":"2","t":281}]}]})");
}

TEST(Request, GivesAnAssociateCallItsOneLinkPerItem) {
  const CallSpec call = call_of(R"({"i":{"$each_item":{"f":"$id","t":"$to","y":"$type"}}})");
  std::vector<CallItem> items(2);
  for (int i = 0; i < 2; ++i) {
    items[i].id = std::to_string(i);
    items[i].links = {{.other = "o", .to = "9" + items[i].id, .local = "", .with = {{"type", i}}}};
  }
  EXPECT_EQ(fill_request(call, {}, items, "").body,
            R"({"i":[{"f":"0","t":"90","y":0},{"f":"1","t":"91","y":1}]})");
}

struct Batch : ::testing::Test {
  Batch() {
    call.results = "results";
    call.errors = "errors";
    call.error_item = {"context.ids", "context.trace"};
    for (const char* id : {"1", "2", "3"}) {
      items.push_back({.id = id, .key = std::string("k") + id, .trace = std::string("t") + id});
    }
  }
  std::vector<ItemOutcome> read(std::string_view body, Told told) {
    return read_outcomes({}, call, {.status = 207, .body = *parse_json(body)}, items, told);
  }
  CallSpec call;
  std::vector<CallItem> items;
};

TEST_F(Batch, MatchesResultsInAnyOrderAndErrorsByWhatTheyName) {  // C9
  const auto outcomes = read(R"({"results":[{"id":"3","properties":{"a":"b"}},{"id":1}],
      "errors":[{"context":{"ids":["2"]}}]})",
                             Told::kMust);
  EXPECT_EQ(outcomes[0].id, "1");
  EXPECT_EQ(outcomes[1].failure->error, ErrorClass::kUnavailable) << "no rule knows it";
  EXPECT_EQ(outcomes[2].properties.text("a"), "b");
}

TEST_F(Batch, MatchesErrorsByTrace) {
  const auto outcomes = read(R"({"results":[{"id":"1"},{"id":"3"}],
      "errors":[{"context":{"trace":["t2"]}}]})",
                             Told::kMust);
  EXPECT_EQ(outcomes[1].failure->error, ErrorClass::kUnavailable) << "no rule knows it";
  EXPECT_FALSE(outcomes[2].failure.has_value());
}

TEST_F(Batch, CountsSilenceAsDoneOnlyWhereNothingHasToBeTold) {
  EXPECT_TRUE(read("{}", Told::kMust)[0].failure.has_value());
  EXPECT_FALSE(read("{}", Told::kMay)[0].failure.has_value());
  const auto beside_errors = read(R"({"errors":[{"context":{"ids":["9"]}}]})", Told::kMay);
  EXPECT_EQ(beside_errors[0].failure->error, ErrorClass::kMalformed);
}

TEST_F(Batch, TakesNoIdThatIsNoTextOrNumber) {
  for (const char* id : {"{}", "[]", "null", "true", "1.5", "\"\""}) {
    const auto outcomes = read(R"({"results":[{"id":)" + std::string(id) + "}]}", Told::kMust);
    EXPECT_TRUE(outcomes[0].failure.has_value()) << id;
  }
}

}  // namespace
}  // namespace rapport::connect
