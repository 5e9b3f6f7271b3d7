// Which records are joined, and by which association types. Both directions are kept.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/time.h"
#include "sandbox/hubspot/schema.h"

namespace rapport::sandbox::hubspot {

struct Link {
  const ObjectType* to_type = nullptr;
  std::vector<const AssociationType*> ways;  // the unlabelled one first
  Micros created_at = {};
};

class Links {
 public:
  explicit Links(const Schema& schema) : schema_(schema) {}

  // Adds one way and its inverse. A label brings the unlabelled way with it; a record's first
  // company is its primary one, and a new primary takes the place of the old.
  void join(uint64_t from, const AssociationType& way, uint64_t to, Micros now);
  // All ways between the two; false when there were none.
  bool part(uint64_t from, uint64_t to);
  // One way and its inverse; without the unlabelled way nothing remains.
  bool part(uint64_t from, const AssociationType& way, uint64_t to);
  void forget(uint64_t id);  // an archived record

  // By the other record's id.
  const std::map<uint64_t, Link>& of(uint64_t id) const;
  std::vector<std::pair<uint64_t, const Link*>> of(uint64_t id, const ObjectType& to) const;

 private:
  void add(uint64_t from, const AssociationType& way, uint64_t to, Micros now);
  void remove(uint64_t from, const AssociationType& way, uint64_t to);
  bool has_primary(uint64_t from, const ObjectType& to) const;
  void unset_primary(uint64_t from, const AssociationType& way);
  void join_primary(uint64_t from, const AssociationType& way, uint64_t to, Micros now);

  const Schema& schema_;
  std::map<uint64_t, std::map<uint64_t, Link>> links_;
};

}  // namespace rapport::sandbox::hubspot
