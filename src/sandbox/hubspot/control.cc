#include "sandbox/hubspot/control.h"

#include "sandbox/hubspot/show.h"

namespace rapport::sandbox::hubspot {
namespace {

Json show_end(const ObjectType& type, uint64_t id) {
  return Json::object().set("object", type.name).set("id", std::to_string(id));
}

void add_links(Json& list, Portal& portal, const ObjectType& type, uint64_t id) {
  for (const auto& [other, link] : portal.links.of(id)) {
    if (other < id) continue;  // shown from its other end
    Json types = Json::array();
    for (const AssociationType* way : link.ways)
      types.push_back(Json::object().set("category", way->category()).set("typeId", way->id));
    list.push_back(Json::object()
                       .set("from", show_end(type, id))
                       .set("to", show_end(*link.to_type, other))
                       .set("types", std::move(types)));
  }
}

}  // namespace

Json show_state(Portal& portal) {
  Json objects = Json::object();
  Json associations = Json::array();
  for (const ObjectType& type : portal.schema.types()) {
    Json records = Json::array();
    for (const auto& [id, record] : portal.records.of(type)) {
      records.push_back(show_whole(record));
      add_links(associations, portal, type, id);
    }
    objects.set(type.name, std::move(records));
  }
  Json state = Json::object();
  state.set("objects", std::move(objects)).set("associations", std::move(associations));
  return state;
}

}  // namespace rapport::sandbox::hubspot
