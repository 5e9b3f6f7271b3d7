// Counts, sums, averages and extremes: one cell per bucket and unit. Buckets are numbers here.
//
// A unit is "number" or a currency. Figures of two units at once are none; the figure is back when
// the window has one unit only. Beyond kMostUnits units further ones are counted as one without an
// amount.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "decide/metric.h"
#include "decide/series_reading.h"

namespace rapport::decide {

class CellSeries {
 public:
  static constexpr size_t kMostUnits = 8;

  explicit CellSeries(const Metric& metric);
  static Result<CellSeries> read(const Metric& metric, std::string_view text);

  Added add(int64_t bucket, const Given& value);
  Reading value(int64_t now) const;
  std::optional<int64_t> next_change(int64_t now) const;  // the bucket that brings it
  void merge(const CellSeries& other);
  void subtract(const CellSeries& other);
  std::string text() const;
  bool empty() const { return tracks_.empty(); }

 private:
  struct Cell {
    int64_t bucket = 0;
    int64_t events = 0;
    int64_t amount = 0;  // sum or extreme: millionths or minor units
    bool saturated = false;
  };
  struct Track {
    uint32_t unit = 0;             // kCounted, kNumber, kOthers or a packed currency
    std::vector<Cell> cells = {};  // newest first
  };
  struct Total {
    int64_t events = 0;
    __int128 amount = 0;
    bool saturated = false;
  };
  static constexpr uint32_t kCounted = 0, kNumber = 1, kOthers = 0xFFFFFFFF;

  bool has_amount() const { return figure_ != Figure::kCount && figure_ != Figure::kChange; }
  int64_t newest() const;
  bool too_late(int64_t bucket) const;
  Track& track(uint32_t unit);
  void put(uint32_t unit, Cell cell);
  void combine(Cell& into, const Cell& cell) const;
  void drop_old();
  Total total(const Track& track, int64_t after, int64_t last) const;
  Reading change(int64_t now) const;
  Reading figure(uint32_t unit, const Total& total) const;
  static std::optional<uint32_t> read_unit(std::string_view& text);
  bool read_track(std::string_view text);

  Figure figure_;
  int64_t window_;             // 0: for ever
  int64_t kept_;               // buckets before the newest that may still be asked for, and it
  int64_t farthest_;           // bucket from 0
  std::vector<Track> tracks_;  // by unit
};

}  // namespace rapport::decide
