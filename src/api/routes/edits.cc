#include "api/routes/edits.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "api/problem.h"
#include "api/routes/append.h"
#include "api/routes/present.h"
#include "api/routes/routes.h"
#include "connect/edits.h"

namespace rapport::api {

using access::Scope;
using model::RecordKey;

namespace {

constexpr int kMostParts = 100;        // shadows of one record that are looked at
constexpr int kMostConnections = 100;  // with edits of one record

// Whose key seals what is said of the record; none for what belongs to no person.
SubjectId subject_of(const model::Record& record) {
  for (std::string_view field : {"subject", "subject_id"}) {
    const std::string_view text = record.fields.text(field);
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && number > 0) return {number};
  }
  const Json* all = record.fields.find("subjects");
  if (!all || !all->is_array() || all->as_array().empty()) return {};
  return {static_cast<uint64_t>(all->as_array()[0].as_int())};
}

Result<std::optional<model::Record>> edits_of(Call& call, std::string_view connection,
                                              const RecordKey& record) {
  TRY_ASSIGN(auto found,
             call.tenant->state().load(std::vector{connect::edits_key(connection, record)}));
  return std::move(found[0]);
}

// Objects made of the record that the connection refused, or that have edits already.
Result<std::set<std::string>> editable(Call& call, std::string_view connection,
                                       const RecordKey& record) {
  store::PageRequest request;
  request.type = std::string(model::kShadow);
  request.field = "local";
  request.value = record.type + "/" + record.id;
  request.limit = kMostParts;
  TRY_ASSIGN(const auto shadows, call.tenant->state().list(request));
  std::set<std::string> objects;
  for (const auto& shadow : shadows.records)
    if (shadow.fields.text("connection") == connection && shadow.fields.find("error"))
      objects.emplace(shadow.fields.text("object"));
  TRY_ASSIGN(const auto edits, edits_of(call, connection, record));
  if (edits)
    for (const auto& [object, properties] : connect::read_edits(*edits)) objects.insert(object);
  return objects;
}

Result<std::string> object_meant(Call& call, const RecordKey& record) {
  const std::string& connection = call.path.at("id");
  TRY_ASSIGN(const auto objects, editable(call, connection, record));
  const std::string wanted(call.body.text("object"));
  if (!wanted.empty() && objects.contains(wanted)) return wanted;
  if (wanted.empty() && objects.size() == 1) return *objects.begin();
  if (objects.empty() || !wanted.empty())
    return Error{Code::kConflict,
                 fmt::format("{} has not refused this {}: change it at its source, and it is sent "
                             "by itself",
                             connection, wanted.empty() ? record.type : wanted)};
  std::string names;
  for (const auto& object : objects) names += (names.empty() ? "" : ", ") + object;
  return invalid("several were refused of this record; name one: " + names, "object");
}

// A support person's way out: what was refused is sent with these values until the source changes.
Result<HttpResponse> edit(Call& call) {
  const std::string& connection = call.path.at("id");
  TRY(call.tenant->record(model::kConnection, connection));
  const RecordKey key{call.path.at("type"), call.path.at("record")};
  TRY_ASSIGN(const auto record, call.tenant->record(key.type, key.id));
  const Json* values = call.body.is_object() ? call.body.find("set") : nullptr;
  if (!values) return invalid("the body needs set: {property: value}", "set");
  TRY_ASSIGN(const std::string object, object_meant(call, record.key));
  TRY_ASSIGN(Json properties, call.context.operations.check_edits(call.tenant->workspace(),
                                                                  connection, call.tenant->state(),
                                                                  record.key, object, *values));
  TRY_ASSIGN(const Sequence sequence,
             append_event(call, model::kPushEdited, std::move(properties), subject_of(record)));
  call.context.operations.try_again(call.tenant->workspace());
  TRY_ASSIGN(Json edits, show_edits(call, record.key, connection));
  return json_answer(Json::object()
                         .set("id", connection)
                         .set("type", record.key.type)
                         .set("record", record.key.id)
                         .set("object", object)
                         .set("edits", std::move(edits))
                         .set("sequence", sequence.value));
}

}  // namespace

Result<Json> show_edits(Call& call, const RecordKey& record, std::string_view connection) {
  store::PageRequest request;
  request.type = std::string(model::kEdits);
  request.field = "local";
  request.value = record.type + "/" + record.id;
  request.limit = kMostConnections;
  TRY_ASSIGN(const auto found, call.tenant->state().list(request));
  Json all = Json::array();
  for (const auto& edits : found.records) {
    const std::string_view of = edits.fields.text("connection");
    if (!connection.empty() && of != connection) continue;
    for (const auto& [object, properties] : edits.fields.find("objects")->as_object())
      for (const auto& [property, edit] : properties.as_object())
        all.push_back(Json::object()
                          .set("connection", of)
                          .set("object", object.view())
                          .set("property", property.view())
                          .set("value", edit.text("value"))
                          .set("at", edit.text("at"))
                          .set("by", edit.text("by")));
  }
  return all;
}

std::vector<Route> edit_routes() {
  return {{"PATCH", "/api/v1/connections/{id}/dead-letters/{type}/{record}", "editDeadLetter",
           Where::kWorkspace, Scope::kWrite, edit}};
}

}  // namespace rapport::api
