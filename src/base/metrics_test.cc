#include "base/metrics.h"

#include <gtest/gtest.h>

namespace rapport {
namespace {

TEST(Metrics, ShowsThePrometheusTextFormat) {
  Metrics metrics;
  metrics.counter("events_total", "Events accepted.", "workspace=\"1\"").add(2);
  metrics.counter("events_total", "Events accepted.", "workspace=\"1\"").add();
  metrics.counter("events_total", "Events accepted.", "workspace=\"2\"").add();
  metrics.gauge("lag", "Events not yet\napplied.").set(-4);
  EXPECT_EQ(metrics.prometheus(),
            "# HELP events_total Events accepted.\n# TYPE events_total counter\n"
            "events_total{workspace=\"1\"} 3\nevents_total{workspace=\"2\"} 1\n"
            "# HELP lag Events not yet\\napplied.\n# TYPE lag gauge\nlag -4\n");
  EXPECT_EQ(metrics.names(), (std::vector<std::string>{"events_total", "lag"}));
}

TEST(Metrics, HistogramsCountUpToEachBound) {
  Metrics metrics;
  Histogram& spans = metrics.histogram("span_seconds", "Spans.", "kind=\"a\"");
  for (double s : {0.00005, 0.0001, 0.002, 0.5, 100.0}) spans.observe(s);
  EXPECT_EQ(spans.counts().size(), Histogram::bounds().size() + 1);
  const std::string text = metrics.prometheus();
  for (const char* line :
       {"span_seconds_bucket{kind=\"a\",le=\"0.0001\"} 2\n",
        "span_seconds_bucket{kind=\"a\",le=\"0.0025\"} 3\n",
        "span_seconds_bucket{kind=\"a\",le=\"30\"} 4\n",
        "span_seconds_bucket{kind=\"a\",le=\"+Inf\"} 5\n",
        "span_seconds_sum{kind=\"a\"} 100.50215\n", "span_seconds_count{kind=\"a\"} 5\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(MetricsDeathTest, RefusesTwoTypesUnderOneName) {
  Metrics metrics;
  metrics.counter("a", "A.");
  EXPECT_DEATH(metrics.gauge("a", "A."), "metric a is a counter");
}

}  // namespace
}  // namespace rapport
