#include "decide/metric.h"

#include <array>

namespace rapport::decide {

std::string_view name(Figure figure) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "count", "sum",      "average",        "min",   "max",   "first",
      "last",  "distinct", "daily_distinct", "since", "change"};
  return kNames[static_cast<size_t>(figure)];
}

bool can_subtract(Figure figure) {
  return figure == Figure::kCount || figure == Figure::kChange || figure == Figure::kSum ||
         figure == Figure::kAverage;
}

}  // namespace rapport::decide
