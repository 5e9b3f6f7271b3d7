// How many values that differ, in a window or per bucket: exact up to 3,000 values kept, at least
// the 1,000 promised; beyond that an estimate from a sample, in bounded memory.
//
// A value is known by the first 48 bits of its SHA-256, h. A bucket has a threshold, at first 2^48:
// values with h at or above it are not kept there. When more than kRoom values are kept, the
// threshold of the fullest bucket falls to the median of its hashes, again and again until kEnough
// are left. As h is spread evenly, values below a threshold t are a fair sample of all, at a rate
// of t / 2^48, and a threshold that is the (k+1)th smallest hash makes k × 2^48 / t an unbiased
// estimate. Source: theta sketches (Dasgupta, Lang, Rhodes, Thaler: A Framework for Estimating
// Stream Expression Cardinalities, ICDT 2016); thresholds per bucket let the figure recover once
// the bucket of a burst has left the window.
//
// Standard error, relative: 1 / sqrt(values of the sample in the window), which Reading::sample
// gives: 2 to 4 % at first. It grows when few values of the sample are left in the window while a
// cut bucket still is. Two values of 1,000 share a hash with a probability of 2 in 10^9.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "decide/metric.h"
#include "decide/series_reading.h"

namespace rapport::decide {

class DistinctSeries {
 public:
  static constexpr size_t kRoom = 3000;    // values kept; 10 bytes of text each, daily to 24
  static constexpr size_t kEnough = 2250;  // after a cut

  explicit DistinctSeries(const Metric& metric);
  static Result<DistinctSeries> read(const Metric& metric, std::string_view text);

  Added add(int64_t bucket, const Given& value);
  Reading value(int64_t now) const;
  std::optional<int64_t> next_change(int64_t now) const;  // the bucket that brings it
  void merge(const DistinctSeries& other);
  std::string text() const;
  bool empty() const { return members_.empty() && cuts_.empty(); }

 private:
  // Buckets as a set of ages: bit i is the bucket `newest_ - i`.
  using Ages = unsigned __int128;
  struct Member {
    uint64_t hash = 0;
    Ages ages = 0;       // daily: all buckets it was seen in
    int64_t latest = 0;  // else: the latest of them
  };

  bool daily() const { return figure_ == Figure::kDailyDistinct; }
  bool kept(int64_t bucket) const { return bucket > newest_ - kept_; }
  uint64_t threshold(int64_t bucket) const;
  void advance(int64_t bucket);
  bool occurs(const Member& member) const;
  void see(uint64_t hash, int64_t bucket);
  void keep_within_room();
  int64_t fullest() const;
  void halve(int64_t bucket);
  void drop_cut(Member& member) const;
  bool is_cut(const Member& member) const;
  Reading in_window(int64_t now) const;
  Reading mean_of_days(int64_t now) const;
  size_t age_letters() const;
  void append(std::string& out, const Member& member) const;
  bool read_cuts(std::string_view text);
  bool read_members(std::string_view text);

  Figure figure_;
  int64_t window_;  // 0: for ever
  int64_t kept_;    // buckets kept, the newest included
  int64_t newest_ = 0;
  std::map<int64_t, uint64_t> cuts_;  // thresholds below 2^48
  std::vector<Member> members_;       // by hash
};

}  // namespace rapport::decide
