// Records of the objects that packs declare and the engine makes; what is derived for a record;
// what a step decided.
#include <fmt/format.h>

#include "api/problem.h"
#include "api/routes/declared.h"
#include "api/routes/present.h"
#include "api/routes/routes.h"
#include "base/text.h"
#include "decide/show_derived.h"

namespace rapport::api {

using access::Scope;

namespace {

constexpr int kMostReads = 50;  // pages read for one answer where few rows fit

// The narrowest list there is for what was asked, and what its rows must be beside.
struct Wanted {
  store::PageRequest request;
  std::string object, status, about;
  bool fits(const model::Record& record) const {
    const Json& fields = record.fields;
    return fields.text("object") == object && (status.empty() || fields.text("status") == status) &&
           (about.empty() || fields.text("about") == about || fields.text("of") == about);
  }
};

Result<Wanted> wanted(Call& call) {
  Wanted all;
  all.object = call.path.at("name");
  all.status = call.query_or("status", "");
  store::PageRequest& request = all.request;
  request = {std::string(model::kObject), "object", all.object, "", 50};
  const auto narrow = [&](std::string_view field, std::string value) {
    request.field = std::string(field);
    request.value = std::move(value);
  };
  const auto account = call.query_or("account", ""), contact = call.query_or("contact", ""),
             about = call.query_or("about", "");
  if ((!account.empty()) + (!contact.empty()) + (!about.empty()) > 1)
    return invalid("use one filter only: account, contact or about", "about");
  if (!account.empty()) narrow("account", std::string(account));
  if (!about.empty()) {
    narrow(all.object == "signal" ? "of" : "about", std::string(about));
    all.about = about;
  }
  if (!contact.empty()) {
    TRY_ASSIGN(const Words words, Words::of(call));
    TRY_ASSIGN(const auto person, find_record(call, words, model::kContact, contact));
    const Json* subjects = person.fields.find("subjects");
    // Records are made under the first of a contact's subjects.
    narrow("subject_id", subjects && !subjects->as_array().empty()
                             ? std::to_string(subjects->as_array().front().as_int())
                             : "none");
  }
  const auto order = call.query_or("order", "newest");
  if (order != "newest" && order != "oldest")
    return invalid("order must be newest or oldest", "order");
  if (order == "oldest") request.order = store::PageRequest::Order::kOldest;
  request.after = std::string(call.query_or("cursor", ""));
  return all;
}

Result<HttpResponse> list_objects(Call& call) {
  TRY_ASSIGN(const Words words, Words::of(call));
  TRY_ASSIGN(const decide::Object* object, words.object(call.path.at("name")));
  if (object->storage != model::kObject)
    return invalid(fmt::format("records of {} have a list of their own", object->name), "name");
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 50, 1, 1000));
  TRY_ASSIGN(Wanted all, wanted(call));
  std::vector<Json> rows;
  const Micros now = call.context.clock.now();
  for (int reads = 0; reads < kMostReads; ++reads) {
    all.request.limit = static_cast<int>(limit - static_cast<int64_t>(rows.size()));
    TRY_ASSIGN(const auto page, call.tenant->state().list(all.request));
    for (const auto& record : page.records)
      if (all.fits(record)) rows.push_back(present(record, now));
    all.request.after = page.next;
    if (page.next.empty() || rows.size() == static_cast<size_t>(limit)) break;
  }
  return json_answer(present_page(std::move(rows), all.request.after));
}

Result<HttpResponse> get_object(Call& call) {
  TRY_ASSIGN(const Words words, Words::of(call));
  TRY_ASSIGN(const auto record, find_record(call, words, call.path.at("name"), call.path.at("id")));
  return json_answer(present(record, call.context.clock.now()));
}

Result<HttpResponse> get_derived(Call& call) {
  TRY_ASSIGN(const Words words, Words::of(call));
  TRY_ASSIGN(const auto record, find_record(call, words, call.path.at("type"), call.path.at("id")));
  const Micros now = call.context.clock.now();
  Json answer = Json::object();
  TRY(call.context.declaring.with_definitions(
      call.tenant->state(), [&](const decide::Step& step, const decide::Definitions* definitions) {
        answer = definitions ? decide::show_derived(step, *definitions, record.key, now)
                             : Json::object();
      }));
  return json_answer(Json::object()
                         .set("type", call.path.at("type"))
                         .set("id", record.key.id)
                         .set("at", format_time(now))
                         .set("derived", std::move(answer)));
}

// One step's, or the latest.
Result<HttpResponse> list_traces(Call& call) {
  TRY_ASSIGN(const int64_t sequence, call.query_number("sequence", 0, 0, INT64_MAX));
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 50, 1, 1000));
  std::vector<Json> rows;
  std::string next;
  const auto show = [&](const model::Record& record) {
    int64_t at = 0;
    for (char c : record.key.id) at = at * 10 + (c - '0');
    Json row = Json::object().set("sequence", at);
    for (const char* part : {"at", "version", "did"})
      if (const Json* value = record.fields.find(part)) row.set(part, *value);
    rows.push_back(std::move(row));
  };
  if (sequence > 0) {
    TRY_ASSIGN(const auto found,
               call.tenant->state().load(std::vector{
                   model::RecordKey{std::string(model::kTrace), fmt::format("{:020}", sequence)}}));
    if (found.front()) show(*found.front());
  } else {
    TRY_ASSIGN(const auto page, call.tenant->state().list({std::string(model::kTrace), "", "",
                                                           std::string(call.query_or("cursor", "")),
                                                           static_cast<int>(limit)}));
    for (const auto& record : page.records) show(record);
    next = page.next;
  }
  return json_answer(present_page(std::move(rows), next));
}

}  // namespace

std::vector<Route> object_routes() {
  const auto get = [](const char* path, const char* operation, Handler handler) {
    return Route{"GET",        std::string("/api/v1/") + path,
                 operation,    Where::kWorkspace,
                 Scope::kRead, std::move(handler)};
  };
  return {
      get("objects/{name}", "listObjects", list_objects),
      get("objects/{name}/{id}", "getObject", get_object),
      get("records/{type}/{id}/derived", "getDerived", get_derived),
      get("traces", "listTraces", list_traces),
  };
}

}  // namespace rapport::api
