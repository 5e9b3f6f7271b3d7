#include "intake/known_events.h"

#include <gtest/gtest.h>

namespace rapport::intake {
namespace {

std::string refusal(std::string_view type, const char* properties) {
  const auto checked = check_known_event(type, parse_json(properties).value());
  return checked.ok() ? "" : checked.error().message;
}

TEST(KnownEvents, OfDealsAndTasksAreTaken) {  // BO-6, BO-11
  EXPECT_TRUE(is_known_event("deal.created"));
  EXPECT_TRUE(is_known_event("task.completed"));
  EXPECT_FALSE(is_known_event("deal.dreamt_of"));
  EXPECT_EQ(refusal("deal.created", R"({"deal_id": "D", "amount": 12.5, "currency": "EUR",
                                        "expected_close_at": "2026-12-01", "owner": null})"),
            "");
  EXPECT_EQ(refusal("task.updated", R"({"task_id": "T", "priority": "high", "status": "open",
                                        "due_at": "2026-12-01T09:00:00+01:00"})"),
            "");
}

TEST(KnownEvents, NameTheFieldThatIsWrong) {
  const struct {
    const char *type, *properties, *message;
  } rows[] = {
      {"deal.created", "{}", "properties.deal_id is missing"},
      {"deal.updated", R"({"deal_id": 7})", "properties.deal_id must be a text"},
      {"deal.updated", R"({"deal_id": "D", "amount": "1e3"})",
       "properties.amount must be an amount such as 1500 or \"1500.50\""},
      {"deal.updated", R"({"deal_id": "D", "amount": -1})",
       "properties.amount must be an amount such as 1500 or \"1500.50\""},
      {"deal.updated", R"({"deal_id": "D", "amount": "1."})",
       "properties.amount must be an amount such as 1500 or \"1500.50\""},
      {"deal.updated", R"({"deal_id": "D", "currency": "euro"})",
       "properties.currency must be an ISO 4217 code such as \"EUR\""},
      {"deal.updated", R"({"deal_id": "D", "expected_close_at": "soon"})",
       "properties.expected_close_at must be a time such as \"2026-03-02T09:00:00Z\""},
      {"task.created", R"({"task_id": "T", "priority": "very"})",
       "properties.priority must be one of \"low\", \"medium\", \"high\", \"urgent\""},
      {"task.created", R"({"task_id": "T", "status": "done"})",
       "properties.status must be one of \"open\", \"in_progress\", \"completed\""},
      {"ticket.created", "{}", "properties.ticket_id is missing"},
      {"ticket.updated", R"({"ticket_id": "K", "priority": "very"})",
       "properties.priority must be one of \"low\", \"medium\", \"high\", \"urgent\""},
      {"ticket.updated", R"({"ticket_id": "K", "status": "completed"})",
       "properties.status must be one of \"new\", \"open\", \"waiting_on_customer\", \"on_hold\", "
       "\"solved\", \"closed\""},
      {"ticket.replied", R"({"ticket_id": 7})", "properties.ticket_id must be a text"},
      {"conversation.assigned", R"({"assignee": "rosa@portal.example"})",
       "properties.conversation_id is missing"},
  };
  for (const auto& row : rows) EXPECT_EQ(refusal(row.type, row.properties), row.message);
}

TEST(KnownEvents, OnlyAConversationSpeaksForItsCustomer) {
  EXPECT_TRUE(speaks_for_customer("conversation.started", Json::object()));
  EXPECT_FALSE(speaks_for_customer("deal.created", Json::object()));
  EXPECT_FALSE(speaks_for_customer("message.sent", Json::object().set("author", "agent")));
}

}  // namespace
}  // namespace rapport::intake
