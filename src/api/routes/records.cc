#include <fmt/format.h>

#include "api/problem.h"
#include "api/routes/present.h"
#include "api/routes/routes.h"
#include "base/text.h"
#include "intake/normalise.h"

namespace rapport::api {

using access::Scope;

namespace {

Micros now(const Call& call) {
  return call.context.clock.now();
}

// A contact by its id or by one it had before it was merged.
Result<model::Record> find_contact(Call& call, std::string_view id) {
  auto found = call.tenant->record(model::kContact, id);
  if (found.ok() || found.error().code != Code::kNotFound) return found;
  TRY_ASSIGN(auto merged, call.tenant->state().list({std::string(model::kContact), "former_ids",
                                                     std::string(id), "", 1}));
  if (merged.records.empty()) return found;
  return std::move(merged.records.front());
}

Result<HttpResponse> list(Call& call, store::PageRequest request) {
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 50, 1, 1000));
  request.limit = static_cast<int>(limit);
  request.after = std::string(call.query_or("cursor", ""));
  const auto order = call.query_or("order", "newest");
  if (order != "newest" && order != "oldest")
    return invalid("order must be newest or oldest", "order");
  request.order =
      order == "newest" ? store::PageRequest::Order::kNewest : store::PageRequest::Order::kOldest;
  TRY_ASSIGN(auto page, call.tenant->state().list(request));
  std::vector<Json> rows;
  for (const auto& record : page.records) rows.push_back(present(record, now(call)));
  return json_answer(present_page(std::move(rows), page.next));
}

// At most one filter; each has a normaliser for what people type.
struct Filter {
  std::string_view parameter, field;
  std::optional<std::string> (*normalise)(std::string_view);
};
std::optional<std::string> as_given(std::string_view text) {
  return std::string(text);
}
std::optional<std::string> as_phone(std::string_view text) {
  return intake::normalise_phone(text, "");
}

Result<HttpResponse> list_filtered(Call& call, std::string_view type,
                                   std::initializer_list<Filter> filters) {
  store::PageRequest request;
  request.type = std::string(type);
  for (const Filter& filter : filters) {
    auto it = call.query.find(filter.parameter);
    if (it == call.query.end()) continue;
    if (!request.field.empty())
      return invalid(fmt::format("use one filter only: {} or {}", request.field, filter.field),
                     std::string(filter.parameter));
    const auto value = filter.normalise(it->second);
    if (!value)
      return invalid(
          fmt::format("'{}' is no valid {}", cut_utf8(it->second, 100), filter.parameter),
          std::string(filter.parameter));
    request.field = std::string(filter.field);
    request.value = *value;
  }
  return list(call, std::move(request));
}

// KU-11: a customer by e-mail, phone or external id.
Result<HttpResponse> list_contacts(Call& call) {
  return list_filtered(call, model::kContact,
                       {{"email", "emails", intake::normalise_email},
                        {"phone", "phones", as_phone},
                        {"external_id", "external_ids", as_given},
                        {"account", "account", as_given}});
}

Result<HttpResponse> get_contact(Call& call) {
  TRY_ASSIGN(const auto contact, find_contact(call, call.path.at("id")));
  return json_answer(present(contact, now(call)));
}

template <const std::string_view& type>
Result<HttpResponse> get_one(Call& call) {
  TRY_ASSIGN(const auto record, call.tenant->record(type, call.path.at("id")));
  return json_answer(present(record, now(call)));
}

// Events of a contact, newest first, over all its subjects.
Result<HttpResponse> timeline(Call& call) {
  TRY_ASSIGN(const auto contact, find_contact(call, call.path.at("id")));
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 50, 1, 500));
  TRY_ASSIGN(const int64_t before, call.query_number("before", 0, 0, INT64_MAX));
  std::vector<model::Event> events;
  const Json* subjects = contact.fields.find("subjects");
  for (const Json& subject : subjects ? subjects->as_array() : Json::Array{}) {
    TRY_ASSIGN(auto some,
               call.tenant->events("subject/" + std::to_string(subject.as_int()),
                                   Sequence{static_cast<uint64_t>(before)}, static_cast<int>(limit),
                                   store::PageRequest::Order::kNewest));
    std::move(some.begin(), some.end(), std::back_inserter(events));
  }
  std::sort(events.begin(), events.end(),
            [](const auto& a, const auto& b) { return a.sequence > b.sequence; });
  if (events.size() > static_cast<size_t>(limit)) events.resize(static_cast<size_t>(limit));
  std::vector<Json> rows;
  for (const auto& event : events) rows.push_back(present(event));
  const bool more = rows.size() == static_cast<size_t>(limit);
  return json_answer(
      present_page(std::move(rows), more ? std::to_string(events.back().sequence.value) : ""));
}

Result<HttpResponse> messages(Call& call) {
  TRY_ASSIGN(const auto conversation,
             call.tenant->record(model::kConversation, call.path.at("id")));
  TRY_ASSIGN(const int64_t limit, call.query_number("limit", 100, 1, 1000));
  TRY_ASSIGN(const int64_t after, call.query_number("after", 0, 0, INT64_MAX));
  TRY_ASSIGN(const auto events,
             call.tenant->events("conversation/" + conversation.key.id,
                                 Sequence{static_cast<uint64_t>(after)}, static_cast<int>(limit),
                                 store::PageRequest::Order::kOldest));
  std::vector<Json> rows;
  for (const auto& event : events) {
    if (event.type != model::kMessageSent) continue;
    Json row = event.properties;
    row.set("sequence", event.sequence.value).set("at", format_time(event.at));
    rows.push_back(std::move(row));
  }
  const bool more = events.size() == static_cast<size_t>(limit);
  return json_answer(
      present_page(std::move(rows), more ? std::to_string(events.back().sequence.value) : ""));
}

Result<HttpResponse> list_conversations(Call& call) {
  if (auto it = call.query.find("contact"); it != call.query.end()) {
    TRY_ASSIGN(const auto contact, find_contact(call, it->second));
    std::vector<Json> rows;
    const Json* subjects = contact.fields.find("subjects");
    for (const Json& subject : subjects ? subjects->as_array() : Json::Array{}) {
      TRY_ASSIGN(auto page,
                 call.tenant->state().list({std::string(model::kConversation), "subject",
                                            std::to_string(subject.as_int()), "", 1000}));
      for (const auto& record : page.records) rows.push_back(present(record, now(call)));
    }
    return json_answer(present_page(std::move(rows), ""));
  }
  return list_filtered(call, model::kConversation,
                       {{"external_id", "external_id", as_given}, {"status", "status", as_given}});
}

}  // namespace

std::vector<Route> record_routes() {
  const auto get = [](std::string path, std::string operation, Handler handler) {
    return Route{"GET",        "/api/v1" + path,  std::move(operation), Where::kWorkspace,
                 Scope::kRead, std::move(handler)};
  };
  return {
      get("/contacts", "listContacts", list_contacts),
      get("/contacts/{id}", "getContact", get_contact),
      get("/contacts/{id}/timeline", "getContactTimeline", timeline),
      get("/accounts", "listAccounts",
          [](Call& call) {
            return list_filtered(
                call, model::kAccount,
                {{"domain", "domain", as_given}, {"group_id", "group_id", as_given}});
          }),
      get("/accounts/{id}", "getAccount", get_one<model::kAccount>),
      get("/conversations", "listConversations", list_conversations),
      get("/conversations/{id}", "getConversation", get_one<model::kConversation>),
      get("/conversations/{id}/messages", "listMessages", messages),
      get("/tickets", "listTickets",
          [](Call& call) {
            return list_filtered(
                call, model::kTicket,
                {{"conversation", "conversation", as_given}, {"status", "status", as_given}});
          }),
      get("/tickets/{id}", "getTicket", get_one<model::kTicket>),
      get("/deals", "listDeals",
          [](Call& call) {
            return list_filtered(
                call, model::kDeal,
                {{"conversation", "conversation", as_given}, {"stage", "stage", as_given}});
          }),
      get("/deals/{id}", "getDeal", get_one<model::kDeal>),
      get("/tasks", "listTasks",
          [](Call& call) {
            return list_filtered(call, model::kTask,
                                 {{"deal", "deal", as_given}, {"status", "status", as_given}});
          }),
      get("/tasks/{id}", "getTask", get_one<model::kTask>),
  };
}

}  // namespace rapport::api
