// Records for tests of expressions: base::Json shown to expressions without a copy.
#pragma once

#include <deque>
#include <string>

#include "base/json.h"
#include "expr/arena.h"
#include "expr/record.h"

namespace rapport::expr {

// JSON as values: numbers as int or double, objects as objects whose missing fields are unknown,
// null as null. A string "?" is a field that is there but cannot be told.
Value show(const Json& json, Arena& arena);

// One object; its members are the variables. Every path without brackets has a slot, so that
// fields are read directly too. Must outlive what is evaluated over it.
class JsonRecord : public Layout, public RecordView {
 public:
  enum class Fields { kWithSlots, kWithinObjects };
  explicit JsonRecord(Json json, Fields fields = Fields::kWithSlots)
      : json_(std::move(json)), fields_(fields) {}
  std::optional<uint32_t> slot(std::string_view path) const override;

 protected:
  Value load(uint32_t slot, Arena& arena) const override;

 private:
  Json json_;
  Fields fields_;
  mutable std::deque<std::string> paths_;  // by slot
};

}  // namespace rapport::expr
