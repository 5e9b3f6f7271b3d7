#include "expr/loops.h"

#include "expr/collections.h"
#include "expr/functions/libraries.h"

namespace rapport::expr {

bool Junction::add(const Value& part) {
  if (part.is(Kind::kBool)) {
    settled_ = part.as_bool() == settled_by_;
    return !settled_;
  }
  unsettled_.add(part.is_known() ? no_such_overload() : part);
  return true;
}

bool Loop::passes(const Value& filter) {
  if (!filter.is(Kind::kBool)) {
    unsettled_.add(filter.is_known() ? no_such_overload() : filter);
    return false;
  }
  return filter.as_bool();
}

bool Loop::add(const Value& element, const Value& result) {
  switch (macro_) {
    case Macro::kAll:
    case Macro::kExists:
      return junction_.add(result);
    case Macro::kExistsOne:
      count_ += passes(result);
      return true;
    case Macro::kFilter:
      if (passes(result) && unsettled_.add(element)) items_.push_back(element);
      return true;
    case Macro::kSortBy:
      if (!unsettled_.add(element) | !unsettled_.add(result)) return true;
      items_.push_back(element);
      keys_.push_back(result);
      return true;
    case Macro::kTransformMap:
      if (unsettled_.add(result)) entries_.push_back({element, result});
      return true;
    case Macro::kTransformMapEntry:
      if (unsettled_.add(result)) add_entries(result);
      return true;
    default:
      if (unsettled_.add(result)) items_.push_back(result);
      return true;
  }
}

void Loop::add_entries(const Value& map) {
  if (!is_map(map)) {
    unsettled_.add(no_such_overload());
    return;
  }
  for (uint32_t i = 0; i < map_size(map); ++i) {
    if (!call_.budget.spend(1)) return;
    entries_.push_back(map_at(map, i, call_.arena));
  }
}

Value Loop::value() {
  if (macro_ == Macro::kAll || macro_ == Macro::kExists) return junction_.value();
  if (unsettled_.any()) return unsettled_.value();
  switch (macro_) {
    case Macro::kExistsOne:
      return Value::boolean(count_ == 1);
    case Macro::kSortBy: {
      const Value both[] = {Value::list(items_.data(), items_.size()),
                            Value::list(keys_.data(), keys_.size())};
      return sort_by_keys(both, call_);
    }
    case Macro::kTransformMap:
    case Macro::kTransformMapEntry:
      return call_.arena.map(entries_);
    default:
      return call_.arena.list(items_);
  }
}

}  // namespace rapport::expr
