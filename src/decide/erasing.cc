#include "decide/erasing.h"

#include "decide/contact_fields.h"
#include "decide/conversation.h"
#include "decide/outbox.h"
#include "decide/scene.h"

namespace rapport::decide {

using model::Event;
using model::Record;
using model::RecordKey;

namespace {

class Erasing {
 public:
  Erasing(Step& step, const Definitions* definitions) : step_(step), definitions_(definitions) {}

  void subject(const std::string& subject);
  // The record with all that hangs on it.
  void record(const RecordKey& key);

 private:
  void conversation(const std::string& id);
  void all(std::string_view type, std::string_view field, const std::string& value) {
    for (const std::string& id : step_.ids_with(type, field, value))
      record({std::string(type), id});
  }

  Step& step_;
  const Definitions* definitions_;
};

void Erasing::record(const RecordKey& key) {
  if (!step_.find(key.type, key.id)) return;
  forget_record(step_, key);
  forget_derived(step_, definitions_, key);
  step_.drop_list("record/" + key.type + "/" + key.id);
  for (const std::string& trace : step_.ids_with(model::kTrace, "names", key.id))
    step_.remove(model::kTrace, trace);
  const std::string reference = key.type + "/" + key.id;
  for (std::string_view field : {"about", "of"}) all(model::kObject, field, reference);
  all(model::kTask, "about", reference);
}

void Erasing::conversation(const std::string& id) {
  all(model::kTicket, "conversation", id);
  record({std::string(model::kConversation), id});
  step_.disarm("idle/" + id);
  step_.drop_list(conversation_list(id));
}

void Erasing::subject(const std::string& subject) {
  for (const std::string& id : step_.ids_with(model::kConversation, "subject", subject))
    conversation(id);
  for (std::string_view type : {model::kTicket, model::kDeal, model::kTask, model::kObject})
    all(type, "subject_id", subject);
  for (const std::string& id : step_.ids_with(model::kQuarantine, "subject", subject)) {
    step_.remove(model::kQuarantine, id);
    step_.drop_list("quarantine/" + id);
  }
  step_.remove(model::kSubject, subject);
  step_.drop_list("subject/" + subject);
  step_.drop_list("evidence/" + subject);
}

}  // namespace

void disarm_all(Step& step, const Definitions* definitions, const RecordKey& key) {
  const std::string of = key.type + "/" + key.id;
  step.disarm("refresh/" + of);
  step.disarm("sla/" + of);
  if (key.type == model::kObject) step.disarm("stall/" + key.id);
  if (!definitions) return;
  for (const Rule& rule : definitions->rules)
    if (rule.spec && rule.spec->debounce.value > 0) step.disarm("debounce/" + rule.name + "/" + of);
}

void forget_derived(Step& step, const Definitions* definitions, const RecordKey& key) {
  const RecordKey side = derived_key(key);
  if (step.find(side.type, side.id)) step.remove(side.type, side.id);
  disarm_all(step, definitions, key);
}

void erase_contact(Step& step, const Definitions* definitions, const Event& event) {
  const std::string contact(event.property("contact"));
  Erasing erasing(step, definitions);
  for (const Json& number : values_of(event.properties, "subjects"))
    erasing.subject(std::to_string(number.as_int()));
  if (const Record* known = step.find(model::kContact, contact)) {
    const Record gone = *known;
    erasing.record(gone.key);
    for (const Json& former : values_of(gone.fields, "former_ids")) {
      const std::string id(former.as_string());
      for (const std::string& shadow : step.ids_with(model::kShadow, "local", "contact/" + id))
        step.remove(model::kShadow, shadow);
      step.remove(model::kReview, "merge/" + id);
      for (const std::string& trace : step.ids_with(model::kTrace, "names", id))
        step.remove(model::kTrace, trace);
    }
  }
  Record& erasure = step.edit(model::kErasure, contact);
  erasure.fields.set("status", "open").set("at", format_time(event.received_at));
  if (const Json* subjects = event.properties.find("subjects"))
    erasure.fields.set("subjects", *subjects);
}

}  // namespace rapport::decide
