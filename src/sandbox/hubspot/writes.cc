#include "sandbox/hubspot/writes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sandbox/hubspot/values.h"

namespace rapport::sandbox::hubspot {
namespace {

struct Written {
  Values values;
  std::vector<std::string> names;
};

Either<Written> read_values(const Portal& portal, const ObjectType& type, const Json& properties) {
  Written written;
  std::vector<Fault> faults;
  for (const auto& [key, value] : properties.as_object()) {
    const std::string name(key);
    const Property* property = type.property(name);
    if (!property) {
      faults.push_back(
          {name, "PROPERTY_DOESNT_EXIST", fmt::format("Property \"{}\" does not exist", name)});
      continue;
    }
    auto accepted = accept(portal.schema, type, *property, value);
    if (auto* fault = std::get_if<Fault>(&accepted)) {
      faults.push_back(std::move(*fault));
      continue;
    }
    written.values[name] = std::get<std::string>(std::move(accepted));
    written.names.push_back(name);
  }
  if (!faults.empty()) return bad_values(faults, kPortalId);
  return written;
}

// Pipeline and stage after the write must belong together.
std::optional<Refusal> check_stage(const ObjectType& type, const Record* record, Values& values) {
  if (type.pipelines.empty()) return std::nullopt;
  const bool moves =
      values.contains(type.stage_property) || values.contains(type.pipeline_property);
  if (!moves) return std::nullopt;
  const auto after = [&](const std::string& name) -> std::string {
    if (const auto found = values.find(name); found != values.end()) return found->second;
    return record ? std::string(record->value(name)) : std::string();
  };
  if (after(type.pipeline_property).empty())
    values[type.pipeline_property] = type.pipelines.front().id;
  const std::string pipeline_id = after(type.pipeline_property);
  const std::string stage_id = after(type.stage_property);
  const Pipeline* pipeline = type.pipeline(pipeline_id);
  const auto wrong = [&](const std::string& property, const std::string& value, auto names) {
    return bad_values(
        {{property, "INVALID_OPTION",
          fmt::format("{} was not one of the allowed options: [{}]", value, fmt::join(names, ", ")),
          value}},
        kPortalId);
  };
  std::vector<std::string> names;
  if (!pipeline) {
    for (const Pipeline& known : type.pipelines) names.push_back(known.id);
    return wrong(type.pipeline_property, pipeline_id, names);
  }
  if (stage_id.empty() || pipeline->stage(stage_id)) return std::nullopt;
  for (const Stage& known : pipeline->stages) names.push_back(known.id);
  return wrong(type.stage_property, stage_id, names);
}

Refusal taken(const ObjectType& type, const Property& property, const std::string& value,
              const Record* holder) {
  if (type.name == "contacts" && property.name == "email") {
    Refusal refusal{.status = 409, .message = "Contact already exists.", .category = "CONFLICT"};
    if (holder) refusal.message += fmt::format(" Existing ID: {}", holder->id);
    return refusal;
  }
  const std::string who = holder ? std::to_string(holder->id) : "another input of this request";
  return bad_values({{property.name, "CONFLICTING_UNIQUE_VALUE",
                      fmt::format("{} already has that value.", who), value}},
                    kPortalId);
}

std::optional<Refusal> claim_unique(Portal& portal, const ObjectType& type, const Record* record,
                                    const Values& values, Claims& claims) {
  for (const auto& [name, value] : values) {
    const Property* property = type.property(name);
    if (value.empty() || !property->unique) continue;
    const Record* holder = portal.records.find_by(type, name, value);
    if (holder && holder != record) return taken(type, *property, value, holder);
    if (!claims.emplace(name, value).second && !holder)
      return taken(type, *property, value, nullptr);
  }
  return std::nullopt;
}

Either<std::vector<Join>> read_joins(Portal& portal, const ObjectType& type, const Json* list) {
  std::vector<Join> joins;
  if (!list || list->is_null()) return joins;
  if (!list->is_array()) return bad_input("Invalid input JSON: associations must be a list");
  for (const Json& entry : list->as_array()) {
    const Json* to = entry.find("to");
    const Json* types = entry.find("types");
    const std::string id = to ? id_text(to->find("id")) : "";
    if (id.empty() || !types)
      return bad_input("Invalid input JSON. Some required fields were not set: [to, types]");
    auto ways = read_ways(portal, type, nullptr, *types);
    if (const Refusal* refusal = refusal_of(ways)) return *refusal;
    for (const AssociationType* way : std::get<0>(ways)) {
      const ObjectType& target = *portal.schema.type(way->to);
      const auto found = find_live(portal, target, id, {});
      if (refusal_of(found)) return invalid_target(target, id);
      joins.push_back({way, std::get<0>(found)->id});
    }
  }
  return joins;
}

// What the portal fills in by itself at creation.
void add_defaults(const ObjectType& type, Values& values) {
  values["hs_object_source"] = values["hs_object_source_label"] = "INTEGRATION";
  if (type.name != "contacts") return;
  values.try_emplace("lifecyclestage", "lead");
  if (const auto email = values.find("email"); email != values.end())
    values["hs_email_domain"] = email->second.substr(email->second.find('@') + 1);
}

void join_by_domain(Portal& portal, const Record& contact) {
  const std::string_view domain = contact.value("hs_email_domain");
  if (domain.empty()) return;
  for (const auto& [id, company] : portal.records.of(*portal.schema.type("companies")))
    if (!company.archived_at && company.value("domain") == domain)
      return join(portal, contact.id, *portal.schema.primary("contacts", "companies"), id);
}

}  // namespace

Either<Plan> plan_create(Portal& portal, const ObjectType& type, const Json& input,
                         Claims& claims) {
  const Json* given = input.find("properties");
  if (!given || !given->is_object())
    return bad_input(
        "Invalid input JSON on line 1, column 2. Some required fields were not set: [properties]");
  auto written = read_values(portal, type, *given);
  if (const Refusal* refusal = refusal_of(written)) return *refusal;
  Plan plan{.values = std::move(std::get<0>(written).values),
            .names = std::move(std::get<0>(written).names)};
  std::erase_if(plan.values, [](const auto& entry) { return entry.second.empty(); });
  std::vector<std::string> missing;
  for (const std::string& name : type.required)
    if (!plan.values.contains(name)) missing.push_back(name);
  if (!missing.empty()) return missing_properties(type.upper(), missing);
  if (auto refusal = check_stage(type, nullptr, plan.values)) return *std::move(refusal);
  if (auto refusal = claim_unique(portal, type, nullptr, plan.values, claims))
    return *std::move(refusal);
  auto joins = read_joins(portal, type, input.find("associations"));
  if (const Refusal* refusal = refusal_of(joins)) return *refusal;
  plan.joins = std::move(std::get<0>(joins));
  add_defaults(type, plan.values);
  return plan;
}

Either<Plan> plan_update(Portal& portal, const ObjectType& type, Record& record, const Json& input,
                         Claims& claims) {
  const Json* given = input.find("properties");
  if (!given || !given->is_object() || given->as_object().empty()) {
    Refusal refusal = bad_input("No properties found to update, please provide at least one.");
    refusal.context = context_of("properties", {"{}"});
    return refusal;
  }
  auto written = read_values(portal, type, *given);
  if (const Refusal* refusal = refusal_of(written)) return *refusal;
  Plan plan{.record = &record,
            .values = std::move(std::get<0>(written).values),
            .names = std::move(std::get<0>(written).names)};
  if (auto refusal = check_stage(type, &record, plan.values)) return *std::move(refusal);
  if (auto refusal = claim_unique(portal, type, &record, plan.values, claims))
    return *std::move(refusal);
  if (const auto email = plan.values.find("email");
      type.name == "contacts" && email != plan.values.end())
    plan.values["hs_email_domain"] =
        email->second.empty() ? "" : email->second.substr(email->second.find('@') + 1);
  return plan;
}

Record& apply(Portal& portal, const ObjectType& type, const Plan& plan) {
  Record* record = plan.record;
  if (record)
    portal.records.update(type, *record, plan.values, portal.now);
  else
    record = &portal.records.create(type, plan.values, portal.now);
  portal.effects.add({.action = plan.record ? "update" : "create",
                      .object = type.name,
                      .id = std::to_string(record->id),
                      .properties = plan.names});
  for (const Join& wanted : plan.joins) join(portal, record->id, *wanted.way, wanted.to);
  if (portal.associate_by_domain && !plan.record && type.name == "contacts")
    join_by_domain(portal, *record);
  return *record;
}

void archive(Portal& portal, const ObjectType& type, Record& record) {
  portal.records.archive(type, record, portal.now);
  portal.links.forget(record.id);
  portal.effects.add({.action = "archive", .object = type.name, .id = std::to_string(record.id)});
}

Either<Record*> find_live(Portal& portal, const ObjectType& type, std::string_view id,
                          std::string_view id_property) {
  Record* record = nullptr;
  if (id_property.empty() || id_property == "hs_object_id") {
    const auto number = read_id(id);
    if (!number) return no_such_record(id);
    record = portal.records.find(type, *number);
  } else {
    const Property* property = type.property(id_property);
    if (!property || !property->unique)
      return bad_input(fmt::format("Unable to perform update/upsert by non-unique {} property {}",
                                   type.id, id_property));
    record = portal.records.find_by(type, id_property, normal_form(type, *property, id));
  }
  if (!record || record->archived_at) return no_such_record();
  return record;
}

Either<std::vector<const AssociationType*>> read_ways(const Portal& portal, const ObjectType& from,
                                                      const ObjectType* to, const Json& types) {
  std::vector<const AssociationType*> ways;
  if (!types.is_array() || types.as_array().empty())
    return bad_input("Invalid input JSON: at least one association type is needed");
  for (const Json& entry : types.as_array()) {
    const std::string_view category = entry.text("associationCategory");
    const int64_t id = entry.integer("associationTypeId", -1);
    const AssociationType* way = portal.schema.way(category, static_cast<int>(id));
    if (!way) {
      const std::string spec = fmt::format("{}={}", category, id);
      Refusal refusal = bad_input("One or more associations are invalid");
      refusal.context = context_of("associationSpec", {spec});
      refusal.context.set("INVALID_ASSOCIATION_TYPE_ID",
                          Json::Array{Json(spec + " is not a valid association definition id")});
      return refusal;
    }
    if (way->from != from.name)
      return bad_input(
          fmt::format("invalid from object type {} for associations to be created. expected: {}",
                      from.id, portal.schema.type(way->from)->id));
    if (to && way->to != to->name)
      return bad_input(
          fmt::format("invalid to object type {} for associations to be created. expected: {}",
                      to->id, portal.schema.type(way->to)->id));
    ways.push_back(way);
  }
  return ways;
}

Refusal invalid_target(const ObjectType& type, std::string_view id) {
  Refusal refusal = bad_input("One or more associations are invalid");
  refusal.context =
      context_of("INVALID_OBJECT_IDS", {fmt::format("{}={} is not valid", type.upper(), id)});
  refusal.context.set("objectId", Json::Array{Json(id)});
  refusal.context.set("objectType", Json::Array{Json(type.upper())});
  return refusal;
}

void join(Portal& portal, uint64_t from, const AssociationType& way, uint64_t to) {
  portal.links.join(from, way, to, portal.now);
  portal.effects.add({.action = "associate",
                      .object = way.from,
                      .id = std::to_string(from),
                      .other_object = way.to,
                      .other_id = std::to_string(to)});
}

std::string id_text(const Json* value) {
  if (!value) return {};
  if (value->is_string()) return std::string(value->as_string());
  if (value->is_int()) return std::to_string(value->as_int());
  return {};
}

}  // namespace rapport::sandbox::hubspot
