// The timers of a workspace while it is folded: the stored ones that come up soon, and the changes
// since the last write. One thread.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/record.h"
#include "store/state.h"

namespace rapport::flow {

class Timers {
 public:
  explicit Timers(store::FoldedState& state) : state_(state) {}

  // Timers due at or before `until`, in (due, id) order.
  Result<std::vector<model::Timer>> due(Micros until);
  // When the next timer is due, of all.
  Result<std::optional<Micros>> next_due();
  void change(const std::vector<model::Timer>& armed, const std::vector<std::string>& disarmed);
  void collect(store::Changes& changes) const;
  void written();

 private:
  Result<void> widen(Micros until);
  void shorten();
  void drop_from_window(const std::string& id);

  store::FoldedState& state_;
  Micros asked_{std::numeric_limits<int64_t>::min()};  // the latest time asked for
  Micros window_end_{std::numeric_limits<int64_t>::min()};
  std::map<std::pair<Micros, std::string>, model::Timer> window_;  // all with due ≤ window_end_
  std::unordered_map<std::string, Micros> in_window_;
  std::map<std::string, std::optional<model::Timer>> changes_;  // nullopt: disarmed
};

}  // namespace rapport::flow
