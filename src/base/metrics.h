// Counters, gauges and histograms of one process, shown in the Prometheus text format.
// Owned by main, handed to those who count. Names are a golden list (docs/reference/metrics.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rapport {

class Counter {
 public:
  void add(uint64_t n = 1) { n_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return n_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> n_{0};
};

class Gauge {
 public:
  void set(int64_t n) { n_.store(n, std::memory_order_relaxed); }
  void add(int64_t n) { n_.fetch_add(n, std::memory_order_relaxed); }
  int64_t value() const { return n_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> n_{0};
};

// Seconds, in fixed buckets from 100 µs to 30 s.
class Histogram {
 public:
  void observe(double seconds);
  static const std::vector<double>& bounds();
  std::vector<uint64_t> counts() const;  // cumulative, one per bound, then +Inf
  double sum() const { return sum_micros_.load(std::memory_order_relaxed) / 1e6; }

 private:
  std::atomic<uint64_t> counts_[16]{};
  std::atomic<uint64_t> sum_micros_{0};
};

// References stay valid for the life of Metrics; asking twice gives the same one. Any thread.
class Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view sentence, std::string_view labels = {});
  Gauge& gauge(std::string_view name, std::string_view sentence, std::string_view labels = {});
  Histogram& histogram(std::string_view name, std::string_view sentence,
                       std::string_view labels = {});
  std::string prometheus() const;  // text format 0.0.4
  std::vector<std::string> names() const;

 private:
  struct Family {
    std::string sentence, type;
    std::map<std::string, void*, std::less<>> by_labels;
  };
  Family& family(std::string_view name, std::string_view sentence, std::string_view type);
  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
  std::deque<Counter> counters_;
  std::deque<Gauge> gauges_;
  std::deque<Histogram> histograms_;
};

}  // namespace rapport
