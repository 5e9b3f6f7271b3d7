#include "decide/conversation.h"

#include <algorithm>

#include "decide/basics.h"
#include "decide/contact_fields.h"

namespace rapport::decide {

using model::Event;
using model::Record;

namespace {

constexpr std::string_view kEvents[] = {model::kConversationStarted,   model::kConversationEnded,
                                        model::kConversationEscalated, model::kMessageSent,
                                        model::kSatisfactionReceived,  model::kResolutionConfirmed,
                                        model::kConversationAssigned,  model::kLeadQualified};
constexpr size_t kMaxTopics = 50;

void copy_text(Json& fields, const Event& event, std::string_view from, std::string_view to) {
  if (const auto value = event.property(from); !value.empty()) fields.set(to, value);
}

void watch_idle(Step& step, const Record& conversation, const Event& event) {
  step.arm({event.received_at + step.basics().idle_close, "idle/" + conversation.key.id,
            conversation.key, "idle"});
}

void start(Step& step, Record& conversation, const Event& event) {
  Json& fields = conversation.fields;
  const std::string at = format_time(event.at);
  if (fields.text("external_id").empty()) {
    fields.set("external_id", event.property("conversation_id"));
    fields.set("subject", std::to_string(event.subject.value));
    fields.set("status", "open");
    fields.set("started_at", at);
    fields.set("opened_at", format_time(event.received_at));
    fields.set("messages", 0);
    watch_idle(step, conversation, event);
  }
  if (at < fields.text("started_at")) fields.set("started_at", at);
  fields.set("last_event_at", format_time(event.received_at));
  copy_text(fields, event, "channel", "channel");
  copy_text(fields, event, "url", "url");
  if (const Json* topics = event.properties.find("topics"); topics && topics->is_array())
    for (const Json& topic : topics->as_array())
      if (topic.is_string() && values_of(fields, "topics").size() < kMaxTopics)
        append_value(fields, "topics", topic);
}

// CH-6: who looks after it. Given as null or empty: nobody any more. The ticket goes with it.
void assign(Step& step, Json& fields, const Event& event, const std::string& id) {
  const auto copy = [&](Json& to) {
    for (std::string_view name : {"assignee", "team"}) {
      if (!event.properties.find(name)) continue;
      const auto value = event.property(name);
      if (value.empty()) {
        to.erase(name);
      } else {
        to.set(name, value);
      }
    }
  };
  copy(fields);
  const std::string ticket = model::derive_id("tkt", event.workspace, {"ticket", id});
  if (step.find(model::kTicket, ticket)) copy(step.edit(model::kTicket, ticket).fields);
}

void add_message(Json& fields, const Event& event) {
  fields.set("messages", fields.integer("messages") + 1);
  if (!fields.find("messages_by")) fields.set("messages_by", Json::object());
  Json& by = *fields.edit("messages_by");
  const std::string author(event.property("author"));
  by.set(author, by.integer(author) + 1);
  const std::string at = format_time(event.at);
  if (fields.text("last_message_at") < at) fields.set("last_message_at", at);
  if (!fields.find("first_message_sequence"))
    fields.set("first_message_sequence", event.sequence.value);
}

}  // namespace

std::string conversation_id(const Event& event) {
  if (event.origin != model::Origin::kTracked) return {};
  if (std::find(std::begin(kEvents), std::end(kEvents), event.type) == std::end(kEvents)) return {};
  const auto external = event.property("conversation_id");
  if (external.empty()) return {};
  return model::derive_id("cnv", event.workspace, {"conversation", external});
}

std::string conversation_list(std::string_view conversation) {
  return "conversation/" + std::string(conversation);
}

void fold_conversation(Step& step, const Event& event) {
  const std::string id = conversation_id(event);
  if (id.empty()) return;
  step.file_under(conversation_list(id));
  Record& conversation = step.edit(model::kConversation, id);
  Json& fields = conversation.fields;
  start(step, conversation, event);
  if (event.type == model::kMessageSent) {
    add_message(fields, event);
    if (fields.text("status") == "closed") {
      fields.set("status", "open");
      fields.erase("closed_by");
      fields.erase("ended_at");
      watch_idle(step, conversation, event);
    }
  } else if (event.type == model::kConversationEnded) {
    fields.set("status", "closed");
    fields.set("ended_at", format_time(event.at));
    copy_text(fields, event, "resolution_status", "resolution_status");
  } else if (event.type == model::kConversationEscalated) {
    fields.set("escalated", true);
    fields.set("escalated_at", format_time(event.at));
    copy_text(fields, event, "reason", "escalation_reason");
  } else if (event.type == model::kConversationAssigned) {
    assign(step, fields, event, id);
  } else if (event.type == model::kSatisfactionReceived) {
    if (const Json* score = event.properties.find("score")) fields.set("satisfaction", *score);
  } else if (event.type == model::kResolutionConfirmed) {
    copy_text(fields, event, "status", "resolution_status");
  }
}

void close_if_idle(Step& step, const model::Timer& timer) {
  const Record* known = step.find(timer.record.type, timer.record.id);
  if (!known || known->fields.text("status") != "open") return;
  const auto last = parse_time(known->fields.text("last_event_at"));
  const Micros due = last.ok() ? *last + step.basics().idle_close : timer.due;
  if (due > timer.due) {
    model::Timer later = timer;
    later.due = due;
    step.arm(std::move(later));
    return;
  }
  Record& conversation = step.edit(timer.record.type, timer.record.id);
  conversation.fields.set("status", "closed");
  conversation.fields.set("closed_by", "idle");
  conversation.fields.set("ended_at", format_time(timer.due));
}

}  // namespace rapport::decide
