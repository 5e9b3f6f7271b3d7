#include "decide/edits.h"

#include "decide/contact_fields.h"
#include "decide/outbox.h"

namespace rapport::decide {

using model::Event;
using model::Record;
using model::RecordKey;

namespace {

std::string edits_id(std::string_view connection, const RecordKey& key) {
  return std::string(connection) + "/" + key.type + "/" + key.id;
}

// Without empty objects; a record without edits does not exist.
void take_back(Step& step, const std::string& id, const std::string& object,
               const Json::Array& properties) {
  const Record* known = step.find(model::kEdits, id);
  if (!known) return;
  Json objects = *known->fields.find("objects");
  Json* edits = objects.edit(object);
  if (!edits) return;
  for (const Json& property : properties) edits->erase(property.as_string());
  if (edits->as_object().empty()) objects.erase(object);
  if (objects.as_object().empty()) return step.remove(model::kEdits, id);
  step.edit(model::kEdits, id).fields.set("objects", std::move(objects));
}

void keep(Step& step, const std::string& id, const std::string& object, const Json& set,
          std::string_view by) {
  Record& record = step.edit(model::kEdits, id);
  if (!record.fields.find("objects")) record.fields.set("objects", Json::object());
  Json& objects = *record.fields.edit("objects");
  if (!objects.find(object)) objects.set(object, Json::object());
  for (const auto& [property, edit] : set.as_object()) {
    Json one = edit;
    one.set("at", format_time(step.event().received_at)).set("by", by);
    objects.edit(object)->set(property, std::move(one));
  }
}

}  // namespace

void edit_refused(Step& step, const Event& event) {
  const std::string connection(event.property("connection")), object(event.property("object"));
  const RecordKey key{std::string(event.property("type")), std::string(event.property("id"))};
  if (!step.find(key.type, key.id)) return;
  const std::string id = edits_id(connection, key);
  take_back(step, id, object, values_of(event.properties, "unset"));
  if (const Json* set = event.properties.find("set"); set && !set->as_object().empty()) {
    keep(step, id, object, *set, event.property("by"));
    step.edit(model::kEdits, id)
        .fields.set("connection", connection)
        .set("local", key.type + "/" + key.id);
  }
  step.file_under(sync_list(key));
  send_again(step, connection, key);
}

void end_edits(Step& step, const Event& event) {
  for (const Json& one : values_of(event.properties, "records")) {
    const RecordKey key{std::string(one.text("type")), std::string(one.text("id"))};
    take_back(step, edits_id(event.property("connection"), key), std::string(one.text("object")),
              values_of(one, "properties"));
    if (step.find(key.type, key.id)) step.file_under(sync_list(key));
  }
}

void forget_edits(Step& step, const RecordKey& key) {
  for (const std::string& id : step.ids_with(model::kEdits, "local", key.type + "/" + key.id))
    step.remove(model::kEdits, id);
}

}  // namespace rapport::decide
