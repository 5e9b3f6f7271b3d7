// The records of all types. A record's values are an immutable sheet replaced at each write, so
// that the search index may keep showing the older one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "sandbox/hubspot/schema.h"

namespace rapport::sandbox::hubspot {

using Values = std::map<std::string, std::string, std::less<>>;  // no empty ones
using Sheet = std::shared_ptr<const Values>;

struct Record {
  uint64_t id = 0;
  Micros created_at = {}, updated_at = {};
  std::optional<Micros> archived_at = {};
  Sheet values = {};

  // What search shows: the sheet of the newest write that is old enough; null: not found there.
  struct Version {
    Micros at;
    Sheet values;  // null: archived
  };
  std::vector<Version> waiting = {};
  Sheet indexed = {};

  std::string_view value(std::string_view name) const;
};

class Records {
 public:
  // Ids count up over all types; they do not fit 32 bits, as a portal's do not.
  explicit Records(uint64_t first_id) : next_id_(first_id) {}

  uint64_t next_id() const { return next_id_; }
  Record& create(const ObjectType& type, Values values, Micros now);
  // An empty text takes a value away.
  void update(const ObjectType& type, Record& record, const Values& changes, Micros now);
  void archive(const ObjectType& type, Record& record, Micros now);

  // Takes a property away from all records, unseen: nothing counts as modified.
  void forget(const ObjectType& type, std::string_view property);

  // Archived ones too; null when there is none of that type.
  Record* find(const ObjectType& type, uint64_t id);
  const Record* find(const ObjectType& type, uint64_t id) const;
  // The live record with that value of a unique property.
  Record* find_by(const ObjectType& type, std::string_view property, std::string_view value);
  std::map<uint64_t, Record>& of(const ObjectType& type) { return by_type_[type.name]; }

  // The sheet that search sees now, or null.
  static Sheet searchable(Record& record, Micros now, Micros lag);

 private:
  void index(const ObjectType& type, const Record& record);
  void unindex(const ObjectType& type, const Record& record);

  uint64_t next_id_;
  std::map<std::string, std::map<uint64_t, Record>> by_type_;
  // "contacts/email" -> value -> id, live records only.
  std::map<std::string, std::unordered_map<std::string, uint64_t>> unique_;
};

}  // namespace rapport::sandbox::hubspot
