#include "decide/rules.h"

#include "decide/contact.h"
#include "decide/conversation.h"
#include "decide/definitions.h"

namespace rapport::decide {

using model::Event;
using model::Record;

namespace {

// One ticket per conversation: a second escalation adds to it and opens it again.
void open_ticket(Step& step, const Event& event, const Rule& rule) {
  const std::string conversation = conversation_id(event);
  if (conversation.empty()) return;
  const std::string id = model::derive_id("tkt", event.workspace, {"ticket", conversation});
  Record& ticket = step.edit(model::kTicket, id);
  Json& fields = ticket.fields;
  const auto reason = event.property("reason");
  if (fields.text("conversation").empty()) {
    const Json& about = step.find(model::kConversation, conversation)->fields;
    fields.set("conversation", conversation);
    fields.set("subject_id", about.text("subject"));
    for (std::string_view name : {"assignee", "team"})
      if (const auto value = about.text(name); !value.empty()) fields.set(name, value);
    fields.set("opened_at", format_time(event.at));
    fields.set("opened_by", rule.id);
    fields.set("escalations", 0);
  }
  fields.set("subject", reason.empty() ? std::string("Escalated conversation")
                                       : "Escalated: " + std::string(reason));
  fields.set("priority", rule.action.priority);
  fields.set("status", "open");
  fields.set("reason", reason);
  fields.set("escalations", fields.integer("escalations") + 1);
}

Situation situation_of(const Step& step, const Event& event) {
  Situation s{event};
  s.contact = step.find(model::kContact, contact_of(step, event.subject));
  if (s.contact)
    if (const auto id = s.contact->fields.text("account"); !id.empty())
      s.account = step.find(model::kAccount, id);
  if (const auto id = conversation_id(event); !id.empty())
    s.conversation = step.find(model::kConversation, id);
  return s;
}

}  // namespace

void apply_rules(Step& step, const Event& event) {
  for (const Rule& rule : step.definitions().rules) {
    if (rule.on != event.type) continue;
    if (rule.when && rule.when->holds(situation_of(step, event)) != Truth::kYes) continue;
    open_ticket(step, event, rule);
  }
}

}  // namespace rapport::decide
