#include "api/problem.h"
#include "api/routes/present.h"
#include "api/routes/routes.h"

namespace rapport::api {

using access::Scope;

namespace {

Result<HttpResponse> list_events(Call& call) {
  TRY_ASSIGN(const int64_t after, call.query_number("after", 0, 0, INT64_MAX));
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 100, 1, 1000));
  TRY_ASSIGN(const auto events, call.tenant->events_after(Sequence{static_cast<uint64_t>(after)},
                                                          static_cast<int>(limit)));
  std::vector<Json> rows;
  for (const auto& event : events) rows.push_back(present(event));
  const bool more = rows.size() == static_cast<size_t>(limit);
  return json_answer(
      present_page(std::move(rows), more ? std::to_string(events.back().sequence.value) : ""));
}

Result<HttpResponse> get_event(Call& call) {
  int64_t sequence = 0;
  const std::string& text = call.path.at("sequence");
  for (char c : text) {
    if (c < '0' || c > '9' || sequence > 1'000'000'000'000'000)
      return invalid("the sequence must be a whole number", "sequence");
    sequence = sequence * 10 + (c - '0');
  }
  if (sequence < 1) return not_found("there is no event 0");
  TRY_ASSIGN(const auto events,
             call.tenant->events_after(Sequence{static_cast<uint64_t>(sequence - 1)}, 1));
  if (events.empty() || events.front().sequence.value != static_cast<uint64_t>(sequence))
    return not_found("there is no event " + text);
  return json_answer(present(events.front()));
}

Result<HttpResponse> list_quarantine(Call& call) {
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 50, 1, 1000));
  store::PageRequest request{std::string(model::kQuarantine), "status",
                             std::string(call.query_or("status", "waiting")),
                             std::string(call.query_or("cursor", "")), static_cast<int>(limit)};
  TRY_ASSIGN(auto page, call.tenant->state().list(request));
  std::vector<Json> rows;
  for (const auto& record : page.records) rows.push_back(present(record, Micros{0}));
  return json_answer(present_page(std::move(rows), page.next));
}

Result<Json> quarantined(Call& call, const std::string& id) {
  TRY_ASSIGN(const auto record, call.tenant->record(model::kQuarantine, id));
  TRY_ASSIGN(const auto events, call.tenant->events("quarantine/" + id, Sequence{0}, 1,
                                                    store::PageRequest::Order::kOldest));
  Json row = present(record, Micros{0});
  row.set("raw", events.empty() ? Json() : Json(events.front().property("raw")));
  row.set("sequence", record.created.value);
  return row;
}

Result<HttpResponse> get_quarantined(Call& call) {
  TRY_ASSIGN(const Json row, quarantined(call, call.path.at("id")));
  return json_answer(row);
}

Result<HttpResponse> readmit(Call& call) {
  TRY_ASSIGN(const Json row, quarantined(call, call.path.at("id")));
  if (row.text("status") != "waiting")
    return Error{Code::kConflict, "this event was re-admitted before"};
  const std::string json =
      call.body.is_object() ? to_text(call.body) : std::string(row.text("raw"));
  TRY_ASSIGN(
      const auto receipt,
      call.context.intake.readmit(call.tenant->workspace(),
                                  Sequence{static_cast<uint64_t>(row.integer("sequence"))}, json));
  // So that the same call again finds it re-admitted.
  const WorkspaceId workspace = call.tenant->workspace();
  TRY(call.context.runner.wait_for(workspace, call.context.log.log().head(workspace).sequence,
                                   seconds(30)));
  return json_answer(Json::object()
                         .set("stored", receipt.stored)
                         .set("repeated", receipt.repeated)
                         .set("sequence", receipt.last.value));
}

}  // namespace

std::vector<Route> event_routes() {
  return {
      {"GET", "/api/v1/events", "listEvents", Where::kWorkspace, Scope::kRead, list_events},
      {"GET", "/api/v1/events/{sequence}", "getEvent", Where::kWorkspace, Scope::kRead, get_event},
      {"GET", "/api/v1/quarantine", "listQuarantine", Where::kWorkspace, Scope::kRead,
       list_quarantine},
      {"GET", "/api/v1/quarantine/{id}", "getQuarantined", Where::kWorkspace, Scope::kRead,
       get_quarantined},
      {"POST", "/api/v1/quarantine/{id}/readmit", "readmitQuarantined", Where::kWorkspace,
       Scope::kWrite, readmit},
  };
}

}  // namespace rapport::api
