// Every request of ours is one that the vendor's published endpoints allow. The list is not part of
// the project: where it is absent this says so and is skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "connect/push_world.h"

namespace rapport::connect {
namespace {

std::string list_of_endpoints() {
  const char* shared = std::getenv("RAPPORT_SHARED");
  return std::string(shared != nullptr ? shared : RAPPORT_SOURCE_DIR "/../shared") +
         "/vendors/hubspot-endpoints.tsv";
}

// "POST /crm/v4/associations/{fromObjectType}/{toObjectType}/batch/read". The list has deals by
// their type's id, which the vendor takes as well as the name.
bool allows(std::string_view endpoint, std::string_view call) {
  auto pattern = split(endpoint, '/'), path = split(call, '/');
  std::replace(path.begin(), path.end(), std::string_view("deals"), std::string_view("0-3"));
  if (pattern.size() != path.size()) return false;
  for (size_t i = 0; i < path.size(); ++i)
    if (pattern[i] != path[i] && !pattern[i].starts_with('{')) return false;
  return true;
}

std::set<std::string> published() {
  std::set<std::string> all;
  std::ifstream file(list_of_endpoints());
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string method, path;
    if (fields >> method >> path && path.starts_with('/')) all.insert(method + " " + path);
  }
  return all;
}

Json escalation(const std::string& conversation) {
  return Json::object().set("conversation_id", conversation).set("reason", "asks for a person");
}

// Everything a push can have to do: new records, changes, links that come later, parts that go, a
// write whose answer is lost.
void do_everything(PushWorld& world) {
  world.identify("u1", "ana@acme.example", Json::object().set("name", "Ana Lee"));
  world.say("u1", "chat-1", std::string(100'000, 'x'));
  ASSERT_EQ(world.settle(), "");
  world.identify("u1", "ana@acme.example", Json::object().set("title", "Boss"));
  world.identify("u2", "ben@acme.example");
  world.say("u1", "chat-1", "I want a person");
  world.track("u1", "conversation.escalated", escalation("chat-1"));
  world.group("u1", "g-1", Json::object().set("name", "Acme").set("domain", "acme.example"));
  ASSERT_EQ(world.settle(), "");
  world.lose_next(1, "/crm/v3/objects/notes/batch/create");
  world.say("u2", "chat-2", "hello");
  ASSERT_EQ(world.settle(), "");
  world.customise("contacts: {plan_tier: contact.traits.plan}");
  world.identify("u2", "", Json::object().set("plan", "gold").set("owner", "rosa@portal.example"));
  for (const char* stage : {"proposal", "closed_won"}) {
    world.track("u1", "deal.updated",
                Json::object().set("deal_id", "d").set("name", "Deal").set("stage", stage));
    world.track("u1", "task.updated",
                Json::object().set("task_id", "t").set("deal_id", "d").set("subject", stage));
    ASSERT_EQ(world.settle(), "");
  }
}

TEST(PushRequests, AreAllAmongTheVendorsPublishedEndpoints) {  // CH-81
  const std::set<std::string> endpoints = published();
  if (endpoints.empty()) GTEST_SKIP() << "there is no " << list_of_endpoints();
  PushWorld world;
  do_everything(world);
  std::set<std::string> unknown;
  for (const std::string& call : world.transport.calls) {
    const std::string path = call.substr(0, call.find('?'));
    if (std::none_of(endpoints.begin(), endpoints.end(),
                     [&](const std::string& endpoint) { return allows(endpoint, path); }))
      unknown.insert(path);
  }
  EXPECT_TRUE(unknown.empty()) << *unknown.begin();
  EXPECT_GE(world.calls("POST /crm/v3/objects/notes/batch/create"), 2);
  EXPECT_GE(world.calls("POST /crm/v4/associations/"), 2);
  for (const char* call :
       {"GET /crm/v3/owners", "POST /crm/v3/properties/contacts",
        "POST /crm/v3/objects/deals/batch/update", "POST /crm/v3/objects/tasks/batch/update"})
    EXPECT_GE(world.calls(call), 1) << call;
}

}  // namespace
}  // namespace rapport::connect
