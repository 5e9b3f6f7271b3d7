// rooms: decide
// Any text as the state of a metric: refused, or one that is written back as it was and that gives
// a figure. The first two letters of the input say which figure and how many buckets.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decide/series.h"

namespace {

using namespace rapport;
using namespace rapport::decide;

Metric metric_of(uint8_t figure, uint8_t buckets) {
  Metric metric{.name = "m", .of = "account", .on = {"a"}};
  metric.figure = static_cast<Figure>((figure - 'a') % 11u);
  metric.buckets = (buckets - '0') % 40u;
  metric.grain = buckets % 2 == 0 ? Grain::kDay : Grain::kHour;
  if (metric.figure == Figure::kSince) metric.buckets = 0;
  if (metric.figure == Figure::kDailyDistinct || metric.figure == Figure::kChange) ++metric.buckets;
  return metric;
}

void expect(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size < 2) return 0;
  const Metric metric = metric_of(bytes[0], bytes[1]);
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 2, size - 2);
  auto series = Series::read(metric, text);
  if (!series.ok()) {
    expect(series.error().code == Code::kCorrupt);
    return 0;
  }
  expect(series->text() == text);
  const auto zone = expr::find_zone("+05:30", nullptr);
  const Micros now = days(20'000);
  const Reading before = series->value(*zone, now);
  if (const auto next = series->next_change(*zone, now)) {
    expect(*next > now);
    expect(series->value(*zone, *next - Micros{1}) == before);
  }
  Series twice = *series;
  twice.merge(*series);
  const Given values[] = {{}, Decimal{7}, expr::Money{7, 'E' | 'U' << 8 | 'R' << 16}, "a"};
  for (const Given& value : values) twice.add(*zone, now, value);
  expect(Series::read(metric, twice.text()).ok());
  return 0;
}
