#include "api/routes/append.h"

namespace rapport::api {

Result<Sequence> append_event(Call& call, std::string_view type, Json properties) {
  return append_event(call, type, std::move(properties), SubjectId{});
}

Result<Sequence> append_event(Call& call, std::string_view type, Json properties,
                              SubjectId subject) {
  model::Event event;
  event.workspace = call.tenant->workspace();
  event.subject = subject;
  event.origin = model::Origin::kServer;
  event.type = std::string(type);
  event.at = call.context.clock.now();
  properties.set("by", call.principal->key_id);
  event.properties = std::move(properties);
  TRY_ASSIGN(const Sequence sequence, call.context.intake.append(std::move(event)));
  TRY(call.context.runner.wait_for(call.tenant->workspace(), sequence, seconds(30)));
  return sequence;
}

}  // namespace rapport::api
