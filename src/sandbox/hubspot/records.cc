#include "sandbox/hubspot/records.h"

#include "sandbox/hubspot/values.h"

namespace rapport::sandbox::hubspot {

std::string_view Record::value(std::string_view name) const {
  const auto found = values->find(name);
  return found == values->end() ? std::string_view{} : std::string_view(found->second);
}

Record& Records::create(const ObjectType& type, Values values, Micros now) {
  const uint64_t id = next_id_++;
  const std::string created = time_text(now);
  values["hs_object_id"] = std::to_string(id);
  values[type.property("createdate") ? "createdate" : "hs_createdate"] = created;
  values[type.modified] = created;
  Record record{.id = id, .created_at = now, .updated_at = now};
  record.values = std::make_shared<const Values>(std::move(values));
  record.waiting.push_back({now, record.values});
  index(type, record);
  return by_type_[type.name].emplace(id, std::move(record)).first->second;
}

void Records::update(const ObjectType& type, Record& record, const Values& changes, Micros now) {
  unindex(type, record);
  Values values = *record.values;
  for (const auto& [name, value] : changes) {
    if (value.empty())
      values.erase(name);
    else
      values[name] = value;
  }
  values[type.modified] = time_text(now);
  record.values = std::make_shared<const Values>(std::move(values));
  record.updated_at = now;
  record.waiting.push_back({now, record.values});
  index(type, record);
}

void Records::archive(const ObjectType& type, Record& record, Micros now) {
  unindex(type, record);
  record.archived_at = now;
  record.updated_at = now;
  record.waiting.push_back({now, nullptr});
}

void Records::forget(const ObjectType& type, std::string_view property) {
  for (auto& [id, record] : by_type_[type.name]) {
    if (!record.values->contains(property)) continue;
    Values values = *record.values;
    values.erase(values.find(property));
    record.values = std::make_shared<const Values>(std::move(values));
  }
  unique_.erase(type.name + "/" + std::string(property));
}

Record* Records::find(const ObjectType& type, uint64_t id) {
  return const_cast<Record*>(std::as_const(*this).find(type, id));
}

const Record* Records::find(const ObjectType& type, uint64_t id) const {
  const auto all = by_type_.find(type.name);
  if (all == by_type_.end()) return nullptr;
  const auto found = all->second.find(id);
  return found == all->second.end() ? nullptr : &found->second;
}

Record* Records::find_by(const ObjectType& type, std::string_view property,
                         std::string_view value) {
  const auto index = unique_.find(type.name + "/" + std::string(property));
  if (index == unique_.end()) return nullptr;
  const auto found = index->second.find(std::string(value));
  return found == index->second.end() ? nullptr : find(type, found->second);
}

Sheet Records::searchable(Record& record, Micros now, Micros lag) {
  size_t ready = 0;
  while (ready < record.waiting.size() && record.waiting[ready].at + lag <= now) ++ready;
  if (ready > 0) {
    record.indexed = record.waiting[ready - 1].values;
    record.waiting.erase(record.waiting.begin(),
                         record.waiting.begin() + static_cast<std::ptrdiff_t>(ready));
  }
  return record.indexed;
}

void Records::index(const ObjectType& type, const Record& record) {
  for (const auto& [name, property] : type.properties) {
    if (!property.unique || name == "hs_object_id") continue;
    if (const auto value = record.value(name); !value.empty())
      unique_[type.name + "/" + name][std::string(value)] = record.id;
  }
}

void Records::unindex(const ObjectType& type, const Record& record) {
  for (const auto& [name, property] : type.properties) {
    if (!property.unique || name == "hs_object_id") continue;
    if (const auto value = record.value(name); !value.empty())
      unique_[type.name + "/" + name].erase(std::string(value));
  }
}

}  // namespace rapport::sandbox::hubspot
