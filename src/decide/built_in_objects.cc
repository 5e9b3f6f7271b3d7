#include "decide/vocabulary.h"
#include "model/record.h"

namespace rapport::decide {

namespace {

struct Row {
  std::string_view object, name;
  FieldType type;
  FieldClass field_class = FieldClass::kPlain;
};

constexpr auto kText = FieldType::kText;
constexpr auto kTime = FieldType::kTime;
constexpr auto kInt = FieldType::kInt;
constexpr auto kBool = FieldType::kBool;
constexpr auto kTexts = FieldType::kTexts;
constexpr auto kPii = FieldClass::kPii;

constexpr Row kRows[] = {
    {"contact", "name", kText, kPii},
    {"contact", "first_name", kText, kPii},
    {"contact", "last_name", kText, kPii},
    {"contact", "title", kText},
    {"contact", "website", kText},
    {"contact", "avatar", kText, kPii},
    {"contact", "description", kText},
    {"contact", "company", FieldType::kAny},
    {"contact", "company_domain", kText},
    {"contact", "customer_since", kTime},
    {"contact", "email", kText, kPii},
    {"contact", "emails", kTexts, kPii},
    {"contact", "email_domain", kText},
    {"contact", "free_mail", kBool},
    {"contact", "phone", kText, kPii},
    {"contact", "phones", kTexts, kPii},
    {"contact", "external_ids", kTexts},
    {"contact", "anonymous", kBool},
    {"contact", "owner", kText},
    {"contact", "account", kText},
    {"contact", "first_seen_at", kTime},
    {"contact", "last_seen_at", kTime},
    {"contact", "tags", kTexts},
    {"contact", "traits", FieldType::kAny},
    {"account", "name", kText},
    {"account", "domain", kText},
    {"account", "group_id", kText},
    {"account", "website", kText},
    {"account", "owner", kText},
    {"account", "contacts", kInt},
    {"account", "parent", kText},
    {"account", "tags", kTexts},
    {"account", "traits", FieldType::kAny},
    {"conversation", "external_id", kText},
    {"conversation", "channel", kText},
    {"conversation", "url", kText},
    {"conversation", "started_at", kTime},
    {"conversation", "ended_at", kTime},
    {"conversation", "last_message_at", kTime},
    {"conversation", "messages", kInt},
    {"conversation", "topics", kTexts},
    {"conversation", "escalated", kBool},
    {"conversation", "escalated_at", kTime},
    {"conversation", "escalation_reason", kText},
    {"conversation", "satisfaction", FieldType::kNumber},
    {"conversation", "resolution_status", kText},
    {"conversation", "closed_by", kText},
    {"conversation", "assignee", kText},
    {"conversation", "team", kText},
    {"conversation", "tags", kTexts},
    {"ticket", "external_id", kText},
    {"ticket", "conversation", kText},
    {"ticket", "subject", kText, FieldClass::kContent},
    {"ticket", "description", kText, FieldClass::kContent},
    {"ticket", "reason", kText},
    {"ticket", "escalations", kInt},
    {"ticket", "assignee", kText},
    {"ticket", "team", kText},
    {"ticket", "channel", kText},
    {"ticket", "opened_at", kTime},
    {"ticket", "closed_at", kTime},
    {"ticket", "tags", kTexts},
    {"deal", "external_id", kText},
    {"deal", "name", kText},
    {"deal", "amount", FieldType::kMoney, FieldClass::kFinancial},
    {"deal", "currency", kText},
    {"deal", "stage", kText},
    {"deal", "source", kText},
    {"deal", "expected_close_at", kTime},
    {"deal", "description", kText},
    {"deal", "conversation", kText},
    {"deal", "owner", kText},
    {"deal", "tags", kTexts},
    {"task", "external_id", kText},
    {"task", "subject", kText},
    {"task", "body", kText, FieldClass::kContent},
    {"task", "purpose", kText},
    {"task", "due_at", kTime},
    {"task", "completed_at", kTime},
    {"task", "owner", kText},
    {"task", "team", kText},
    {"task", "role", kText},
    {"task", "deal", kText},
    {"task", "conversation", kText},
    {"user", "name", kText, kPii},
    {"user", "email", kText, kPii},
    {"user", "calendar_link", kText},
    {"user", "roles", kTexts},
    {"user", "teams", kTexts},
    {"user", "skills", kTexts},
    {"user", "languages", kTexts},
    {"user", "territories", kTexts},
    {"user", "capacity", kInt},
    {"user", "presence", kText},
    {"team", "name", kText},
    {"signal", "name", kText},
    {"signal", "severity", kText},
    {"signal", "says", kText},
    {"signal", "of", kText},
    {"signal", "value", FieldType::kAny},
    {"signal", "threshold", FieldType::kAny},
    {"signal", "status", kText},
    {"signal", "raised_at", kTime},
    {"signal", "cleared_at", kTime},
    {"alert", "type", kText},
    {"alert", "severity", kText},
    {"alert", "text", kText},
    {"alert", "about", kText},
    {"alert", "status", kText},
    {"alert", "at", kTime},
    {"note", "on", kText},
    {"note", "text", kText, FieldClass::kContent},
    {"note", "private", kBool},
    {"note", "author", kText},
    {"effect", "kind", kText},
    {"effect", "status", kText},
    {"effect", "rule", kText},
    {"effect", "about", kText},
    {"effect", "at", kTime},
    {"program_run", "program", kText},
    {"program_run", "about", kText},
    {"program_run", "status", kText},
    {"program_run", "completed", kTexts},
    {"program_run", "milestones", kTexts},
    {"program_run", "current_step", kText},
    {"program_run", "progress", kInt},
    {"program_run", "started_at", kTime},
    {"program_run", "completed_at", kTime},
    {"program_run", "last_progress_at", kTime},
};

std::string_view prefix_of(std::string_view object) {
  if (object == model::kContact) return "con";
  if (object == model::kAccount) return "acc";
  if (object == model::kConversation) return "cnv";
  if (object == model::kTicket) return "tkt";
  return object;
}

// Made by the engine itself, and kept as a pack's own objects are.
bool is_own(std::string_view object) {
  for (std::string_view own : {"signal", "alert", "note", "effect", "program_run"})
    if (object == own) return true;
  return false;
}

Field ranked(std::string name, std::vector<std::string> values) {
  Field field{std::move(name), FieldType::kEnum};
  field.values = std::move(values);
  return field;
}

}  // namespace

std::vector<Object> built_in_objects() {
  std::vector<Object> all;
  for (const Row& row : kRows) {
    if (all.empty() || all.back().name != row.object)
      all.push_back({std::string(row.object),
                     std::string(is_own(row.object) ? model::kObject : row.object),
                     std::string(prefix_of(row.object))});
    all.back().fields.push_back({std::string(row.name), row.type, row.field_class});
  }
  for (Object& object : all) {
    if (object.name == model::kTicket || object.name == model::kTask)
      object.fields.push_back(ranked("priority", {"low", "medium", "high", "urgent"}));
    if (object.name == model::kTicket)
      object.fields.push_back(
          ranked("status", {"new", "open", "waiting_on_customer", "on_hold", "solved", "closed"}));
    if (object.name == model::kTask)
      object.fields.push_back(ranked("status", {"open", "in_progress", "completed", "cancelled"}));
    if (object.name == model::kConversation)
      object.fields.push_back(ranked("status", {"open", "closed"}));
    if (object.name == model::kContact || object.name == "user" || object.name == "team") continue;
    object.belongs_to.push_back({std::string(model::kAccount), true});
    if (object.name == model::kAccount) continue;
    object.belongs_to.push_back({std::string(model::kContact), true});
    if (object.name == model::kTicket || object.name == model::kConversation) continue;
    for (std::string_view owner : {model::kTicket, model::kDeal, model::kConversation})
      if (object.name != owner) object.belongs_to.push_back({std::string(owner), true});
  }
  return all;
}

}  // namespace rapport::decide
