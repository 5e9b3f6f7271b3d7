// What differs between two states of one record.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "decide/field_set.h"
#include "decide/vocabulary.h"

namespace rapport::decide {

// Borrows from both states and from the object.
class Differences {
 public:
  // Null stands for a record that is not there.
  Differences(const Object& of, const Json& before, const Json& now);

  const FieldSet& fields() const { return fields_; }
  Json take_names() { return std::move(changed_); }  // of the fields, each once
  // Whether a member of one of these names differs, be it a field or not.
  bool any_of(const std::vector<std::string>& names) const;

 private:
  void collect(const Json& a, const Json& b, bool missing_only);
  void note(std::string_view name);
  void add(std::string_view field);

  const Object& of_;
  FieldSet fields_;
  Json changed_ = Json::array();
  std::vector<std::string_view> members_;
};

}  // namespace rapport::decide
