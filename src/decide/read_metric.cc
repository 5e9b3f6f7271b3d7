#include "decide/read_metric.h"

#include <fmt/core.h>

#include <algorithm>

namespace rapport::decide {
namespace {

constexpr size_t kLongestName = 64;
constexpr int64_t kUnitsUntil = 400;
constexpr Figure kFigures[] = {Figure::kCount, Figure::kSum,      Figure::kAverage,
                               Figure::kMin,   Figure::kMax,      Figure::kFirst,
                               Figure::kLast,  Figure::kDistinct, Figure::kDailyDistinct,
                               Figure::kSince, Figure::kChange};
constexpr std::string_view kFigureWords =
    "count, sum, average, min, max, first, last, distinct, daily_distinct, since or change";

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.size() <= kLongestName && text[0] >= 'a' && text[0] <= 'z' &&
         std::all_of(text.begin(), text.end(), fits);
}

class MetricReader {
 public:
  MetricReader(std::string_view name, const YamlNode& node, YamlDocument& document)
      : node_(node),
        document_(document),
        fields_(node, fmt::format("metric '{}'", name), document) {
    metric_.name = name;
  }

  Metric read() {
    if (node_.kind != YamlNode::Kind::kMap) return std::move(metric_);
    if (!is_name(metric_.name))
      refuse(node_, fmt::format("is named with other than up to {} small letters, digits and '_', "
                                "a letter first",
                                kLongestName));
    metric_.of = fields_.text("of");
    read_events();
    read_figure();
    metric_.where = expression("where");
    read_window();
    read_since();
    metric_.spec = fields_.texts("spec");
    fields_.finish();
    return std::move(metric_);
  }

 private:
  void refuse(const YamlNode& node, std::string_view message) {
    document_.refuse(node, fmt::format("metric '{}' {}", metric_.name, message));
  }

  void read_events() {
    const YamlNode* node = fields_.require("on");
    metric_.on = fields_.texts("on");
    if (node != nullptr && metric_.on.empty()) refuse(*node, "needs one type of event at least");
    for (size_t i = 0; i < metric_.on.size(); ++i)
      if (metric_.on[i].empty() ||
          std::find(metric_.on.begin(), metric_.on.begin() + static_cast<ptrdiff_t>(i),
                    metric_.on[i]) != metric_.on.begin() + static_cast<ptrdiff_t>(i))
        refuse(*node, fmt::format("names the event '{}' twice, or none", metric_.on[i]));
  }

  ExpressionText expression(std::string_view key) {
    const YamlNode* node = fields_.take(key);
    if (node == nullptr) return {};
    if (node->kind != YamlNode::Kind::kScalar || node->text.empty()) {
      document_.refuse(*node, fmt::format("'{}' must be an expression over the event, such as "
                                          "event.amount",
                                          key));
      return {};
    }
    return {node->text, node->line, node->column};
  }

  void read_figure() {
    bool found = false;
    for (const Figure figure : kFigures) {
      const std::string_view word = decide::name(figure);
      const YamlNode* node = fields_.take(word);
      if (node == nullptr) continue;
      if (found)
        refuse(*node, fmt::format("has two figures, '{}' and '{}': make it two metrics",
                                  decide::name(metric_.figure), word));
      found = true;
      metric_.figure = figure;
      read_value(figure, word);
    }
    if (!found) refuse(node_, fmt::format("needs a figure: one of {}", kFigureWords));
  }

  void read_value(Figure figure, std::string_view word) {
    const bool events = figure == Figure::kCount || figure == Figure::kChange;
    if (events) {
      fields_.choice(word, {"events"}, 0);
    } else if (figure == Figure::kSince) {
      fields_.choice(word, {"event"}, 0);
    } else {
      metric_.value = expression(word);
    }
  }

  bool needs_window() const {
    return metric_.figure == Figure::kDailyDistinct || metric_.figure == Figure::kChange;
  }

  int most_buckets() const {
    if (metric_.figure == Figure::kDailyDistinct) return kMostDailyBuckets;
    return metric_.figure == Figure::kChange ? kMostBuckets / 2 : kMostBuckets;
  }

  void read_window() {
    const YamlNode* within = fields_.take("within");
    const Micros span = fields_.span("within", Micros{0});
    metric_.grain = span >= days(2) ? Grain::kDay : Grain::kHour;
    const YamlNode* grain = fields_.take("grain");
    const size_t chosen =
        fields_.choice("grain", {"hour", "day"}, metric_.grain == Grain::kDay ? 1 : 0);
    metric_.grain = chosen == 1 ? Grain::kDay : Grain::kHour;
    if (metric_.figure == Figure::kDailyDistinct) metric_.grain = Grain::kDay;
    if (within == nullptr) {
      metric_.grain = Grain::kDay;
      if (needs_window())
        refuse(node_, fmt::format("is a {} and needs a window, such as within: 30d",
                                  decide::name(metric_.figure)));
      if (grain != nullptr)
        refuse(*grain, "has a grain but no window: add within, or leave it out");
      return;
    }
    if (metric_.figure == Figure::kSince) {
      refuse(*within, "is an age and has no window: use until for the age at which it stays");
      return;
    }
    if (metric_.figure == Figure::kDailyDistinct && grain != nullptr && chosen == 0)
      refuse(*grain, "counts by day: its grain is day");
    count_buckets(*within, span);
  }

  void count_buckets(const YamlNode& within, Micros span) {
    const bool day = metric_.grain == Grain::kDay;
    const Micros grain = day ? days(1) : hours(1);
    const int64_t buckets = span.value / grain.value;
    const std::string_view unit = day ? "day" : "hour";
    if (within.kind != YamlNode::Kind::kScalar || buckets * grain.value != span.value ||
        buckets < 1) {
      refuse(within, fmt::format("needs a window of whole {}s, one at least: within: {}", unit,
                                 day ? "30d" : "24h"));
    } else if (buckets > most_buckets()) {
      refuse(within, fmt::format("has a window of {} {}s, of which {} at most are kept: {}",
                                 buckets, unit, most_buckets(),
                                 day ? "make it shorter" : "make it shorter, or the grain day"));
    } else {
      metric_.buckets = static_cast<int>(buckets);
    }
  }

  void read_since() {
    static constexpr std::string_view kUnits[] = {"minute", "hour", "day", "week"};
    static constexpr Micros kSpans[] = {minutes(1), hours(1), days(1), days(7)};
    const YamlNode* unit = fields_.take("unit");
    const YamlNode* until = fields_.take("until");
    if (metric_.figure != Figure::kSince) {
      for (const YamlNode* node : {unit, until})
        if (node != nullptr)
          refuse(*node, "has no age: 'unit' and 'until' belong to 'since: event'");
      return;
    }
    metric_.unit = kSpans[fields_.choice("unit", kUnits, 2)];
    metric_.until = fields_.span("until", Micros{metric_.unit.value * kUnitsUntil});
    if (until != nullptr && metric_.until < metric_.unit)
      refuse(*until, "is kept up to date for less than one unit: make 'until' longer");
  }

  const YamlNode& node_;
  YamlDocument& document_;
  YamlFields fields_;
  Metric metric_;
};

}  // namespace

Metric read_metric(std::string_view name, const YamlNode& node, YamlDocument& document) {
  return MetricReader(name, node, document).read();
}

std::vector<Metric> read_metrics(const YamlNode& node, YamlDocument& document) {
  std::vector<Metric> metrics;
  if (node.kind != YamlNode::Kind::kMap) {
    document.refuse(node, "'metrics' must be a mapping of names to metrics");
    return metrics;
  }
  for (const auto& [name, declared] : node.members)
    metrics.push_back(read_metric(name.text, declared, document));
  return metrics;
}

}  // namespace rapport::decide
