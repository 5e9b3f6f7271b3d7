// Metrics as they are declared in YAML:
//
//   metrics:
//     logins_30d: {of: account, on: user.logged_in, count: events, within: 30d, grain: day}
//
//   of     the object whose records have it
//   on     a type of event, or a list of them
//   one figure of: count: events, change: events, since: event, or one of sum, average, min, max,
//          first, last, distinct and daily_distinct with an expression over the event
//   where  a condition over the event; absent: all
//   within the window, whole days or hours, 800 at most (daily_distinct 92, change 400); absent:
//   for
//          ever, which daily_distinct and change refuse
//   grain  hour or day; absent: day for windows of 2 days and more, else hour
//   unit   of since: minute, hour, day (default) or week, as exact spans
//   until  of since: the age at which it stays; absent: 400 units
//   spec   lines of the specification it answers to
#pragma once

#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "base/yaml_fields.h"
#include "decide/metric.h"

namespace rapport::decide {

// One metric; what is wrong with it goes to the document, with its place.
Metric read_metric(std::string_view name, const YamlNode& node, YamlDocument& document);
// The mapping under `metrics:`, in its order.
std::vector<Metric> read_metrics(const YamlNode& node, YamlDocument& document);

}  // namespace rapport::decide
