#include "sandbox/hubspot/show.h"

#include <algorithm>

#include "base/text.h"
#include "sandbox/hubspot/values.h"

namespace rapport::sandbox::hubspot {
namespace {

Json shell(const Record& record, Json properties) {
  Json json = Json::object();
  json.set("id", std::to_string(record.id)).set("properties", std::move(properties));
  json.set("createdAt", time_text(record.created_at))
      .set("updatedAt", time_text(record.updated_at));
  json.set("archived", record.archived_at.has_value());
  if (record.archived_at) json.set("archivedAt", time_text(*record.archived_at));
  return json;
}

}  // namespace

Json show_whole(const Record& record) {
  Json properties = Json::object();
  for (const auto& [name, value] : *record.values) properties.set(name, value);
  return shell(record, std::move(properties));
}

Json show_written(const Record& record, const Json& input) {
  Json json = show_whole(record);
  if (const auto trace = input.text("objectWriteTraceId"); !trace.empty())
    json.set("objectWriteTraceId", trace);
  return json;
}

Json show(const ObjectType& type, const Record& record, const Values& values,
          const std::vector<std::string>& asked) {
  std::set<std::string> names(type.shown.begin(), type.shown.end());
  if (!asked.empty()) names = {asked.begin(), asked.end()};
  std::erase_if(names, [&](const std::string& name) { return !type.property(name); });
  if (!asked.empty()) {
    names.insert({"hs_object_id", type.modified,
                  type.property("createdate") ? "createdate" : "hs_createdate"});
  }
  Json properties = Json::object();
  for (const std::string& name : names) {
    const auto found = values.find(name);
    properties.set(name, found == values.end() ? Json() : Json(found->second));
  }
  return shell(record, std::move(properties));
}

std::string way_name(const Schema& schema, const AssociationType& way) {
  const ObjectType& from = *schema.type(way.from);
  const ObjectType& to = *schema.type(way.to);
  std::string name = from.singular + "_to_" + to.singular;
  if (way.primary) return name;
  if (!way.label.empty()) {
    name = ascii_lower(way.label);
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
  }
  return schema.primary(way.from, way.to) ? name + "_unlabeled" : name;
}

Json show_associations(const Portal& portal, const ObjectType&, const Record& record,
                       const std::vector<const ObjectType*>& wanted) {
  Json all;
  for (const ObjectType* to : wanted) {
    Json results = Json::array();
    for (const auto& [other, link] : portal.links.of(record.id, *to))
      for (const AssociationType* way : link->ways)
        results.push_back(Json::object()
                              .set("id", std::to_string(other))
                              .set("type", way_name(portal.schema, *way)));
    if (!results.as_array().empty())
      all.set(to->name, Json::object().set("results", std::move(results)));
  }
  return all;
}

Json next_page(const std::string& after, const std::string& link) {
  Json next = Json::object();
  next.set("after", after);
  if (!link.empty()) next.set("link", link);
  return Json::object().set("next", std::move(next));
}

}  // namespace rapport::sandbox::hubspot
