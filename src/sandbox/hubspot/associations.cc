#include "sandbox/hubspot/associations.h"

#include <fmt/format.h>

#include "sandbox/hubspot/batch.h"
#include "sandbox/hubspot/objects.h"
#include "sandbox/hubspot/show.h"
#include "sandbox/hubspot/values.h"
#include "sandbox/hubspot/writes.h"

namespace rapport::sandbox::hubspot {
namespace {

constexpr size_t kMaxPage = 500;

struct Ends {
  uint64_t from, to;
};

Either<Ends> find_ends(Portal& portal, const Pair& pair) {
  const auto from = find_live(portal, pair.from, pair.from_id, {});
  if (refusal_of(from)) return invalid_target(pair.from, pair.from_id);
  const auto to = find_live(portal, pair.to, pair.to_id, {});
  if (refusal_of(to)) return invalid_target(pair.to, pair.to_id);
  return Ends{std::get<0>(from)->id, std::get<0>(to)->id};
}

Refusal cannot_join(const ObjectType& from, const ObjectType& to) {
  return bad_input(fmt::format("No association type exists from {} to {}", from.id, to.id));
}

Json show_way(const AssociationType& way) {
  Json json = Json::object();
  json.set("category", way.category()).set("typeId", way.id);
  json.set("label", way.label.empty() ? Json() : Json(way.label));
  return json;
}

Json show_link(uint64_t to, const Link& link) {
  Json ways = Json::array();
  for (const AssociationType* way : link.ways) ways.push_back(show_way(*way));
  return Json::object().set("toObjectId", to).set("associationTypes", std::move(ways));
}

// The vendor's answer to a default association: one entry for each direction.
void add_default_results(Json& results, const Ends& ends, const AssociationType& way,
                         const AssociationType& inverse) {
  const auto entry = [](uint64_t from, uint64_t to, const AssociationType& type) {
    Json spec = Json::object();
    spec.set("associationCategory", type.category()).set("associationTypeId", type.id);
    Json json = Json::object();
    json.set("from", Json::object().set("id", std::to_string(from)));
    json.set("to", Json::object().set("id", std::to_string(to)));
    json.set("associationSpec", std::move(spec));
    return json;
  };
  results.push_back(entry(ends.from, ends.to, way));
  results.push_back(entry(ends.to, ends.from, inverse));
}

Json show_labels(const Pair& pair, const Ends& ends,
                 const std::vector<const AssociationType*>& ways) {
  Json labels = Json::array();
  for (const AssociationType* way : ways)
    if (!way->label.empty()) labels.push_back(way->label);
  Json json = Json::object();
  json.set("fromObjectTypeId", pair.from.id).set("fromObjectId", ends.from);
  json.set("toObjectTypeId", pair.to.id).set("toObjectId", ends.to);
  json.set("labels", std::move(labels));
  return json;
}

void log_parting(Portal& portal, const Pair& pair, const Ends& ends) {
  portal.effects.add({.action = "dissociate",
                      .object = pair.from.name,
                      .id = std::to_string(ends.from),
                      .other_object = pair.to.name,
                      .other_id = std::to_string(ends.to)});
}

std::string end_id(const Json& input, std::string_view end) {
  const Json* json = input.find(end);
  return json ? id_text(json->find("id")) : "";
}

// Runs `one` on every input; what it refuses becomes an error of a 207.
template <class One>
Either<HttpResponse> each_input(Portal& portal, const Call& call, int status, One one) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  Json results = Json::array();
  Json errors = Json::array();
  for (const Json& input : *std::get<0>(inputs))
    if (const std::optional<Refusal> refusal = one(input, results))
      errors.push_back(error_entry(*refusal));
  return batch_response(portal, status, std::move(results), std::move(errors));
}

}  // namespace

Either<HttpResponse> list_associations(Portal& portal, const ObjectType& from,
                                       const std::string& from_id, const ObjectType& to,
                                       const Call& call) {
  const auto limit = read_limit(call, kMaxPage, kMaxPage);
  if (const Refusal* refusal = refusal_of(limit)) return *refusal;
  const auto found = find_live(portal, from, from_id, {});
  if (const Refusal* refusal = refusal_of(found)) return *refusal;
  const auto after = read_id(call.parameter("after").value_or("0"));
  if (!after) return bad_input("after is not a cursor of this list");
  Json results = Json::array();
  Json paging;
  for (const auto& [other, link] : portal.links.of(std::get<0>(found)->id, to)) {
    if (other < *after) continue;
    if (results.as_array().size() == std::get<0>(limit)) {
      paging = next_page(std::to_string(other));
      break;
    }
    results.push_back(show_link(other, *link));
  }
  Json body = Json::object();
  body.set("results", std::move(results));
  if (!paging.is_null()) body.set("paging", std::move(paging));
  return json_response(200, body);
}

Either<HttpResponse> associate_default(Portal& portal, const Pair& pair) {
  const AssociationType* way = portal.schema.unlabelled(pair.from.name, pair.to.name);
  if (!way) return cannot_join(pair.from, pair.to);
  const auto ends = find_ends(portal, pair);
  if (const Refusal* refusal = refusal_of(ends)) return *refusal;
  join(portal, std::get<0>(ends).from, *way, std::get<0>(ends).to);
  Json results = Json::array();
  add_default_results(results, std::get<0>(ends), *way, portal.schema.inverse(*way));
  return batch_response(portal, 200, std::move(results), {});
}

Either<HttpResponse> associate_labelled(Portal& portal, const Pair& pair, const Call& call) {
  const auto ways = read_ways(portal, pair.from, &pair.to, call.body);
  if (const Refusal* refusal = refusal_of(ways)) return *refusal;
  const auto ends = find_ends(portal, pair);
  if (const Refusal* refusal = refusal_of(ends)) return *refusal;
  for (const AssociationType* way : std::get<0>(ways))
    join(portal, std::get<0>(ends).from, *way, std::get<0>(ends).to);
  return json_response(201, show_labels(pair, std::get<0>(ends), std::get<0>(ways)));
}

Either<HttpResponse> dissociate(Portal& portal, const Pair& pair) {
  const auto ends = find_ends(portal, pair);
  if (const Refusal* refusal = refusal_of(ends)) return *refusal;
  if (portal.links.part(std::get<0>(ends).from, std::get<0>(ends).to))
    log_parting(portal, pair, std::get<0>(ends));
  return HttpResponse{204, {}, {}};
}

Either<HttpResponse> batch_associate(Portal& portal, const ObjectType& from, const ObjectType& to,
                                     const Call& call) {
  return each_input(portal, call, 201, [&](const Json& input, Json& results) {
    const Pair pair{from, end_id(input, "from"), to, end_id(input, "to")};
    const Json* types = input.find("types");
    const auto ways = read_ways(portal, from, &to, types ? *types : Json());
    if (const Refusal* refusal = refusal_of(ways)) return std::optional(*refusal);
    const auto ends = find_ends(portal, pair);
    if (const Refusal* refusal = refusal_of(ends)) return std::optional(*refusal);
    for (const AssociationType* way : std::get<0>(ways))
      join(portal, std::get<0>(ends).from, *way, std::get<0>(ends).to);
    results.push_back(show_labels(pair, std::get<0>(ends), std::get<0>(ways)));
    return std::optional<Refusal>();
  });
}

Either<HttpResponse> batch_associate_default(Portal& portal, const ObjectType& from,
                                             const ObjectType& to, const Call& call) {
  const AssociationType* way = portal.schema.unlabelled(from.name, to.name);
  if (!way) return cannot_join(from, to);
  return each_input(portal, call, 200, [&](const Json& input, Json& results) {
    const auto ends = find_ends(portal, {from, end_id(input, "from"), to, end_id(input, "to")});
    if (const Refusal* refusal = refusal_of(ends)) return std::optional(*refusal);
    join(portal, std::get<0>(ends).from, *way, std::get<0>(ends).to);
    add_default_results(results, std::get<0>(ends), *way, portal.schema.inverse(*way));
    return std::optional<Refusal>();
  });
}

Either<HttpResponse> batch_read_associations(Portal& portal, const ObjectType& from,
                                             const ObjectType& to, const Call& call) {
  return each_input(portal, call, 200, [&](const Json& input, Json& results) {
    const std::string id = id_text(input.find("id"));
    const auto found = find_live(portal, from, id, {});
    Json joined = Json::array();
    if (!refusal_of(found))
      for (const auto& [other, link] : portal.links.of(std::get<0>(found)->id, to))
        joined.push_back(show_link(other, *link));
    if (joined.as_array().empty()) {
      Refusal none{
          .message = fmt::format("No {} is associated with {} {}.", to.singular, from.singular, id),
          .category = std::string(kNotFound),
          .sub_category = "crm.associations.NO_ASSOCIATIONS_FOUND",
          .context = context_of("fromObjectId", {id})};
      none.context.set("fromObjectType", Json::Array{Json(from.singular)});
      none.context.set("toObjectType", Json::Array{Json(to.singular)});
      return std::optional(std::move(none));
    }
    results.push_back(
        Json::object().set("from", Json::object().set("id", id)).set("to", std::move(joined)));
    return std::optional<Refusal>();
  });
}

Either<HttpResponse> batch_dissociate(Portal& portal, const ObjectType& from, const ObjectType& to,
                                      const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  for (const Json& input : *std::get<0>(inputs)) {
    const Json* targets = input.find("to");
    if (!targets || !targets->is_array())
      return bad_input("Invalid input JSON. Some required fields were not set: [to]");
    for (const Json& target : targets->as_array()) {
      const Pair pair{from, end_id(input, "from"), to, id_text(target.find("id"))};
      const auto ends = find_ends(portal, pair);
      if (refusal_of(ends)) continue;
      if (portal.links.part(std::get<0>(ends).from, std::get<0>(ends).to))
        log_parting(portal, pair, std::get<0>(ends));
    }
  }
  return HttpResponse{204, {}, {}};
}

Either<HttpResponse> batch_remove_labels(Portal& portal, const ObjectType& from,
                                         const ObjectType& to, const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  for (const Json& input : *std::get<0>(inputs)) {
    const Json* types = input.find("types");
    const auto ways = read_ways(portal, from, &to, types ? *types : Json());
    if (const Refusal* refusal = refusal_of(ways)) return *refusal;
    const Pair pair{from, end_id(input, "from"), to, end_id(input, "to")};
    const auto ends = find_ends(portal, pair);
    if (refusal_of(ends)) continue;
    for (const AssociationType* way : std::get<0>(ways))
      if (portal.links.part(std::get<0>(ends).from, *way, std::get<0>(ends).to))
        log_parting(portal, pair, std::get<0>(ends));
  }
  return HttpResponse{204, {}, {}};
}

Either<HttpResponse> list_labels(Portal& portal, const ObjectType& from, const ObjectType& to) {
  Json results = Json::array();
  for (const AssociationType* way : portal.schema.ways(from.name, to.name))
    results.push_back(show_way(*way));
  return json_response(200, Json::object().set("results", std::move(results)));
}

Either<HttpResponse> create_label(Portal& portal, const ObjectType& from, const ObjectType& to,
                                  const Call& call) {
  const std::string label(call.body.text("label"));
  if (label.empty() || call.body.text("name").empty())
    return bad_input(
        "Invalid input JSON on line 1, column 2. Some required fields were not set: [label, name]");
  for (const AssociationType* way : portal.schema.ways(from.name, to.name))
    if (way->label == label)
      return bad_input(fmt::format("An association label '{}' exists already", label));
  const std::string inverse(call.body.text("inverseLabel", label));
  const int id = portal.schema.add_label(from, to, label, inverse);
  const AssociationType* way = portal.schema.way("USER_DEFINED", id);
  portal.effects.add({.action = "define", .object = "labels", .id = std::to_string(id)});
  Json results = Json::array();
  results.push_back(show_way(*way));
  if (way->inverse != way->id) results.push_back(show_way(portal.schema.inverse(*way)));
  return json_response(200, Json::object().set("results", std::move(results)));
}

}  // namespace rapport::sandbox::hubspot
