#include "decide/ticket.h"

#include <algorithm>

#include "decide/conversation.h"

namespace rapport::decide {

using model::Event;
using model::Record;

namespace {

constexpr std::string_view kFields[] = {"subject", "description", "priority", "status",
                                        "channel", "assignee",    "team",     "tags"};
constexpr std::string_view kEvents[] = {model::kTicketCreated, model::kTicketUpdated,
                                        model::kTicketClosed, model::kTicketReopened,
                                        model::kTicketReplied};

void open_of_escalation(Step& step, const Event& event) {
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
    fields.set("opened_by", "escalation-opens-ticket");
    fields.set("escalations", 0);
  }
  fields.set("subject", reason.empty() ? std::string("Escalated conversation")
                                       : "Escalated: " + std::string(reason));
  fields.set("priority", "high");
  fields.set("status", "open");
  fields.set("reason", reason);
  fields.set("escalations", fields.integer("escalations") + 1);
}

void found(Record& ticket, const Event& event) {
  Json& fields = ticket.fields;
  fields.set("external_id", event.property("ticket_id"));
  fields.set("subject_id", std::to_string(event.subject.value));
  fields.set("opened_at", format_time(event.at));
  fields.set("status", "new");
  fields.set("priority", "medium");  // KU-1
  fields.set("escalations", 0);
}

void take(Record& ticket, const Event& event) {
  for (std::string_view name : kFields) {
    const Json* value = event.properties.find(name);
    if (!value) continue;
    if (value->is_null()) {
      ticket.fields.erase(name);
    } else {
      ticket.fields.set(name, *value);
    }
    ticket.provenance.set(name, event.sequence.value);
  }
  if (const auto talk = event.property("conversation_id"); !talk.empty())
    ticket.fields.set("conversation",
                      model::derive_id("cnv", event.workspace, {"conversation", talk}));
}

}  // namespace

std::string ticket_id(const Event& event) {
  if (event.origin != model::Origin::kTracked) return {};
  if (std::find(std::begin(kEvents), std::end(kEvents), event.type) == std::end(kEvents)) return {};
  const auto external = event.property("ticket_id");
  if (external.empty()) return {};
  return model::derive_id("tkt", event.workspace, {"external", external});
}

void fold_ticket(Step& step, const Event& event) {
  if (event.type == model::kConversationEscalated) return open_of_escalation(step, event);
  const std::string id = ticket_id(event);
  if (id.empty()) return;
  Record& ticket = step.edit(model::kTicket, id);
  if (ticket.fields.text("external_id").empty()) found(ticket, event);
  take(ticket, event);
  if (event.type == model::kTicketClosed) {
    ticket.fields.set("status", "closed");
  } else if (event.type == model::kTicketReopened) {
    ticket.fields.set("status", "open");
  }
  const auto status = ticket.fields.text("status");
  if (status != "closed" && status != "solved") {
    ticket.fields.erase("closed_at");
  } else if (!ticket.fields.find("closed_at")) {
    ticket.fields.set("closed_at", format_time(event.at));
  }
}

}  // namespace rapport::decide
