// What a declared metric is: which events of a record it looks at, which figure it takes of them,
// and over which window.
//
// A window is whole buckets: days or hours of the workspace's own clocks, the one of now and those
// before it. "30 days" at day grain is today and the 29 days before. See buckets.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace rapport::decide {

enum class Figure {
  kCount,          // of events
  kSum,            // of a number or of money
  kAverage,        // of a number or of money
  kMin,            // of a number or of money
  kMax,            // of a number or of money
  kFirst,          // value of the earliest event
  kLast,           // value of the latest event
  kDistinct,       // how many values that differ
  kDailyDistinct,  // mean, over the days of the window, of distinct values a day
  kSince,          // whole units since the latest event
  kChange,         // (events of the window − those of the one before) / those of the one before
};

// "count", "daily_distinct": the word of the declaration.
std::string_view name(Figure figure);
// Whether a record's share can be taken out of a sum of records again.
bool can_subtract(Figure figure);

enum class Grain { kHour, kDay };

// An expression as it was written, compiled elsewhere. Empty text: none.
struct ExpressionText {
  std::string text = {};
  int line = 0, column = 0;  // from 1
};

inline constexpr int kMostBuckets = 800;  // kept by one metric; a change keeps two windows
inline constexpr int kMostDailyBuckets = 92;

struct Metric {
  std::string name;
  std::string of;               // the object whose records have it, "account"
  std::vector<std::string> on;  // types of events, one at least
  Figure figure = Figure::kCount;
  ExpressionText value = {};  // over the event; empty for count, since and change
  ExpressionText where = {};  // over the event; events it does not hold for are not looked at
  Grain grain = Grain::kDay;
  int buckets = 0;                     // of the window, from 1; 0: for ever
  Micros unit = days(1);               // of since
  Micros until = days(400);            // of since: the age at which it stays
  std::vector<std::string> spec = {};  // lines of the specification it answers to
};

}  // namespace rapport::decide
