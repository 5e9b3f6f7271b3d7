// The state of one metric of one record: a short text kept inside the record, from which the figure
// at any moment follows without the events. Pure.
//
// Exact for events dated up to one bucket after now (an event dated ahead of now counts at once):
// late events count in their own bucket while the window has it. Asked for a `now` earlier than the
// newest event by more than a bucket, older buckets may be gone already.
//
// The text is ASCII without quotes or backslashes. It holds only buckets with events: 4 to 20 bytes
// each; distinct values as a sample, see series_distinct.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/time.h"
#include "decide/metric.h"
#include "decide/series_cells.h"
#include "decide/series_distinct.h"
#include "decide/series_points.h"
#include "decide/series_reading.h"
#include "expr/zones.h"

namespace rapport::decide {

class Series {
 public:
  // Of no event. The metric must live as long as the series.
  explicit Series(const Metric& metric);
  // The text of another series of the same metric; empty: of no event. kCorrupt: not such a text.
  static Result<Series> read(const Metric& metric, std::string_view text);

  // An event with its value: none for count, since and change; a number or money for sums, averages
  // and extremes; anything for the others. Of two events at the same instant, the one added later
  // is the later for `last`, the one added first is the earlier for `first`.
  Added add(const expr::Zone& zone, Micros at, const Given& value = {});
  // The figure at `now`.
  Reading value(const expr::Zone& zone, Micros now) const;
  // The first instant after `now` at which value() may be another though no event comes: it is the
  // same at all instants between. None: it stays as it is.
  std::optional<Micros> next_change(const expr::Zone& zone, Micros now) const;

  // Adds the events of another series of the same metric, as when two records become one. No event
  // may be in both, except for distinct, min, max, first, last and since, where it does no harm.
  void merge(const Series& other);
  // Takes away events that were added before, as when an account loses a contact. Possible for
  // count, change, sum and average; kUnsupported for all else, whose state keeps too little: fold
  // the remaining events again, or merge the remaining records. Sums that overflowed stay marked.
  Result<void> subtract(const Series& other);

  std::string text() const;  // empty when there is no event
  bool empty() const;

 private:
  using State = std::variant<CellSeries, PointSeries, DistinctSeries>;
  Series(const Metric& metric, State state) : metric_(&metric), state_(std::move(state)) {}
  int64_t bucket(const expr::Zone& zone, Micros at) const;

  const Metric* metric_;
  State state_;
};

}  // namespace rapport::decide
