// Reads a record from JSON text straight into slots: one pass, only declared fields are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/arena.h"
#include "expr/program_tables.h"
#include "expr/record.h"

namespace rapport::expr {

// A record read from JSON. Borrows the text it was read from. Not for two threads at a time.
class JsonSlots : public RecordView {
 public:
  JsonSlots() = default;

 protected:
  Value load(uint32_t, Arena&) const override { return Value::absent(); }

 private:
  friend class JsonSlotReader;
  std::vector<Value> values_;
  Arena arena_;
};

// Which fields have slots. Immutable once made: one for any number of threads.
class JsonSlotReader : public Layout {
 public:
  static constexpr size_t kDepth = 64;  // brackets within each other

  // Paths of member names, "contact.email", numbered in this order. A path may lead into another.
  // Error: a path that is empty, has an empty part, or stands twice.
  static Result<JsonSlotReader> make(const std::vector<std::string>& paths);

  std::optional<uint32_t> slot(std::string_view path) const override;

  // Replaces what `record` held. Whole numbers of 64 bits are int, all other numbers double;
  // objects are objects whose missing fields are unknown. As strict as parse_json (base/json.h),
  // whose error it gives, but for one thing: of members that stand twice only declared ones are
  // noticed. After an error the record is empty. Does not allocate where no text has escapes and
  // the lists and objects that are kept are small. About a nanosecond per byte.
  Result<void> read(std::string_view json, JsonSlots& record) const;

 private:
  struct Place {
    SymbolTable names;
    std::vector<uint32_t> children;  // by name: index into places_
    std::optional<uint32_t> slot;
  };
  class Parser;

  Result<void> add(std::string_view path, uint32_t slot);

  std::vector<std::string> paths_;
  std::vector<Place> places_;
};

}  // namespace rapport::expr
