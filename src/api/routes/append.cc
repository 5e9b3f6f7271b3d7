#include "api/routes/append.h"

#include <charconv>

namespace rapport::api {

namespace {

Result<Sequence> append(Call& call, std::string_view type, Json properties, SubjectId subject) {
  model::Event event;
  event.workspace = call.tenant->workspace();
  event.subject = subject;
  event.origin = model::Origin::kServer;
  event.type = std::string(type);
  event.at = call.context.clock.now();
  event.properties = std::move(properties);
  TRY_ASSIGN(const Sequence sequence, call.context.intake.append(std::move(event)));
  TRY(call.context.runner.wait_for(call.tenant->workspace(), sequence, seconds(30)));
  return sequence;
}

}  // namespace

Result<Sequence> append_event(Call& call, std::string_view type, Json properties) {
  return append_event(call, type, std::move(properties), SubjectId{});
}

Result<Sequence> append_event(Call& call, std::string_view type, Json properties,
                              SubjectId subject) {
  properties.set("by", call.principal->key_id);
  return append(call, type, std::move(properties), subject);
}

Result<Sequence> append_named(Call& call, std::string_view type, Json properties,
                              SubjectId subject) {
  if (!properties.find("by")) properties.set("by", call.principal->name());
  properties.set("key", call.principal->key_id);
  return append(call, type, std::move(properties), subject);
}

SubjectId subject_of(const model::Record& record) {
  if (record.key.type == model::kContact) {
    const Json* subjects = record.fields.find("subjects");
    if (!subjects || subjects->as_array().empty()) return {};
    return {static_cast<uint64_t>(subjects->as_array().front().as_int())};
  }
  const auto text =
      record.fields.text(record.key.type == model::kConversation ? "subject" : "subject_id");
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return {number};
}

}  // namespace rapport::api
