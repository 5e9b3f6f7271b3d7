#include "api/routes/present.h"

#include "decide/basics.h"
#include "decide/counters.h"

namespace rapport::api {

namespace {

Json windowed(const Json& fields, Micros now) {
  Json all = Json::object();
  for (const auto& count : decide::first_basics().counts) {
    Json one = Json::object();
    one.set("count", decide::counted(fields, count, now));
    one.set("window_hours", count.grain.value * count.buckets / hours(1).value);
    all.set(count.name, std::move(one));
  }
  return all;
}

}  // namespace

Json present(const model::Record& record, Micros now) {
  Json out = Json::object();
  out.set("id", record.key.id).set("type", record.key.type);
  out.set("created", record.created.value).set("version", record.version.value);
  for (const auto& [name, value] : record.fields.as_object()) {
    if (name == "counters") continue;
    out.set(name, value);
  }
  if (record.key.type == model::kContact || record.key.type == model::kAccount)
    out.set("counters", windowed(record.fields, now));
  if (!record.provenance.as_object().empty()) out.set("provenance", record.provenance);
  return out;
}

Json present(const model::Event& event) {
  Json out = Json::object();
  out.set("sequence", event.sequence.value);
  out.set("type", event.type.empty() ? "event.erased" : event.type);
  out.set("origin", event.origin == model::Origin::kTracked ? "tracked" : "server");
  out.set("received_at", format_time(event.received_at));
  if (event.type.empty()) return out;
  out.set("at", format_time(event.at));
  if (!event.message_id.empty()) out.set("message_id", event.message_id);
  Json::Array identities;
  for (const auto& identity : event.identities)
    identities.push_back(
        Json::object().set("kind", model::name(identity.kind)).set("value", identity.value));
  out.set("identities", std::move(identities));
  out.set("properties", event.properties).set("context", event.context);
  return out;
}

Json present_page(std::vector<Json> rows, std::string_view next) {
  Json out = Json::object();
  out.set("data", Json(std::move(rows)));
  out.set("next", next.empty() ? Json() : Json(next));
  return out;
}

}  // namespace rapport::api
