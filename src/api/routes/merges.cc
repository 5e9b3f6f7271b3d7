#include "api/problem.h"
#include "api/routes/append.h"
#include "api/routes/present.h"
#include "api/routes/routes.h"

namespace rapport::api {

using access::Scope;

namespace {

Result<model::Record> contact(Call& call, std::string_view id) {
  auto found = call.tenant->record(model::kContact, id);
  if (found.ok() || found.error().code != Code::kNotFound) return found;
  TRY_ASSIGN(auto merged, call.tenant->state().list({std::string(model::kContact), "former_ids",
                                                     std::string(id), "", 1}));
  if (merged.records.empty()) return found;
  return std::move(merged.records.front());
}

Result<std::string> member(Call& call, std::string_view name) {
  if (!call.body.is_object()) return invalid("the body must be a JSON object", std::string(name));
  const auto text = call.body.text(name);
  if (text.empty()) return invalid(std::string(name) + " is missing or no text", std::string(name));
  return std::string(text);
}

// The other contact goes into this one.
Result<HttpResponse> merge(Call& call) {
  TRY_ASSIGN(const std::string other, member(call, "contact"));
  TRY_ASSIGN(const auto keep, contact(call, call.path.at("id")));
  TRY_ASSIGN(const auto gone, contact(call, other));
  if (keep.key == gone.key) return Error{Code::kConflict, "both ids are the same contact already"};
  TRY_ASSIGN(const Sequence sequence,
             append_event(call, model::kContactsMerged,
                          Json::object().set("keep", keep.key.id).set("merge", gone.key.id)));
  TRY_ASSIGN(const auto now, contact(call, keep.key.id));
  return json_answer(Json::object()
                         .set("merge_sequence", sequence.value)
                         .set("contact", present(now, call.context.clock.now())));
}

// Undoes a merge named by the event that caused it; without one, the latest.
Result<HttpResponse> unmerge(Call& call) {
  TRY_ASSIGN(const auto whole, contact(call, call.path.at("id")));
  const Json* joins = whole.fields.find("joins");
  if (!joins || joins->as_array().empty())
    return Error{Code::kConflict, "this contact was never merged with another"};
  int64_t sequence = 0;
  if (call.body.is_object() && call.body.find("merge_sequence")) {
    sequence = call.body.integer("merge_sequence", -1);
    bool known = false;
    for (const Json& join : joins->as_array()) known |= join.integer("sequence") == sequence;
    if (!known) {
      std::string all;
      for (const Json& join : joins->as_array())
        all += (all.empty() ? "" : ", ") + std::to_string(join.integer("sequence"));
      return invalid("no merge of this contact was caused by that event; there are: " + all,
                     "merge_sequence");
    }
  } else {
    for (const Json& join : joins->as_array())
      sequence = std::max(sequence, join.integer("sequence"));
  }
  TRY_ASSIGN(
      const Sequence split,
      append_event(call, model::kContactsSplit,
                   Json::object().set("contact", whole.key.id).set("merge_sequence", sequence)));
  Json::Array contacts;
  std::vector<std::string> ids{whole.key.id};
  if (const Json* former = whole.fields.find("former_ids"))
    for (const Json& id : former->as_array()) ids.emplace_back(id.as_string());
  for (const auto& id : ids)
    if (auto one = call.tenant->record(model::kContact, id); one.ok())
      contacts.push_back(present(*one, call.context.clock.now()));
  return json_answer(
      Json::object().set("split_sequence", split.value).set("contacts", Json(std::move(contacts))));
}

Result<HttpResponse> erase(Call& call) {
  TRY_ASSIGN(const auto known, contact(call, call.path.at("id")));
  TRY_ASSIGN(const Json report,
             call.context.operations.erase_contact(call.tenant->workspace(), known.key.id));
  return json_answer(report);
}

Result<HttpResponse> list_reviews(Call& call) {
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 50, 1, 1000));
  TRY_ASSIGN(auto page, call.tenant->state().list({std::string(model::kReview), "status",
                                                   std::string(call.query_or("status", "waiting")),
                                                   std::string(call.query_or("cursor", "")),
                                                   static_cast<int>(limit)}));
  std::vector<Json> rows;
  for (const auto& record : page.records) rows.push_back(present(record, Micros{0}));
  return json_answer(present_page(std::move(rows), page.next));
}

}  // namespace

std::vector<Route> merge_routes() {
  return {
      {"POST", "/api/v1/contacts/{id}/merge", "mergeContacts", Where::kWorkspace, Scope::kWrite,
       merge},
      {"POST", "/api/v1/contacts/{id}/unmerge", "unmergeContact", Where::kWorkspace, Scope::kWrite,
       unmerge},
      {"DELETE", "/api/v1/contacts/{id}", "eraseContact", Where::kWorkspace, Scope::kErase, erase},
      {"GET", "/api/v1/reviews", "listReviews", Where::kWorkspace, Scope::kRead, list_reviews},
  };
}

}  // namespace rapport::api
