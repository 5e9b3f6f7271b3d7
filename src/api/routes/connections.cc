// Connections: pausing and resuming, what a remote system refused, and how a record stands there.
#include <fmt/format.h>

#include <algorithm>

#include "api/problem.h"
#include "api/routes/append.h"
#include "api/routes/edits.h"
#include "api/routes/present.h"
#include "api/routes/routes.h"

namespace rapport::api {

using access::Scope;

namespace {

constexpr int kMostRetried = 1000;  // in one call
constexpr int kMostHistory = 100;   // outcomes shown of a record

Result<model::Record> connection(Call& call) {
  return call.tenant->record(model::kConnection, call.path.at("id"));
}

// As append_event; nothing waits for its next try any longer.
Result<Sequence> append(Call& call, std::string_view type, Json properties) {
  TRY_ASSIGN(const Sequence sequence, append_event(call, type, std::move(properties)));
  call.context.operations.try_again(call.tenant->workspace());
  return sequence;
}

Result<HttpResponse> change_paused(Call& call, bool paused) {
  TRY_ASSIGN(const auto known, connection(call));
  TRY_ASSIGN(const Sequence sequence,
             append(call, model::kConnectionChanged,
                    Json::object().set("id", known.key.id).set("paused", paused)));
  return json_answer(
      Json::object().set("id", known.key.id).set("paused", paused).set("sequence", sequence.value));
}

Result<HttpResponse> pause(Call& call) {
  return change_paused(call, true);
}
Result<HttpResponse> resume(Call& call) {
  return change_paused(call, false);
}

Result<HttpResponse> authorize(Call& call) {
  TRY_ASSIGN(const std::string url,
             call.context.operations.authorize(call.tenant->workspace(), call.path.at("id")));
  return json_answer(Json::object().set("id", call.path.at("id")).set("url", url));
}

// Whose account the credentials open: KU-81. It spends a call of the quota: not for readers.
Result<HttpResponse> test(Call& call) {
  TRY_ASSIGN(const Json answer,
             call.context.operations.test_connection(call.tenant->workspace(), call.path.at("id")));
  return json_answer(answer);
}

// The vendor sends the user's browser here; the state shows that we sent it there. Nothing of the
// query is shown.
Result<HttpResponse> oauth_callback(Call& call) {
  const auto state = call.query_or("state", ""), code = call.query_or("code", "");
  if (code.empty())
    return invalid(
        "the access was not granted and nothing has changed; begin again with "
        "`rapport connections authorize`",
        "code");
  TRY(call.context.operations.authorized(state, code));
  return HttpResponse{200,
                      {{"Content-Type", "text/html; charset=utf-8"},
                       {"Content-Security-Policy", "default-src 'none'"},
                       {"Cache-Control", "no-store"},
                       {"Referrer-Policy", "no-referrer"}},
                      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Rapport"
                      "</title><main><h1>Rapport</h1><p>The CRM is connected. You can close this "
                      "page.</p></main></html>\n"};
}

Result<HttpResponse> list_connections(Call& call) {
  TRY_ASSIGN(const Json all, call.context.operations.connections(call.tenant->workspace()));
  return json_answer(Json::object().set("data", all));
}

// "contact/con_1" of a shadow.
model::RecordKey local_record(const model::Record& shadow) {
  const std::string local(shadow.fields.text("local"));
  const size_t slash = local.find('/');
  return {local.substr(0, slash), slash == local.npos ? "" : local.substr(slash + 1)};
}

Json show_refused(const model::Record& shadow) {
  const model::RecordKey record = local_record(shadow);
  Json one = Json::object();
  one.set("id", shadow.key.id).set("type", record.type).set("record", record.id);
  one.set("object", shadow.fields.text("object"));
  for (std::string_view field : {"remote_id", "refused_at", "version"})
    if (const Json* value = shadow.fields.find(field)) one.set(field, *value);
  if (const Json* error = shadow.fields.find("error")) {
    one.set("class", error->text("class")).set("message", error->text("message"));
    one.set("operation", error->text("operation"));
  }
  return one;
}

Result<store::Page> refused(Call& call, const std::string& cursor, int limit) {
  store::PageRequest request;
  request.type = std::string(model::kShadow);
  request.field = "refused";
  request.value = call.path.at("id");
  request.after = cursor;
  request.limit = limit;
  request.order = store::PageRequest::Order::kOldest;
  return call.tenant->state().list(request);
}

// Records that the remote refused as they are: nothing more is tried until they change.
Result<HttpResponse> dead_letters(Call& call) {
  TRY(connection(call));
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 50, 1, 1000));
  TRY_ASSIGN(auto page,
             refused(call, std::string(call.query_or("cursor", "")), static_cast<int>(limit)));
  std::vector<Json> rows;
  for (const auto& shadow : page.records) {
    Json one = show_refused(shadow);
    TRY_ASSIGN(Json edits, show_edits(call, local_record(shadow), call.path.at("id")));
    rows.push_back(one.set("edits", std::move(edits)));
  }
  return json_answer(present_page(std::move(rows), page.next));
}

Json record_name(const model::RecordKey& key) {
  return Json::object().set("type", key.type).set("id", key.id);
}

// Those named in "records": [{type, id}], or all that are refused, up to a number.
Result<Json> to_retry(Call& call) {
  Json records = Json::array();
  const Json* named = call.body.is_object() ? call.body.find("records") : nullptr;
  if (named == nullptr) {
    TRY_ASSIGN(const auto page, refused(call, "", kMostRetried));
    for (const auto& shadow : page.records) records.push_back(record_name(local_record(shadow)));
    return records;
  }
  if (!named->is_array() || named->as_array().size() > kMostRetried)
    return invalid(fmt::format("records must be a list of at most {}", kMostRetried), "records");
  for (const Json& one : named->as_array()) {
    const model::RecordKey key{std::string(one.text("type")), std::string(one.text("id"))};
    if (key.type.empty() || key.id.empty())
      return invalid("each of records needs type and id", "records");
    TRY(call.tenant->record(key.type, key.id));
    records.push_back(record_name(key));
  }
  return records;
}

Result<HttpResponse> retry(Call& call) {
  TRY_ASSIGN(const auto known, connection(call));
  TRY_ASSIGN(Json records, to_retry(call));
  const size_t count = records.as_array().size();
  Json answer = Json::object().set("id", known.key.id).set("retried", count);
  if (count == 0) return json_answer(answer);
  TRY_ASSIGN(const Sequence sequence,
             append(call, model::kPushRetried,
                    Json::object().set("connection", known.key.id).set("records", records)));
  return json_answer(answer.set("sequence", sequence.value));
}

Json show_shadow(const model::Record& shadow) {
  Json one = Json::object();
  one.set("connection", shadow.fields.text("connection"));
  one.set("object", shadow.fields.text("object")).set("part", shadow.fields.integer("part"));
  const Json* error = shadow.fields.find("error");
  const bool there = !shadow.fields.text("remote_id").empty();
  one.set("state", error ? "refused" : there ? "there" : "not_there");
  for (std::string_view field : {"remote_id", "version", "refused_at", "error"})
    if (const Json* value = shadow.fields.find(field)) one.set(field, *value);
  return one;
}

Json show_waiting(const store::DueMark& due) {
  Json one = Json::object();
  one.set("connection", due.mark.connection).set("version", due.mark.version.value);
  one.set("urgent", due.mark.urgency == model::Urgency::kUrgent).set("tries", due.attempt.count);
  one.set("not_before",
          due.attempt.not_before > Micros{} ? Json(format_time(due.attempt.not_before)) : Json());
  one.set("last_error", due.attempt.error.empty() ? Json() : Json(due.attempt.error));
  return one;
}

// Who gave values or took them back, without the values.
Json show_edit(const model::Event& event) {
  Json one = Json::object(), names = Json::array();
  one.set("sequence", event.sequence.value).set("at", format_time(event.received_at));
  one.set("connection", event.property("connection")).set("object", event.property("object"));
  if (const Json* set = event.properties.find("set"))
    for (const auto& [property, value] : set->as_object()) names.push_back(property.view());
  if (const Json* unset = event.properties.find("unset"))
    for (const Json& property : unset->as_array()) names.push_back(property);
  return one.set("operation", "edit")
      .set("outcome", "done")
      .set("properties", std::move(names))
      .set("by", event.property("by"));
}

Json show_outcome(const model::Event& event, const model::RecordKey& record) {
  if (event.type == model::kPushEdited) return show_edit(event);
  const bool ended = event.type == model::kPushEditsEnded;
  Json one = Json::object();
  one.set("sequence", event.sequence.value).set("at", format_time(event.received_at));
  for (std::string_view field : {"connection", "object", "operation", "outcome"})
    one.set(field, event.property(field));
  if (ended) one.set("operation", "edit_ended").set("outcome", "done");
  if (const Json* all = event.properties.find("records"); all && all->is_array())
    for (const Json& entry : all->as_array())
      if (entry.text("type") == record.type && entry.text("id") == record.id)
        for (std::string_view field :
             {"object", "properties", "remote_id", "version", "error", "unknown"})
          if (const Json* value = entry.find(field)) one.set(field, *value);
  return one;
}

Result<Json> history(Call& call, const model::RecordKey& record) {
  TRY_ASSIGN(const auto postings,
             call.tenant->state().postings("sync/" + record.type + "/" + record.id, {},
                                           kMostHistory, store::PageRequest::Order::kNewest));
  std::vector<Position> at;
  for (const auto& posting : postings) at.push_back(posting.position);
  TRY_ASSIGN(const auto events, call.context.log.read(at));
  Json all = Json::array();
  for (const auto& event : events) all.push_back(show_outcome(event, record));
  return all;
}

// What each connected system holds of a record, what waits to be sent, and what was sent before.
Result<HttpResponse> sync_status(Call& call) {
  const model::RecordKey record{call.path.at("type"), call.path.at("id")};
  static constexpr std::string_view kTypes[] = {model::kContact,      model::kAccount,
                                                model::kConversation, model::kTicket,
                                                model::kDeal,         model::kTask};
  if (std::find(std::begin(kTypes), std::end(kTypes), record.type) == std::end(kTypes))
    return invalid("type must be contact, account, conversation, ticket, deal or task", "type");
  TRY(call.tenant->record(record.type, record.id));
  store::PageRequest request;
  request.type = std::string(model::kShadow);
  request.field = "local";
  request.value = record.type + "/" + record.id;
  request.limit = 1000;
  TRY_ASSIGN(const auto shadows, call.tenant->state().list(request));
  Json there = Json::array(), waiting = Json::array();
  for (const auto& shadow : shadows.records) there.push_back(show_shadow(shadow));
  TRY_ASSIGN(Json edits, show_edits(call, record));
  TRY_ASSIGN(const Json all, call.context.operations.connections(call.tenant->workspace()));
  for (const Json& one : all.as_array()) {
    TRY_ASSIGN(const auto marks,
               call.tenant->state().marks_of(std::string(one.text("id")), std::vector{record}));
    for (const auto& mark : marks) waiting.push_back(show_waiting(mark));
  }
  TRY_ASSIGN(Json past, history(call, record));
  return json_answer(Json::object()
                         .set("type", record.type)
                         .set("id", record.id)
                         .set("remote", std::move(there))
                         .set("waiting", std::move(waiting))
                         .set("edits", std::move(edits))
                         .set("history", std::move(past)));
}

}  // namespace

std::vector<Route> connection_routes() {
  const std::string one = "/api/v1/connections/{id}";
  return {
      {"GET", "/api/v1/connections", "listConnections", Where::kWorkspace, Scope::kRead,
       list_connections},
      {"POST", one + "/pause", "pauseConnection", Where::kWorkspace, Scope::kWrite, pause},
      {"POST", one + "/resume", "resumeConnection", Where::kWorkspace, Scope::kWrite, resume},
      {"POST", one + "/authorize", "authorizeConnection", Where::kWorkspace, Scope::kWrite,
       authorize},
      {"POST", one + "/test", "testConnection", Where::kWorkspace, Scope::kWrite, test,
       Lane::kOutside},
      {"GET", "/oauth/callback", "oauthCallback", Where::kOpen, Scope::kRead, oauth_callback,
       Lane::kOutside},
      {"GET", one + "/dead-letters", "listDeadLetters", Where::kWorkspace, Scope::kRead,
       dead_letters},
      {"POST", one + "/dead-letters/retry", "retryDeadLetters", Where::kWorkspace, Scope::kWrite,
       retry},
      {"GET", "/api/v1/sync/{type}/{id}", "getSyncStatus", Where::kWorkspace, Scope::kRead,
       sync_status},
  };
}

}  // namespace rapport::api
