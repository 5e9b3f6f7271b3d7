// First and last values, and the instant of the latest event: one point, or one per bucket where
// the first of a window is asked for. Buckets are numbers here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "decide/metric.h"
#include "decide/series_reading.h"

namespace rapport::decide {

class PointSeries {
 public:
  static constexpr size_t kMostText = 256;  // bytes kept of a text value

  explicit PointSeries(const Metric& metric);
  static Result<PointSeries> read(const Metric& metric, std::string_view text);

  Added add(int64_t bucket, Micros at, const Given& value);
  Reading value(int64_t bucket, Micros now) const;
  std::optional<int64_t> next_change(int64_t bucket) const;  // the bucket that brings it
  std::optional<Micros> next_unit(Micros now) const;         // of since
  // Of two points at the same instant, the one whose value is greater is the later.
  void merge(const PointSeries& other);
  std::string text() const;
  bool empty() const { return points_.empty(); }

 private:
  struct Point {
    int64_t bucket = 0;
    int64_t at = 0;
    std::string value = {};  // as in the text
  };
  // Whether `a` replaces `b` of the same bucket.
  bool precedes(const Point& a, const Point& b) const;
  void put(Point point, bool wins_ties);
  void drop_old();
  int64_t age_in_units(Micros now) const;

  Figure figure_;
  int64_t window_;  // 0: for ever
  Micros unit_, until_;
  std::vector<Point> points_;  // oldest first; one, except of first
};

}  // namespace rapport::decide
