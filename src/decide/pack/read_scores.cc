// scores, signals, segments.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

constexpr double kMost = 1e12;
constexpr double kTolerance = 1e-9;  // of a sum of weights

void read_line(PointsLine& line, YamlFields& fields, const YamlNode& node, PackFile& file) {
  fields.require("add");
  line.add = file.number(fields, "add", -kMost, kMost).value_or(0);
  line.per = file.value(fields, "per");
  line.on = file.events(fields, "on");
  const bool event = fields.take("on") != nullptr;
  line.standing = fields.take("while") != nullptr;
  if (event == line.standing) {
    file.refuse(node, fmt::format("points '{}' need one of 'on' (adds when the event comes) and "
                                  "'while' (counts as long as it holds)",
                                  line.id));
  }
  const YamlNode* when = fields.take("when");
  if (line.standing && when != nullptr) {
    file.refuse(*when, "'when' goes with 'on'; join it to 'while' with &&");
  }
  line.condition = file.condition(fields, line.standing ? "while" : "when");
  line.once_per = file.id_or(fields, "once_per", line.once_per, IdForm::kName);
  if (const YamlNode* once = fields.take("once_per"); line.standing && once != nullptr) {
    file.refuse(*once, "'once_per' goes with 'on': what stands counts once");
  }
  line.part = file.id_or(fields, "part", "", IdForm::kName);
}

// Weights must make one whole. One alone may say nothing.
template <class E>
void check_weights(const std::vector<E>& entries, const YamlNode& node, std::string_view what,
                   size_t errors_before, PackFile& file) {
  if (file.document().errors.size() != errors_before) return;  // a weight may be among them
  double sum = 0;
  for (const E& entry : entries) sum += entry.weight;
  if (!entries.empty() && std::abs(sum - 1) > kTolerance) {
    file.refuse(node, fmt::format("the weights of {} sum to {:.10g}, not to 1", what, sum));
  }
}

double read_weight(YamlFields& fields, bool alone, PackFile& file) {
  if (fields.take("weight") == nullptr && alone) return 1;
  fields.require("weight");
  return file.number(fields, "weight", 0, 1).value_or(0);
}

void read_metric(WeightedMetric& metric, YamlFields& fields, bool alone, PackFile& file) {
  fields.require("value");
  metric.value = file.value(fields, "value");
  fields.require("ideal");
  metric.ideal = file.number(fields, "ideal", -kMost, kMost).value_or(1);
  metric.inverse = fields.flag("inverse", false);
  const YamlNode* ideal = fields.take("ideal");
  if (ideal != nullptr && (metric.inverse ? metric.ideal < 0 : metric.ideal <= 0)) {
    file.refuse(*ideal, metric.inverse ? "'ideal' must not be below 0 where 'inverse' is said"
                                       : "'ideal' must be above 0: values are divided by it");
  }
  metric.weight = read_weight(fields, alone, file);
}

void read_metrics(WeightedComponent& component, const YamlNode* metrics, std::string_view what,
                  PackFile& file) {
  if (metrics == nullptr) return;
  const bool alone = metrics->members.size() == 1;
  const size_t errors = file.document().errors.size();
  file.entries(*metrics, "metric", IdForm::kName, component.metrics,
               [&](WeightedMetric& metric, YamlFields& fields, const YamlNode&) {
                 read_metric(metric, fields, alone, file);
               });
  if (metrics->members.empty()) file.refuse(*metrics, fmt::format("{} has no metrics", what));
  check_weights(component.metrics, *metrics, what, errors, file);
}

void read_weighted(ScoreSpec& score, const YamlNode& node, PackFile& file) {
  const std::string what = fmt::format("score '{}'", score.id);
  if (node.find("metrics") != nullptr) {
    YamlFields fields(node, what, file.document());
    WeightedComponent only;
    only.place = file.place(node);
    only.pack = score.pack;
    read_metrics(only, fields.take("metrics"), what, file);
    fields.finish();
    score.components.push_back(std::move(only));
    return;
  }
  const bool alone = node.members.size() == 1;
  const size_t errors = file.document().errors.size();
  file.entries(node, "component", IdForm::kName, score.components,
               [&](WeightedComponent& component, YamlFields& fields, const YamlNode&) {
                 component.weight = read_weight(fields, alone, file);
                 read_metrics(component, fields.require("metrics"),
                              fmt::format("component '{}'", component.id), file);
               });
  if (node.members.empty()) file.refuse(node, what + " has no components");
  check_weights(score.components, node, what, errors, file);
}

void read_bands(ScoreSpec& score, const YamlNode& node, PackFile& file) {
  file.each(node, "band", IdForm::kBand, [&](const YamlNode& key, const YamlNode& value) {
    const auto from = file.number(value, key.text, -kMost, kMost);
    if (!from) return;
    if (!score.bands.empty() && *from >= score.bands.back().from) {
      const Band& above = score.bands.back();
      file.refuse(key, fmt::format("bands go from the highest down: '{}' ({}) stands after '{}' "
                                   "({})",
                                   key.text, *from, above.name, above.from));
    }
    score.bands.push_back({.name = key.text, .from = *from});
  });
}

void read_trend(ScoreSpec& score, const YamlNode& node, PackFile& file) {
  YamlFields fields(node, "'trend'", file.document());
  score.improving = file.number(fields, "improving", -kMost, kMost).value_or(score.improving);
  score.declining = file.number(fields, "declining", -kMost, kMost).value_or(score.declining);
  if (score.improving <= score.declining) {
    file.refuse(node, "'improving' must be above 'declining'");
  }
  fields.finish();
}

void read_bounds(ScoreSpec& score, YamlFields& fields, const YamlNode& node, PackFile& file) {
  score.least = file.number(fields, "least", -kMost, kMost);
  score.most = file.number(fields, "most", -kMost, kMost);
  score.start = file.number(fields, "start", -kMost, kMost).value_or(0);
  const double least = score.least.value_or(-kMost);
  const double most = score.most.value_or(kMost);
  if (least >= most) {
    file.refuse(node, fmt::format("'least' ({}) must be below 'most' ({})", least, most));
  } else if (const YamlNode* start = fields.take("start");
             start != nullptr && (score.start < least || score.start > most)) {
    file.refuse(*start, fmt::format("'start' must lie within {} and {}", least, most));
  }
  score.share_of = file.number(fields, "share_of", 1e-9, kMost);
  score.decimals = static_cast<int>(fields.integer("decimals", 0, 9, 0));
}

void read_score(ScoreSpec& score, YamlFields& fields, const YamlNode& node, PackFile& file) {
  score.of = file.id(fields, "of", IdForm::kName);
  read_bounds(score, fields, node, file);
  const YamlNode* points = fields.take("points");
  const YamlNode* weighted = fields.take("weighted");
  const bool value = fields.take("value") != nullptr;
  if ((points != nullptr) + (weighted != nullptr) + value != 1) {
    file.refuse(node,
                fmt::format("score '{}' needs one of 'points', 'weighted' and 'value'", score.id));
  }
  if (points != nullptr) {
    file.entries(*points, "points", IdForm::kId, score.points,
                 [&](PointsLine& line, YamlFields& inner, const YamlNode& at) {
                   read_line(line, inner, at, file);
                 });
  }
  if (weighted != nullptr) read_weighted(score, *weighted, file);
  score.value = file.condition(fields, "value");
  if (const YamlNode* bands = fields.take("bands")) read_bands(score, *bands, file);
  if (const YamlNode* trend = fields.take("trend")) read_trend(score, *trend, file);
  if (fields.take("look_back") != nullptr) score.look_back = file.span(fields, "look_back");
}

void read_signal(SignalSpec& signal, YamlFields& fields, PackFile& file) {
  constexpr std::string_view kSeverities[] = {"low", "medium", "high", "critical"};
  signal.of = file.id(fields, "of", IdForm::kName);
  signal.when = file.need_condition(fields, "when");
  signal.severity = kSeverities[fields.choice("severity", kSeverities, 1)];
  signal.value = file.value(fields, "value");
  signal.also = file.events(fields, "also");
  const YamlNode* threshold = fields.take("threshold");
  if (threshold == nullptr) return;
  if (threshold->kind != YamlNode::Kind::kScalar || threshold->text.starts_with('=')) {
    file.refuse(*threshold, "'threshold' must be one literal");
  }
  signal.threshold = threshold->to_json();
}

}  // namespace

void read_scores(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "score", IdForm::kName, pack.scores,
               [&](ScoreSpec& score, YamlFields& fields, const YamlNode& node) {
                 read_score(score, fields, node, file);
               });
}

void read_signals(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "signal", IdForm::kId, pack.signals,
               [&](SignalSpec& signal, YamlFields& fields, const YamlNode&) {
                 read_signal(signal, fields, file);
               });
}

void read_segments(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "segment", IdForm::kId, pack.segments,
               [&](SegmentSpec& segment, YamlFields& fields, const YamlNode&) {
                 segment.of = file.id(fields, "of", IdForm::kName);
                 segment.when = file.need_condition(fields, "when");
               });
}

}  // namespace rapport::decide
