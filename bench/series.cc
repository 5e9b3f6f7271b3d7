// rooms: decide benchmark
// One event into the state of a metric, as a record keeps it: read the text, add, write the text.
#include "decide/series.h"

#include <benchmark/benchmark.h>

#include <memory>

#include "decide/buckets.h"

namespace rapport::decide {
namespace {

const expr::Zone& zone() {
  static const std::unique_ptr<const expr::Zones> zones = expr::open_system_zones().value();
  return *zones->find("America/New_York");
}

Metric metric(Figure figure) {
  return {.name = "m", .of = "account", .on = {"a"}, .figure = figure, .buckets = 30};
}

// 30 days of events; distinct: of `users` users.
std::string filled(const Metric& metric, int users) {
  Series series(metric);
  for (int day = 0; day < 30; ++day)
    for (int user = 0; user < users; ++user) {
      const std::string id = "user-" + std::to_string(user);
      const bool text = metric.figure >= Figure::kDistinct;
      series.add(zone(), days(20'000 + day),
                 text ? Given(std::string_view(id)) : Given(Decimal{user * 1'000'000}));
    }
  return series.text();
}

void add(benchmark::State& state, Figure figure, const Given& value) {
  const Metric declared = metric(figure);
  const std::string text = filled(declared, static_cast<int>(state.range(0)));
  for (auto _ : state) {
    Series series = Series::read(declared, text).value();
    series.add(zone(), days(20'029), value);
    benchmark::DoNotOptimize(series.text());
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK_CAPTURE(add, count, Figure::kCount, Given())->Arg(10);
BENCHMARK_CAPTURE(add, sum, Figure::kSum, Given(Decimal{5}))->Arg(10);
BENCHMARK_CAPTURE(add, last, Figure::kLast, Given("a"))->Arg(10);
BENCHMARK_CAPTURE(add, distinct, Figure::kDistinct, Given("user-3"))->Arg(10)->Arg(1000);
BENCHMARK_CAPTURE(add, daily_distinct, Figure::kDailyDistinct, Given("user-3"))->Arg(10)->Arg(1000);

void find_bucket(benchmark::State& state, Grain grain) {
  for (auto _ : state) benchmark::DoNotOptimize(bucket_of(grain, zone(), days(20'029)));
}
BENCHMARK_CAPTURE(find_bucket, day, Grain::kDay);
BENCHMARK_CAPTURE(find_bucket, hour, Grain::kHour);

void ask(benchmark::State& state, Figure figure) {
  const Metric declared = metric(figure);
  const std::string text = filled(declared, static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const Series series = Series::read(declared, text).value();
    benchmark::DoNotOptimize(series.value(zone(), days(20'029)));
    benchmark::DoNotOptimize(series.next_change(zone(), days(20'029)));
  }
}
BENCHMARK_CAPTURE(ask, count, Figure::kCount)->Arg(10);
BENCHMARK_CAPTURE(ask, distinct, Figure::kDistinct)->Arg(10)->Arg(1000);
BENCHMARK_CAPTURE(ask, daily_distinct, Figure::kDailyDistinct)->Arg(1000);

}  // namespace
}  // namespace rapport::decide

BENCHMARK_MAIN();
