#include "decide/record_set.h"

namespace rapport::decide {

void set_record(Step& step, const model::Event& event) {
  const std::string type(event.property("type")), id(event.property("id"));
  const Json* fields = event.properties.find("fields");
  if (!fields || !fields->is_object() || !step.find(type, id)) return;
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
