// How often each caller may call: several windows of time at once, counted per caller.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace rapport::sandbox {

struct QuotaWindow {
  enum class Counts { kAllCalls, kSearches };
  // kRolling: the last `per` up to now. kAligned: begins anew at every whole `per` of the portal's
  // time, as a day does at midnight.
  enum class Edge { kRolling, kAligned };

  int64_t calls = 0;
  Micros per = {};
  std::string policy = {};  // as refusals name it; empty: made from `per`
  Counts counts = Counts::kAllCalls;
  Edge edge = Edge::kRolling;

  std::string policy_name() const;
};

// The moment of a call on both clocks: rolling windows must not follow a wall clock that jumps.
struct Moment {
  Micros wall = {};
  Micros monotonic = {};
};

enum class CallKind { kSearch, kOther };

class Quota {
 public:
  // Aligned windows begin at whole multiples of their length plus `offset` after 1970.
  explicit Quota(Micros offset) : offset_(offset) {}

  // The window that is full, or null and the call is counted in all of them. A refused call counts
  // in none.
  const QuotaWindow* admit(const std::string& caller, const std::vector<QuotaWindow>& windows,
                           CallKind kind, Moment now);
  int64_t remaining(const std::string& caller, const QuotaWindow& window, Moment now);
  // Somebody else used up `calls`.
  void use(const std::string& caller, const QuotaWindow& window, int64_t calls, Moment now);
  void clear() { used_.clear(); }

 private:
  struct Batch {
    Micros at;  // kAligned: the window's start
    int64_t calls;
  };
  struct Used {
    std::deque<Batch> batches;
    int64_t total = 0;
  };
  Used& trimmed(const std::string& caller, const QuotaWindow& window, Moment now);
  Micros start_of(const QuotaWindow& window, Micros wall) const;

  Micros offset_;
  std::map<std::string, Used> used_;  // caller, then the window
};

}  // namespace rapport::sandbox
