// How a host shows its records to expressions: by slot, without copying them into maps.
//
// A slot is a number the host gives to a path it can read directly ("contact.score"). The names of
// an expression become slots once, when it is bound; evaluating asks for numbers only.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "expr/value.h"

namespace rapport::expr {

class Arena;

// Which paths have slots. Every variable has one; a field may have one of its own, which saves
// making the object around it. "a.b" may also be the whole name of a variable.
class Layout {
 public:
  virtual ~Layout() = default;
  virtual std::optional<uint32_t> slot(std::string_view path) const = 0;
};

// One record. Values laid out ready are read without a call; the others are asked for.
// A path the record does not have is Value::absent(), an explicit null Value::null().
// What is returned lives as long as the record or the arena.
class RecordView {
 public:
  virtual ~RecordView() = default;
  Value read(uint32_t slot, Arena& arena) const {
    return slot < ready_.size() ? ready_[slot] : load(slot, arena);
  }

 protected:
  virtual Value load(uint32_t slot, Arena& arena) const = 0;
  std::span<const Value> ready_;  // slots 0 to n-1, if the host keeps them so
};

// A list of the host.
class ListView {
 public:
  virtual ~ListView() = default;
  virtual uint32_t size() const = 0;
  virtual Value at(uint32_t index, Arena& arena) const = 0;  // index < size()
};

// A map or an object of the host.
class MapView {
 public:
  virtual ~MapView() = default;
  virtual uint32_t size() const = 0;
  virtual MapEntry at(uint32_t index, Arena& arena) const = 0;  // index < size(); a fixed order
  // Value::absent() when it has no such key. Numeric keys of all three kinds are one number line.
  virtual Value find(const Value& key, Arena& arena) const = 0;
  virtual std::string_view type_name() const { return "map"; }  // of an object: its type
};

}  // namespace rapport::expr
