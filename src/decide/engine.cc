#include "decide/engine.h"

#include <fmt/format.h>

#include "decide/account.h"
#include "decide/contact.h"
#include "decide/contact_fields.h"
#include "decide/conversation.h"
#include "decide/deal.h"
#include "decide/edits.h"
#include "decide/outbox.h"
#include "decide/rules.h"

namespace rapport::decide {

using model::Event;
using model::Origin;
using model::Record;

namespace {

void fire(Step& step, const model::Timer& timer) {
  step.disarm(timer.id);
  if (timer.kind == "idle") close_if_idle(step, timer);
  if (timer.kind == "backfill") backfill(step, timer);
}

void fold_tracked(Step& step, const Event& event) {
  if (event.subject.value != 0) step.file_under(subject_list(event.subject));
  fold_contact(step, event);
  if (event.type == model::kGrouped) fold_group(step, event);
  fold_conversation(step, event);
  fold_deal(step, event);
  fold_task(step, event);
  count_for_contact(step, event);
  apply_rules(step, event);
}

std::string quarantine_id(uint64_t sequence) {
  return fmt::format("{:020}", sequence);
}

void quarantine(Step& step, const Event& event) {
  if (event.subject.value != 0) step.file_under(subject_list(event.subject));
  Json& fields = step.edit(model::kQuarantine, quarantine_id(event.sequence.value)).fields;
  fields.set("status", "waiting");
  fields.set("reason", event.property("reason")).set("where", event.property("where"));
  fields.set("received_at", format_time(event.received_at));
  fields.set("subject", std::to_string(event.subject.value));
  step.file_under("quarantine/" + quarantine_id(event.sequence.value));
}

void readmitted(Step& step, const Event& event) {
  const std::string id =
      quarantine_id(static_cast<uint64_t>(event.properties.integer("quarantined")));
  if (!step.find(model::kQuarantine, id)) return;
  step.edit(model::kQuarantine, id).fields.set("status", "readmitted");
}

void erase_conversation(Step& step, const std::string& id) {
  for (const std::string& ticket : step.ids_with(model::kTicket, "conversation", id))
    forget_record(step, {std::string(model::kTicket), ticket});
  forget_record(step, {std::string(model::kConversation), id});
  step.disarm("idle/" + id);
  step.drop_list(conversation_list(id));
}

// Everything that tells of the contact, of all its subjects. What stays: that it was erased.
void erase_contact(Step& step, const Event& event) {
  const std::string contact(event.property("contact"));
  for (const Json& number : values_of(event.properties, "subjects")) {
    const std::string subject = std::to_string(number.as_int());
    for (const std::string& id : step.ids_with(model::kConversation, "subject", subject))
      erase_conversation(step, id);
    for (std::string_view type : {model::kDeal, model::kTask})
      for (const std::string& id : step.ids_with(type, "subject_id", subject))
        forget_record(step, {std::string(type), id});
    for (const std::string& id : step.ids_with(model::kQuarantine, "subject", subject)) {
      step.remove(model::kQuarantine, id);
      step.drop_list("quarantine/" + id);
    }
    step.remove(model::kSubject, subject);
    step.drop_list("subject/" + subject);
    step.drop_list("evidence/" + subject);
  }
  if (const Record* known = step.find(model::kContact, contact)) {
    const Record gone = *known;
    forget_record(step, gone.key);
    for (const Json& former : values_of(gone.fields, "former_ids")) {
      for (const std::string& id :
           step.ids_with(model::kShadow, "local", "contact/" + std::string(former.as_string())))
        step.remove(model::kShadow, id);
      step.remove(model::kReview, "merge/" + std::string(former.as_string()));
    }
  }
  Record& erasure = step.edit(model::kErasure, contact);
  erasure.fields.set("status", "open").set("at", format_time(event.received_at));
  if (const Json* subjects = event.properties.find("subjects"))
    erasure.fields.set("subjects", *subjects);
}

void fold_own(Step& step, const Event& event) {
  if (event.type == model::kContactsMerged) return merge_contacts(step, event);
  if (event.type == model::kContactsSplit) return split_contact(step, event);
  if (event.type == model::kContactErased) return erase_contact(step, event);
  if (event.type == model::kConnectionConfigured) return configure_connection(step, event);
  if (event.type == model::kConnectionChanged) return change_connection(step, event);
  if (event.type == model::kPushRetried) return retry_refused(step, event);
  if (event.type == model::kPushEdited) return edit_refused(step, event);
  if (event.type == model::kPushEditsEnded) return end_edits(step, event);
  if (event.type == model::kPushStarted) return start_call(step, event);
  if (event.type == model::kPushDone) return finish_call(step, event);
  if (event.type == model::kQuarantined) return quarantine(step, event);
  if (event.type == model::kReadmitted) return readmitted(step, event);
  // tick, engine.changed, base.taken change nothing by themselves.
}

}  // namespace

std::variant<Decisions, Needs> Engine::step(const Event& event, std::span<const model::Timer> due,
                                            const Facts& facts) const {
  Step step(event, facts, definitions_);
  try {
    for (const model::Timer& timer : due) fire(step, timer);
    if (event.origin == Origin::kTracked) {
      fold_tracked(step, event);
    } else {
      fold_own(step, event);
    }
    settle_accounts(step);
    mark_changes(step);
    return step.take();
  } catch (Needs& needs) {  // thrown by Step only; nothing has been changed
    return std::move(needs);
  }
}

Needs Engine::foresee(const Event& event, const Facts& facts) const {
  Needs needs;
  const auto want = [&](std::string_view type, std::string_view id) -> const Record* {
    const Record* record = nullptr;
    if (facts.find(type, id, &record) == Facts::Answer::kNotLoaded)
      needs.records.push_back({std::string(type), std::string(id)});
    return record;
  };
  want(model::kConnection, "all");
  if (event.origin == Origin::kServer) {
    if (event.type != model::kPushDone) return needs;
    for (const Json& outcome : values_of(event.properties, "records"))
      want(outcome.text("type"), outcome.text("id"));
    return needs;
  }
  if (const std::string id = conversation_id(event); !id.empty()) want(model::kConversation, id);
  if (const std::string id = deal_id(event); !id.empty()) want(model::kDeal, id);
  if (const std::string id = task_id(event); !id.empty()) want(model::kTask, id);
  const auto follow = [&](SubjectId subject) {
    if (subject.value == 0) return;
    const std::string number = std::to_string(subject.value);
    const Record* known = want(model::kSubject, number);
    if (!known) {
      // A subject seen for the first time founds this contact, which cannot exist yet.
      want(model::kContact, model::derive_id("con", event.workspace, {"contact", number}));
      return;
    }
    if (const auto contact = known->fields.text("contact"); !contact.empty())
      if (const Record* record = want(model::kContact, contact))
        if (const auto account = record->fields.text("account"); !account.empty())
          want(model::kAccount, account);
  };
  follow(event.subject);
  for (const auto& identity : event.identities) follow(identity.subject);
  return needs;
}

}  // namespace rapport::decide
