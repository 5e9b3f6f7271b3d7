#include "decide/record_set.h"

namespace rapport::decide {

namespace {

bool make(Step& step, const model::Event& event) {
  const auto object = event.property("object");
  if (event.property("type") != model::kObject || object.empty()) return false;
  step.edit(model::kObject, event.property("id"))
      .fields.set("object", object)
      .set("created_at", format_time(event.received_at));
  return true;
}

}  // namespace

void set_record(Step& step, const model::Event& event) {
  const std::string type(event.property("type")), id(event.property("id"));
  const Json* fields = event.properties.find("fields");
  if (!fields || !fields->is_object() || id.empty()) return;
  if (!step.find(type, id) && !make(step, event)) return;
  model::Record& record = step.edit(type, id);
  for (const auto& [name, value] : fields->as_object()) {
    if (value.is_null()) {
      record.fields.erase(name);
    } else {
      record.fields.set(name, value);
    }
    record.provenance.set(name, event.sequence.value);
  }
  step.file_under("record/" + type + "/" + id);
}

}  // namespace rapport::decide
