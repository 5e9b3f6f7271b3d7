#include "connect/outcome.h"

#include <algorithm>

namespace rapport::connect {
namespace {

model::Event server_event(WorkspaceId workspace, Micros now, std::string_view type) {
  model::Event event;
  event.workspace = workspace;
  event.origin = model::Origin::kServer;
  event.type = std::string(type);
  event.at = now;
  return event;
}

void set_if(Json& json, std::string_view key, const Json& object) {
  if (!object.as_object().empty()) json.set(key, object);
}

}  // namespace

Json to_json(const Entry& entry) {
  Json json = Json::object();
  json.set("type", entry.record.type).set("id", entry.record.id);
  json.set("version", entry.version.value).set("part", entry.part);
  if (!entry.remote_id.empty()) json.set("remote_id", entry.remote_id);
  set_if(json, "sent", entry.sent);
  set_if(json, "back", entry.back);
  set_if(json, "links", entry.links);
  if (entry.removed_part) json.set("removed_part", true);
  json.set("complete", entry.complete);
  if (entry.unknown) json.set("unknown", true);
  if (!entry.error_class.empty()) {
    json.set("error", Json::object()
                          .set("class", entry.error_class)
                          .set("message", entry.error_message)
                          .set("mapping", entry.mapping));
  }
  return json;
}

Entry entry_for(const Task& task, const Work& work) {
  Entry entry;
  entry.record = task.view.record;
  entry.version = work.due.mark.version;
  entry.part = task.view.part;
  return entry;
}

Json hashes(const Key& key, std::string_view object, const Json& properties) {
  Json all = Json::object();
  for (const auto& [property, value] : properties.as_object()) {
    if (value.is_string()) {
      all.set(property, value_hash(key, object, property, value.as_string()));
    }
  }
  return all;
}

Json agreeing_hashes(const Key& key, const View& view, const Json& remote_properties) {
  Json same = Json::object();
  for (const auto& [property, value] : view.properties.as_object()) {
    const Json* theirs = remote_properties.find(property);
    if (theirs != nullptr && *theirs == value) same.set(property, value);
  }
  return hashes(key, view.object->name, same);
}

Json back_hashes(const Key& key, const ObjectSpec& object, const Json& remote_properties) {
  Json ours = Json::object();
  for (const std::string& property : object.property_names()) {
    if (const Json* theirs = remote_properties.find(property)) ours.set(property, *theirs);
  }
  return hashes(key, object.name, ours);
}

Json link_ids(const std::vector<LinkItem>& links) {
  Json ids = Json::object();
  for (const LinkItem& link : links) ids.set(link.other + ":" + link.local, link.to);
  return ids;
}

model::Event started_event(WorkspaceId workspace, Micros now, std::string_view connection,
                           std::string_view call, std::string_view operation, const Plan& plan,
                           std::span<Task* const> tasks) {
  model::Event event = server_event(workspace, now, model::kPushStarted);
  Json records = Json::array();
  for (const Task* task : tasks) {
    Json record = Json::object();
    record.set("type", task->view.record.type).set("id", task->view.record.id);
    record.set("version", plan.works[task->work].due.mark.version.value);
    record.set("part", task->view.part);
    set_if(record, "links", link_ids(task->item.links));
    if (task->need == Need::kUpdate) {
      Json names = Json::array();
      for (const auto& [name, value] : task->item.properties.as_object()) names.push_back(name);
      record.set("properties", std::move(names));
    }
    records.push_back(std::move(record));
  }
  event.properties.set("connection", connection).set("call", call);
  event.properties.set("object", tasks.front()->view.object->name).set("operation", operation);
  event.properties.set("records", std::move(records));
  return event;
}

model::Event edits_ended_event(WorkspaceId workspace, Micros now, std::string_view connection,
                               const std::vector<EndedEdit>& ended) {
  Json records = Json::array();
  for (const EndedEdit& one : ended)
    records.push_back(Json::object()
                          .set("type", one.record.type)
                          .set("id", one.record.id)
                          .set("object", one.object)
                          .set("properties", Json::Array{Json(one.property)}));
  model::Event event = server_event(workspace, now, model::kPushEditsEnded);
  event.properties.set("connection", connection).set("records", std::move(records));
  return event;
}

model::Event done_event(WorkspaceId workspace, Micros now, std::string_view connection,
                        const OutcomeEvent& outcome) {
  model::Event event = server_event(workspace, now, model::kPushDone);
  event.properties.set("connection", connection);
  if (!outcome.call.empty()) event.properties.set("call", outcome.call);
  event.properties.set("object", outcome.object).set("operation", outcome.operation);
  event.properties.set("outcome", outcome.outcome);
  Json records = Json::array();
  for (const Entry& entry : outcome.entries) records.push_back(to_json(entry));
  event.properties.set("records", std::move(records));
  return event;
}

}  // namespace rapport::connect
