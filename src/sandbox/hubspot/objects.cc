#include "sandbox/hubspot/objects.h"

#include <fmt/format.h>

#include "base/text.h"
#include "sandbox/hubspot/show.h"
#include "sandbox/hubspot/values.h"
#include "sandbox/hubspot/writes.h"

namespace rapport::sandbox::hubspot {
namespace {

constexpr size_t kUsualPage = 10;
constexpr size_t kMaxPage = 100;

Either<std::vector<const ObjectType*>> wanted_associations(const Portal& portal, const Call& call) {
  std::vector<const ObjectType*> wanted;
  for (const std::string& name : call.list("associations")) {
    const auto type = find_type(portal, name);
    if (const Refusal* refusal = refusal_of(type)) return *refusal;
    wanted.push_back(std::get<0>(type));
  }
  return wanted;
}

Json show_read(const Portal& portal, const ObjectType& type, const Record& record, const Call& call,
               const std::vector<const ObjectType*>& wanted) {
  Json json = show(type, record, *record.values, call.list("properties"));
  if (wanted.empty()) return json;
  Json associations = show_associations(portal, type, record, wanted);
  if (!associations.is_null()) json.set("associations", std::move(associations));
  return json;
}

// The same request for the next page, as a link that stays with this server.
std::string page_link(const Call& call, const std::string& after) {
  std::string link = call.host.empty() ? call.path : "http://" + call.host + call.path;
  char mark = '?';
  for (const auto& [name, value] : call.query) {
    if (name == "after") continue;
    link += mark + percent_encode(name) + "=" + percent_encode(value);
    mark = '&';
  }
  return link + mark + "after=" + percent_encode(after);
}

bool wants_archived(const Call& call) {
  return call.parameter("archived") == "true";
}

}  // namespace

Either<const ObjectType*> find_type(const Portal& portal, std::string_view name) {
  if (const ObjectType* type = portal.schema.type(name)) return type;
  const bool is_id =
      !name.empty() && name.find_first_not_of("0123456789-") == std::string_view::npos;
  return Refusal{.message = is_id ? fmt::format("Invalid object or event type id: {}", name)
                                  : fmt::format("Unable to infer object type from: {}", name),
                 .category = ""};
}

Either<size_t> read_limit(const Call& call, size_t usual, size_t most) {
  const auto given = call.parameter("limit");
  if (!given) return usual;
  const auto limit = read_id(*given);
  if (!limit || *limit < 1 || *limit > most)
    return bad_input(fmt::format("limit must be between 1 and {}, not '{}'", most, *given));
  return static_cast<size_t>(*limit);
}

Either<HttpResponse> list_records(Portal& portal, const ObjectType& type, const Call& call) {
  const auto limit = read_limit(call, kUsualPage, kMaxPage);
  if (const Refusal* refusal = refusal_of(limit)) return *refusal;
  const auto wanted = wanted_associations(portal, call);
  if (const Refusal* refusal = refusal_of(wanted)) return *refusal;
  const auto after = call.parameter("after");
  const auto start = after ? read_id(*after) : 0;
  if (!start) return bad_input(fmt::format("after '{}' is not a cursor of this list", *after));

  const auto& records = portal.records.of(type);
  Json results = Json::array();
  Json body = Json::object();
  for (auto next = records.lower_bound(*start); next != records.end(); ++next) {
    const Record& record = next->second;
    if (record.archived_at.has_value() != wants_archived(call)) continue;
    if (results.as_array().size() == std::get<0>(limit)) {
      const std::string cursor = std::to_string(record.id);
      body.set("paging", next_page(cursor, page_link(call, cursor)));
      break;
    }
    results.push_back(show_read(portal, type, record, call, std::get<0>(wanted)));
  }
  Json answer = Json::object();
  answer.set("results", std::move(results));
  if (const Json* paging = body.find("paging")) answer.set("paging", *paging);
  return json_response(200, answer);
}

Either<HttpResponse> get_record(Portal& portal, const ObjectType& type, const std::string& id,
                                const Call& call) {
  const auto wanted = wanted_associations(portal, call);
  if (const Refusal* refusal = refusal_of(wanted)) return *refusal;
  const std::string id_property = call.parameter("idProperty").value_or("");
  if (wants_archived(call)) {
    const auto number = read_id(id);
    const Record* record = number ? portal.records.find(type, *number) : nullptr;
    if (!record || !record->archived_at) return no_such_record();
    return json_response(200, show_read(portal, type, *record, call, std::get<0>(wanted)));
  }
  const auto found = find_live(portal, type, id, id_property);
  if (const Refusal* refusal = refusal_of(found)) return *refusal;
  return json_response(200,
                       show_read(portal, type, *std::get<0>(found), call, std::get<0>(wanted)));
}

Either<HttpResponse> create_record(Portal& portal, const ObjectType& type, const Call& call) {
  Claims claims;
  const auto plan = plan_create(portal, type, call.body, claims);
  if (const Refusal* refusal = refusal_of(plan)) return *refusal;
  const Record& record = apply(portal, type, std::get<0>(plan));
  HttpResponse response = json_response(201, show_written(record, call.body));
  response.headers.emplace_back("Location", fmt::format("{}/{}", call.path, record.id));
  return response;
}

Either<HttpResponse> update_record(Portal& portal, const ObjectType& type, const std::string& id,
                                   const Call& call) {
  const auto found = find_live(portal, type, id, call.parameter("idProperty").value_or(""));
  if (const Refusal* refusal = refusal_of(found)) return *refusal;
  Claims claims;
  const auto plan = plan_update(portal, type, *std::get<0>(found), call.body, claims);
  if (const Refusal* refusal = refusal_of(plan)) return *refusal;
  return json_response(200, show_written(apply(portal, type, std::get<0>(plan)), call.body));
}

Either<HttpResponse> archive_record(Portal& portal, const ObjectType& type, const std::string& id) {
  const auto number = read_id(id);
  if (!number) return no_such_record(id);
  Record* record = portal.records.find(type, *number);
  if (!record) return no_such_record();
  if (!record->archived_at) archive(portal, type, *record);
  return HttpResponse{204, {}, {}};
}

}  // namespace rapport::sandbox::hubspot
