#include "api/openapi.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "api/problem.h"
#include "api/routes/routes.h"
#include "intake/intake.h"

namespace rapport::api {
namespace {

// "GET /api/v1/contacts" → operationId.
using Operations = std::map<std::string, std::string>;

Json document() {
  return parse_json(openapi_document()).value();
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return text;
}

Operations documented() {
  Operations all;
  const Json whole = document();
  for (const auto& [path, methods] : whole.find("paths")->as_object())
    for (const auto& [method, operation] : methods.as_object())
      all[upper(std::string(method)) + " " + std::string(path)] = operation.text("operationId");
  return all;
}

constexpr std::string_view kTracking[] = {"identify", "track", "page", "screen",
                                          "group",    "alias", "batch"};

Operations served() {
  Operations all;
  for (const Route& route : all_routes()) all[route.method + " " + route.path] = route.operation;
  for (std::string_view call : kTracking) all["POST /v1/" + std::string(call)] = std::string(call);
  return all;
}

TEST(OpenApi, EveryRouteIsDocumentedAndEveryDocumentedOneIsServed) {
  const Operations have = served(), told = documented();
  for (const auto& [route, operation] : have)
    EXPECT_TRUE(told.contains(route)) << route << " is served and not in openapi.json";
  for (const auto& [route, operation] : told) {
    ASSERT_TRUE(have.contains(route)) << route << " is in openapi.json and not served";
    EXPECT_EQ(have.at(route), operation) << route;
  }
}

TEST(OpenApi, TrackingCallsAreThoseThatIntakeKnows) {
  for (std::string_view call : kTracking) {
    EXPECT_TRUE(intake::call_named(call).has_value()) << call;
    EXPECT_TRUE(intake::call_named(call.substr(0, 1)).has_value()) << call;
  }
}

TEST(OpenApi, OperationIdsAreUnique) {
  std::set<std::string> seen;
  for (const auto& [route, operation] : documented()) {
    EXPECT_FALSE(operation.empty()) << route;
    EXPECT_TRUE(seen.insert(operation).second) << operation;
  }
}

// Every path parameter of a route is declared, and the other way round.
TEST(OpenApi, PathParametersAreDeclared) {
  const Json whole = document();
  for (const auto& [name, methods] : whole.find("paths")->as_object()) {
    const std::string path(name);
    std::set<std::string> wanted;
    for (size_t at = path.find('{'); at != path.npos; at = path.find('{', at + 1))
      wanted.insert(path.substr(at + 1, path.find('}', at) - at - 1));
    for (const auto& [method, operation] : methods.as_object()) {
      std::set<std::string> declared;
      const Json* list = operation.find("parameters");
      for (const Json& entry : list ? list->as_array() : Json::Array{}) {
        const std::string_view link = entry.text("$ref");
        const Json* one = link.empty() ? &entry
                                       : whole.find("components")
                                             ->find("parameters")
                                             ->find(link.substr(link.rfind('/') + 1));
        ASSERT_NE(one, nullptr) << link;
        if (one->text("in") == "path") declared.insert(std::string(one->text("name")));
      }
      EXPECT_EQ(declared, wanted) << method.view() << " " << path;
    }
  }
}

void collect(const Json& value, std::set<std::string>& links) {
  if (value.is_array())
    for (const Json& item : value.as_array()) collect(item, links);
  if (!value.is_object()) return;
  for (const auto& [key, item] : value.as_object()) {
    if (key == "$ref") links.emplace(item.as_string());
    collect(item, links);
  }
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const Json whole = document();
  std::set<std::string> links;
  collect(whole, links);
  EXPECT_GT(links.size(), 30u);
  for (const std::string& link : links) {
    ASSERT_TRUE(link.starts_with("#/components/")) << link;
    const size_t slash = link.rfind('/');
    const Json* group = whole.find("components")->find(link.substr(13, slash - 13));
    ASSERT_NE(group, nullptr) << link;
    EXPECT_NE(group->find(link.substr(slash + 1)), nullptr) << link;
  }
}

TEST(OpenApi, EveryErrorIsAProblemDocument) {
  const Json whole = document();
  std::set<std::string> statuses;
  for (const auto& [path, methods] : whole.find("paths")->as_object())
    for (const auto& [method, operation] : methods.as_object())
      for (const auto& [status, response] : operation.find("responses")->as_object())
        if (status >= "400") {
          statuses.emplace(status);
          EXPECT_TRUE(response.text("$ref").starts_with("#/components/responses/"))
              << method.view() << " " << path.view() << " " << status.view();
        }
  for (const auto& [name, response] : whole.find("components")->find("responses")->as_object())
    EXPECT_NE(response.find("content")->find("application/problem+json"), nullptr) << name.view();
  // What problem() can answer is documented somewhere; kUnsupported is nobody's answer yet.
  for (Code code : {Code::kInvalid, Code::kUnauthenticated, Code::kForbidden, Code::kNotFound,
                    Code::kConflict, Code::kTooLarge, Code::kOverloaded, Code::kUnavailable,
                    Code::kTimeout, Code::kDiskFull, Code::kIo})
    EXPECT_TRUE(statuses.contains(std::to_string(status_of(code)))) << name(code);
}

TEST(OpenApi, EveryRecordHasAnExample) {
  const Json whole = document();
  const Json& schemas = *whole.find("components")->find("schemas");
  for (std::string_view one :
       {"Contact", "Account", "Conversation", "Ticket", "Message", "Event", "QuarantinedEvent",
        "Review", "Workspace", "Key", "NewKey", "Problem", "Receipt"}) {
    const Json* schema = schemas.find(one);
    ASSERT_NE(schema, nullptr) << one;
    const Json* examples = schema->find("examples");
    ASSERT_NE(examples, nullptr) << one;
    // The example has what is required, and nothing that is not described.
    for (const Json& required : schema->find("required")->as_array())
      EXPECT_NE(examples->as_array()[0].find(required.as_string()), nullptr)
          << one << "." << required.as_string();
    for (const auto& [name, value] : examples->as_array()[0].as_object())
      EXPECT_NE(schema->find("properties")->find(name), nullptr) << one << "." << name.view();
  }
}

}  // namespace
}  // namespace rapport::api
