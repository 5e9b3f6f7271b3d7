#include "decide/series.h"

#include <fmt/core.h>

#include <algorithm>

#include "decide/buckets.h"

namespace rapport::decide {
namespace {

template <class State>
constexpr bool is_points = std::is_same_v<State, PointSeries>;

std::variant<CellSeries, PointSeries, DistinctSeries> nothing_yet(const Metric& metric) {
  switch (metric.figure) {
    case Figure::kFirst:
    case Figure::kLast:
    case Figure::kSince:
      return PointSeries(metric);
    case Figure::kDistinct:
    case Figure::kDailyDistinct:
      return DistinctSeries(metric);
    default:
      return CellSeries(metric);
  }
}

}  // namespace

Series::Series(const Metric& metric) : metric_(&metric), state_(nothing_yet(metric)) {}

Result<Series> Series::read(const Metric& metric, std::string_view text) {
  const auto read_as = [&]<class State>(const State&) -> Result<Series> {
    auto state = State::read(metric, text);
    if (state) return Series(metric, State(std::move(*state)));
    return corrupt(fmt::format("the state of metric '{}' cannot be read ({}); rebuild the state",
                               metric.name, state.error().message),
                   metric.name);
  };
  return std::visit(read_as, nothing_yet(metric));
}

int64_t Series::bucket(const expr::Zone& zone, Micros at) const {
  return metric_->buckets == 0 ? 0 : bucket_of(metric_->grain, zone, at);
}

Added Series::add(const expr::Zone& zone, Micros at, const Given& value) {
  const Micros near = std::clamp(at, Micros{-kFarthest.value}, kFarthest);
  return std::visit(
      [&](auto& state) {
        if constexpr (is_points<std::decay_t<decltype(state)>>)
          return state.add(bucket(zone, near), near, value);
        else
          return state.add(bucket(zone, near), value);
      },
      state_);
}

Reading Series::value(const expr::Zone& zone, Micros now) const {
  return std::visit(
      [&](const auto& state) {
        if constexpr (is_points<std::decay_t<decltype(state)>>)
          return state.value(bucket(zone, now), now);
        else
          return state.value(bucket(zone, now));
      },
      state_);
}

std::optional<Micros> Series::next_change(const expr::Zone& zone, Micros now) const {
  if (metric_->figure == Figure::kSince) return std::get<PointSeries>(state_).next_unit(now);
  if (metric_->buckets == 0) return std::nullopt;
  const int64_t today = bucket(zone, now);
  const auto next = std::visit([&](const auto& state) { return state.next_change(today); }, state_);
  if (!next) return std::nullopt;
  return start_of(metric_->grain, zone, *next);
}

void Series::merge(const Series& other) {
  CHECK(state_.index() == other.state_.index());
  std::visit(
      [&](auto& state) { state.merge(std::get<std::decay_t<decltype(state)>>(other.state_)); },
      state_);
}

Result<void> Series::subtract(const Series& other) {
  CHECK(state_.index() == other.state_.index());
  if (!can_subtract(metric_->figure))
    return Error{Code::kUnsupported,
                 fmt::format("metric '{}' is a {}, out of which no record's share can be taken; "
                             "merge those that remain",
                             metric_->name, name(metric_->figure))};
  std::get<CellSeries>(state_).subtract(std::get<CellSeries>(other.state_));
  return {};
}

std::string Series::text() const {
  return std::visit([](const auto& state) { return state.text(); }, state_);
}

bool Series::empty() const {
  return std::visit([](const auto& state) { return state.empty(); }, state_);
}

}  // namespace rapport::decide
