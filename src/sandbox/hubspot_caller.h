// For tests: speaks JSON to a sandbox.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/json.h"
#include "sandbox/hubspot.h"

namespace rapport::sandbox {

inline SandboxOptions open_options() {
  SandboxOptions options;
  options.tokens = {{"token"}, {"reader", {"crm.objects.contacts.read"}}};
  return options;
}

class HubspotCaller {
 protected:
  void start(SandboxOptions options, Clock& clock, Random& random) {
    hubspot = std::make_unique<Hubspot>(std::move(options), clock, random);
  }

  HttpResponse call(const std::string& method, const std::string& target,
                    const std::string& body = "", const std::string& token = "token") {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
    request.body = body;
    return hubspot->handle(request);
  }
  // The body of an answer that must have this status.
  Json expect(int status, const std::string& method, const std::string& target,
              const std::string& body = "") {
    const HttpResponse response = call(method, target, body);
    EXPECT_EQ(response.status, status) << method << " " << target << "\n" << response.body;
    if (response.body.empty()) return {};
    auto json = parse_json(response.body);
    EXPECT_TRUE(json.ok()) << response.body;
    return json.ok() ? *std::move(json) : Json();
  }
  // The id of a record that is created.
  std::string create(const std::string& type, const std::string& properties) {
    const Json made =
        expect(201, "POST", "/crm/v3/objects/" + type, R"({"properties":)" + properties + "}");
    return std::string(made.text("id"));
  }
  // How many records a search for one property finds.
  int64_t found(const std::string& type, const std::string& property, const std::string& value) {
    return expect(200, "POST", "/crm/v3/objects/" + type + "/search",
                  R"({"filterGroups":[{"filters":[{"operator":"EQ","propertyName":")" + property +
                      R"(","value":")" + value + R"("}]}]})")
        .integer("total", -1);
  }
  std::string effects() { return call("GET", "/__sandbox/effects").body; }
  int64_t last_effect() { return expect(200, "GET", "/__sandbox/effects").integer("last"); }

  std::unique_ptr<Hubspot> hubspot;
};

}  // namespace rapport::sandbox
