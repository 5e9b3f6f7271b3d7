#include "sandbox/hubspot/schema.h"

#include <algorithm>

#include "base/text.h"

namespace rapport::sandbox::hubspot {

const Stage* Pipeline::stage(std::string_view stage_id) const {
  for (const Stage& stage : stages)
    if (stage.id == stage_id) return &stage;
  return nullptr;
}

const Property* ObjectType::property(std::string_view property_name) const {
  const auto found = properties.find(property_name);
  return found == properties.end() ? nullptr : &found->second;
}

const Pipeline* ObjectType::pipeline(std::string_view pipeline_id) const {
  for (const Pipeline& pipeline : pipelines)
    if (pipeline.id == pipeline_id) return &pipeline;
  return nullptr;
}

std::string ObjectType::upper() const {
  std::string text = singular;
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

Schema::Schema(Micros now)
    : types_(standard_types(now)),
      owners_{
          {"71000001", "rosa@portal.example", "Rosa", "Lindqvist", 51000001, {{"810", "Support"}}},
          {"71000002", "milan@portal.example", "Milan", "Okafor", 51000002, {{"810", "Support"}}}},
      ways_(standard_ways()) {}

const ObjectType* Schema::type(std::string_view name) const {
  for (const ObjectType& type : types_)
    if (type.id == name || equals_ignoring_case(type.name, name) ||
        equals_ignoring_case(type.singular, name))
      return &type;
  return nullptr;
}

ObjectType* Schema::type(std::string_view name) {
  return const_cast<ObjectType*>(std::as_const(*this).type(name));
}

const Owner* Schema::owner(std::string_view id) const {
  for (const Owner& owner : owners_)
    if (owner.id == id) return &owner;
  return nullptr;
}

std::vector<const AssociationType*> Schema::ways(std::string_view from, std::string_view to) const {
  std::vector<const AssociationType*> found;
  for (const auto* ways : {&ways_, &user_ways_})
    for (const auto& [id, way] : *ways)
      if (way.from == from && way.to == to) found.push_back(&way);
  std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) {
    return a->label.empty() && !b->label.empty();
  });
  return found;
}

const AssociationType* Schema::way(std::string_view category, int id) const {
  const auto& ways = category == "USER_DEFINED" ? user_ways_ : ways_;
  if (category != "USER_DEFINED" && category != "HUBSPOT_DEFINED") return nullptr;
  const auto found = ways.find(id);
  return found == ways.end() ? nullptr : &found->second;
}

const AssociationType* Schema::unlabelled(std::string_view from, std::string_view to) const {
  for (const auto& [id, way] : ways_)
    if (way.from == from && way.to == to && way.label.empty()) return &way;
  return nullptr;
}

const AssociationType* Schema::primary(std::string_view from, std::string_view to) const {
  for (const auto& [id, way] : ways_)
    if (way.from == from && way.to == to && way.primary) return &way;
  return nullptr;
}

const AssociationType& Schema::inverse(const AssociationType& way) const {
  return (way.of_user ? user_ways_ : ways_).at(way.inverse);
}

int Schema::add_label(const ObjectType& from, const ObjectType& to, const std::string& label,
                      const std::string& inverse_label) {
  const int forward = user_ways_.empty() ? 1 : user_ways_.rbegin()->first + 1;
  const bool same = from.name == to.name && inverse_label == label;
  const int back = same ? forward : forward + 1;
  user_ways_[forward] = {forward, back, from.name, to.name, label, true, false};
  if (!same) user_ways_[back] = {back, forward, to.name, from.name, inverse_label, true, false};
  return forward;
}

}  // namespace rapport::sandbox::hubspot
