// Writing records in two steps: check everything and change nothing, then apply. A batch plans all
// its inputs first, so that it can refuse as a whole.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"

namespace rapport::sandbox::hubspot {

struct Join {
  const AssociationType* way;
  uint64_t to;
};

// A write that was checked and not yet applied.
struct Plan {
  Record* record = nullptr;  // null: a new one
  Values values = {};
  std::vector<std::string> names = {};  // of the properties the caller wrote
  std::vector<Join> joins = {};
};

// Unique values that earlier inputs of the same request will take: "email" + value.
using Claims = std::set<std::pair<std::string, std::string>>;

// `input` is {"properties": {...}, "associations": [...]}.
Either<Plan> plan_create(Portal& portal, const ObjectType& type, const Json& input, Claims& claims);
Either<Plan> plan_update(Portal& portal, const ObjectType& type, Record& record, const Json& input,
                         Claims& claims);
// Applies and logs the effects.
Record& apply(Portal& portal, const ObjectType& type, const Plan& plan);
void archive(Portal& portal, const ObjectType& type, Record& record);

// The live record that an id, or the value of a unique property, names.
Either<Record*> find_live(Portal& portal, const ObjectType& type, std::string_view id,
                          std::string_view id_property);

// Types of an association, each checked to lead from `from` to `to` (null: taken from the type).
Either<std::vector<const AssociationType*>> read_ways(const Portal& portal, const ObjectType& from,
                                                      const ObjectType* to, const Json& types);
Refusal invalid_target(const ObjectType& type, std::string_view id);
void join(Portal& portal, uint64_t from, const AssociationType& way, uint64_t to);

// An id in JSON may be a text or a number.
std::string id_text(const Json* value);

}  // namespace rapport::sandbox::hubspot
