#include "decide/deal.h"

#include <gtest/gtest.h>

#include "testing/world.h"

namespace rapport::decide {
namespace {

using testing::own;
using testing::tracked;
using testing::World;

Json deal(const char* json) {
  return parse_json(json).value().set("deal_id", "D-7");
}

Json task(const char* json) {
  return parse_json(json).value().set("task_id", "T-3");
}

TEST(Deal, BeginsAtTheFirstStageAndTakesWhatItsEventsGive) {  // BO-6, BO-7, BO-11
  World world;
  world.send(tracked("deal.created", {1}, deal(R"({"name": "Acme", "amount": 1500.5})")));
  ASSERT_EQ(world.all("deal").size(), 1u);
  const Json& fields = world.all("deal")[0]->fields;
  EXPECT_EQ(fields.text("stage"), "prospecting");
  EXPECT_EQ(fields.text("amount"), "1500.5");
  EXPECT_EQ(fields.text("external_id"), "D-7");
  world.send(tracked("deal.updated", {1}, deal(R"({"stage": "closed_won", "amount": "0.10"})")));
  ASSERT_EQ(world.all("deal").size(), 1u);
  const Json& after = world.all("deal")[0]->fields;
  EXPECT_EQ(after.text("stage"), "closed_won");
  EXPECT_EQ(after.text("amount"), "0.10");
  EXPECT_EQ(after.text("name"), "Acme");
}

TEST(Deal, LosesAFieldThatIsGivenAsNull) {
  World world;
  world.send(tracked("deal.created", {1}, deal(R"({"name": "Acme", "amount": 7})")));
  world.send(tracked("deal.updated", {1}, deal(R"({"amount": null})")));
  EXPECT_FALSE(world.all("deal")[0]->fields.find("amount"));
}

TEST(Deal, AmountsAreDecimalsToTheLastDigit) {
  World world;
  const std::pair<const char*, const char*> amounts[] = {{"0.1", "0.1"},
                                                         {"1e3", "1000"},
                                                         {"123456789.01", "123456789.01"},
                                                         {"\"19.90\"", "19.90"},
                                                         {"4503599627370496", "4503599627370496"}};
  for (const auto& [given, kept] : amounts) {
    world.send(
        tracked("deal.updated", {1}, deal((std::string(R"({"amount": )") + given + "}").c_str())));
    EXPECT_EQ(world.all("deal")[0]->fields.text("amount"), kept);
  }
}

TEST(Deal, KnowsItsConversation) {  // CH-5
  World world;
  world.send(tracked("conversation.started", {1}, Json::object().set("conversation_id", "c")));
  world.send(tracked("deal.created", {1}, deal(R"({"conversation_id": "c"})")));
  EXPECT_EQ(world.all("deal")[0]->fields.text("conversation"),
            world.all("conversation")[0]->key.id);
}

TEST(Task, IsOpenUntilItIsCompleted) {  // BO-11, CS-9
  World world;
  world.send(tracked("task.created", {1}, task(R"({"subject": "Call", "deal_id": "D-7"})")));
  ASSERT_EQ(world.all("task").size(), 1u);
  EXPECT_EQ(world.all("task")[0]->fields.text("status"), "open");
  world.send(tracked("task.completed", {1}, task("{}")));
  const Json& done = world.all("task")[0]->fields;
  EXPECT_EQ(done.text("status"), "completed");
  EXPECT_FALSE(done.text("completed_at").empty());
  world.send(tracked("task.updated", {1}, task(R"({"status": "in_progress"})")));
  EXPECT_FALSE(world.all("task")[0]->fields.find("completed_at"));
}

TEST(Task, AndDealsAreErasedWithTheirPerson) {
  World world;
  world.send(tracked("deal.created", {1}, deal(R"({"name": "Acme"})")));
  world.send(tracked("task.created", {1}, task(R"({"subject": "Call"})")));
  const std::string contact = world.all("contact").at(0)->key.id;
  world.send(own("contact.erased",
                 Json::object().set("contact", contact).set("subjects", Json::Array{Json(1)})));
  EXPECT_TRUE(world.all("deal").empty());
  EXPECT_TRUE(world.all("task").empty());
}

TEST(Conversation, GivesItsAssigneeToItsTicket) {  // CH-6, KU-1
  World world;
  const auto about = [] { return Json::object().set("conversation_id", "c"); };
  world.send(tracked("conversation.assigned", {1}, about().set("assignee", "rosa@portal.example")));
  world.send(tracked("conversation.escalated", {1}, about()));
  EXPECT_EQ(world.all("ticket").at(0)->fields.text("assignee"), "rosa@portal.example");
  world.send(tracked("conversation.assigned", {1}, about().set("assignee", "").set("team", "VIP")));
  EXPECT_FALSE(world.all("ticket").at(0)->fields.find("assignee"));
  EXPECT_EQ(world.all("ticket").at(0)->fields.text("team"), "VIP");
}

}  // namespace
}  // namespace rapport::decide
