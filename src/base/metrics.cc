#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"

namespace rapport {
namespace {

std::string with_labels(std::string_view name, std::string_view labels) {
  return labels.empty() ? std::string(name) : fmt::format("{}{{{}}}", name, labels);
}

std::string escaped(std::string_view sentence) {
  std::string out;
  for (char c : sentence) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const Histogram& histogram) {
  const std::vector<uint64_t> counts = histogram.counts();
  const auto& bounds = Histogram::bounds();
  const std::string_view comma = labels.empty() ? "" : ",";
  for (size_t i = 0; i < counts.size(); ++i) {
    const std::string bound = i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf";
    out += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bound, counts[i]);
  }
  out += fmt::format("{} {}\n", with_labels(fmt::format("{}_sum", name), labels), histogram.sum());
  out += fmt::format("{} {}\n", with_labels(fmt::format("{}_count", name), labels), counts.back());
}

}  // namespace

const std::vector<double>& Histogram::bounds() {
  static const std::vector<double> kBounds = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 3, 10, 30};
  return kBounds;
}

void Histogram::observe(double seconds) {
  const auto& all = bounds();
  const auto at = std::lower_bound(all.begin(), all.end(), seconds) - all.begin();
  counts_[at].fetch_add(1, std::memory_order_relaxed);
  const double micros = std::max(seconds, 0.0) * 1e6;
  sum_micros_.fetch_add(static_cast<uint64_t>(micros + 0.5), std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::counts() const {
  std::vector<uint64_t> out;
  uint64_t total = 0;
  for (const auto& count : counts_) out.push_back(total += count.load(std::memory_order_relaxed));
  return out;
}

Metrics::Family& Metrics::family(std::string_view name, std::string_view sentence,
                                 std::string_view type) {
  auto at = families_.find(name);
  if (at == families_.end()) {
    Family made{std::string(sentence), std::string(type), {}};
    at = families_.emplace(std::string(name), std::move(made)).first;
  }
  if (at->second.type != type) BUG(fmt::format("metric {} is a {}", name, at->second.type));
  return at->second;
}

namespace {
template <class Metric, class ByLabels>
Metric& find_or_make(ByLabels& by_labels, std::deque<Metric>& kept, std::string_view labels) {
  auto at = by_labels.find(labels);
  if (at == by_labels.end())
    at = by_labels.emplace(std::string(labels), &kept.emplace_back()).first;
  return *static_cast<Metric*>(at->second);
}
}  // namespace

Counter& Metrics::counter(std::string_view name, std::string_view sentence,
                          std::string_view labels) {
  const std::lock_guard lock(mutex_);
  return find_or_make(family(name, sentence, "counter").by_labels, counters_, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view sentence, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  return find_or_make(family(name, sentence, "gauge").by_labels, gauges_, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view sentence,
                              std::string_view labels) {
  const std::lock_guard lock(mutex_);
  return find_or_make(family(name, sentence, "histogram").by_labels, histograms_, labels);
}

std::string Metrics::prometheus() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(family.sentence), name,
                       family.type);
    for (const auto& [labels, metric] : family.by_labels) {
      if (family.type == "histogram") {
        append_histogram(out, name, labels, *static_cast<const Histogram*>(metric));
      } else if (family.type == "counter") {
        const auto n = static_cast<const Counter*>(metric)->value();
        out += fmt::format("{} {}\n", with_labels(name, labels), n);
      } else {
        const auto n = static_cast<const Gauge*>(metric)->value();
        out += fmt::format("{} {}\n", with_labels(name, labels), n);
      }
    }
  }
  return out;
}

std::vector<std::string> Metrics::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, family] : families_) out.push_back(name);
  return out;
}

}  // namespace rapport
