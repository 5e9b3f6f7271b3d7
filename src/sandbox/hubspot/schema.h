// What a portal can hold: object types, their properties, pipelines and the ways records join.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace rapport::sandbox::hubspot {

struct Choice {
  std::string value;
  std::string label;
};

struct Property {
  std::string name;
  std::string label;
  std::string type;        // string number bool date datetime enumeration phone_number
  std::string field_type;  // text textarea select ...
  std::string group;
  std::string description = {};
  std::vector<Choice> choices = {};
  bool unique = false;         // may be an idProperty
  bool read_only = false;      // set by the portal, refused in writes
  bool of_vendor = true;       // false: somebody created it
  bool has_own_values = true;  // false: values live elsewhere (owners, pipelines)
  Micros created_at = {};
};

struct Stage {
  std::string id;
  std::string label;
  Json metadata;
};

struct Pipeline {
  std::string id;
  std::string label;
  std::vector<Stage> stages;
  const Stage* stage(std::string_view id) const;
};

struct Group {
  std::string name;
  std::string label;
};

struct ObjectType {
  std::string name;                     // "contacts"
  std::string singular;                 // "contact"
  std::string id;                       // "0-1"
  std::string modified;                 // property that holds the time of the last change
  std::vector<std::string> shown;       // properties of a read that asks for none
  std::vector<std::string> required;    // at creation
  std::vector<std::string> searchable;  // by a search's free-text `query`
  std::string pipeline_property = {};   // empty: no pipelines
  std::string stage_property = {};
  std::vector<Pipeline> pipelines = {};
  std::vector<Group> groups = {};
  std::map<std::string, Property, std::less<>> properties = {};
  std::string read_scope = {}, write_scope = {}, schema_scope = {};

  const Property* property(std::string_view property_name) const;
  const Pipeline* pipeline(std::string_view pipeline_id) const;
  std::string upper() const;  // "CONTACT", as error messages name it
};

// One way two types join, read in one direction; its inverse is another.
struct AssociationType {
  int id = 0;
  int inverse = 0;
  std::string from;  // object type name
  std::string to;
  std::string label = {};  // empty: the unlabelled one
  bool of_user = false;    // USER_DEFINED
  bool primary = false;    // at most one per record of the side that is no company
  std::string_view category() const { return of_user ? "USER_DEFINED" : "HUBSPOT_DEFINED"; }
};

struct Team {
  std::string id, name;
};

struct Owner {
  std::string id;
  std::string email, first_name, last_name;
  int64_t user_id = 0;
  std::vector<Team> teams = {};
};

class Schema {
 public:
  // The portal as it is on its first day: vendor's types, properties, pipelines; two owners.
  explicit Schema(Micros now);

  // By plural or singular name or by type id; null when there is no such type.
  const ObjectType* type(std::string_view name) const;
  ObjectType* type(std::string_view name);
  const std::vector<ObjectType>& types() const { return types_; }
  const std::vector<Owner>& owners() const { return owners_; }
  const Owner* owner(std::string_view id) const;

  // Every way from one type to another, unlabelled first.
  std::vector<const AssociationType*> ways(std::string_view from, std::string_view to) const;
  const AssociationType* way(std::string_view category, int id) const;
  const AssociationType* unlabelled(std::string_view from, std::string_view to) const;
  const AssociationType* primary(std::string_view from, std::string_view to) const;
  const AssociationType& inverse(const AssociationType& way) const;
  // A label of the user's in both directions; returns the forward way's id.
  int add_label(const ObjectType& from, const ObjectType& to, const std::string& label,
                const std::string& inverse_label);

 private:
  std::vector<ObjectType> types_;
  std::vector<Owner> owners_;
  std::map<int, AssociationType> ways_;  // the vendor's
  std::map<int, AssociationType> user_ways_;
};

// The vendor's object types with their standard properties (schema_standard.cc).
std::vector<ObjectType> standard_types(Micros now);
// The vendor's association types among them (schema_ways.cc).
std::map<int, AssociationType> standard_ways();

}  // namespace rapport::sandbox::hubspot
