#include "decide/scene.h"

#include "decide/contact.h"
#include "decide/conversation.h"
#include "decide/deal.h"
#include "decide/ticket.h"

namespace rapport::decide {

using model::Event;
using model::Record;
using model::RecordKey;

namespace {

constexpr std::string_view kOwn = "object";

std::string_view subject_field(std::string_view type) {
  return type == model::kConversation ? "subject" : "subject_id";
}

// Fills what the record belongs to, of what there is: an event may name a conversation that nobody
// began.
void fill(const Step& step, const Definitions& definitions, Scene& scene, const Record& record) {
  const uint32_t own = object_of(definitions, record);
  if (own == Vocabulary::kNone) return;
  for (const uint32_t number : definitions.plans[own].owners) {
    if (!scene.id(number).empty()) continue;
    const Object& object = definitions.vocabulary.object(number);
    std::string id = owner_id(step, definitions, record, object.name);
    if (!id.empty() && step.find(object.storage, id)) scene.set(number, std::move(id));
  }
}

std::string agent_of(const Step& step, const Event& event) {
  const auto given = event.property("agent");
  if (given.empty()) return {};
  const auto found = step.ids_with("user", "keys", given);
  return found.empty() ? std::string() : found.front();
}

// The record that an event names by the id its sender uses, whatever the event is about.
std::string mentioned(const Event& event, std::string_view prefix, std::string_view kind,
                      std::string_view property) {
  const auto external = event.property(property);
  if (event.origin != model::Origin::kTracked || external.empty()) return {};
  return model::derive_id(prefix, event.workspace, {kind, external});
}

}  // namespace

RecordKey key_of(const Definitions& definitions, uint32_t object, std::string_view id) {
  return {definitions.vocabulary.object(object).storage, std::string(id)};
}

uint32_t object_of(const Definitions& definitions, const Record& record) {
  return definitions.vocabulary.find_object(record.key.type == kOwn ? record.fields.text("object")
                                                                    : record.key.type);
}

uint32_t object_of(const Step& step, const Definitions& definitions, const RecordKey& key) {
  if (key.type != kOwn) return definitions.vocabulary.find_object(key.type);
  const Record* record = step.find(key.type, key.id);
  if (!record) record = step.before(key);
  return record ? object_of(definitions, *record) : Vocabulary::kNone;
}

std::string owner_id(const Step& step, const Definitions& definitions, const Record& record,
                     std::string_view object) {
  if (object == model::kContact) {
    if (record.key.type == model::kContact) return record.key.id;
    const auto subject = record.fields.text(subject_field(record.key.type));
    if (subject.empty()) return {};
    const Record* owner = step.find(model::kSubject, subject);
    return owner ? std::string(owner->fields.text("contact")) : std::string();
  }
  if (const auto id = record.fields.text(object); !id.empty()) return std::string(id);
  if (object != model::kAccount || record.key.type == model::kContact) return {};
  const std::string contact = owner_id(step, definitions, record, model::kContact);
  if (contact.empty()) return {};
  const Record* owner = step.find(model::kContact, contact);
  return owner ? std::string(owner->fields.text("account")) : std::string();
}

RecordKey derived_key(const RecordKey& record) {
  return {std::string(model::kDerived), record.type + "/" + record.id};
}

Scene scene_of(const Step& step, const Definitions& definitions, const RecordKey& key, Micros now) {
  Scene scene(definitions, now);
  const Record* record = step.find(key.type, key.id);
  if (!record) return scene;
  const uint32_t own = object_of(definitions, *record);
  if (own != Vocabulary::kNone) scene.set(own, key.id);
  fill(step, definitions, scene, *record);
  return scene;
}

Scene scene_of(const Step& step, const Definitions& definitions, const Event& event, Micros now) {
  Scene scene(definitions, now);
  scene.event = &event;
  scene.agent = agent_of(step, event);
  const Vocabulary& vocabulary = definitions.vocabulary;
  const auto set = [&](std::string_view object, std::string id) {
    const uint32_t number = vocabulary.find_object(object);
    if (id.empty() || !scene.id(number).empty() || !step.find(object, id)) return;
    scene.set(number, id);
  };
  set(model::kTicket, mentioned(event, "tkt", "external", "ticket_id"));
  set(model::kDeal, mentioned(event, "deal", "deal", "deal_id"));
  set(model::kTask, mentioned(event, "task", "task", "task_id"));
  if (const std::string conversation = mentioned(event, "cnv", "conversation", "conversation_id");
      !conversation.empty()) {
    set(model::kConversation, conversation);
    set(model::kTicket,
        model::derive_id("tkt", event.workspace, {"ticket", std::string_view(conversation)}));
  }
  if (event.subject.value != 0) set(model::kContact, contact_of(step, event.subject));
  for (uint32_t number = 0; number < vocabulary.objects(); ++number) {
    const Object& object = vocabulary.object(number);
    if (object.name == model::kContact || scene.id(number).empty()) continue;
    // A field may name what no record is kept of, such as a team.
    if (const Record* record = step.find(object.storage, scene.id(number)))
      fill(step, definitions, scene, *record);
  }
  if (const auto& id = scene.id(vocabulary.find_object(model::kContact)); !id.empty())
    fill(step, definitions, scene, *step.find(model::kContact, id));
  return scene;
}

}  // namespace rapport::decide
