#include "decide/counters.h"

#include <algorithm>

namespace rapport::decide {
namespace {

int64_t bucket_of(const WindowedCount& count, Micros at) {
  const int64_t q = at.value / count.grain.value;
  return at.value % count.grain.value < 0 ? q - 1 : q;
}

Json& series(Json& fields, const std::string& name) {
  if (!fields.find("counters")) fields.set("counters", Json::object());
  Json& counters = *fields.edit("counters");
  if (!counters.find(name)) counters.set(name, Json::array());
  return *counters.edit(name);
}

int64_t bucket(const Json& row) {
  return row.as_array()[0].as_int();
}
int64_t number(const Json& row) {
  return row.as_array()[1].as_int();
}

void add(Json& row_list, const WindowedCount& count, int64_t b, int64_t n) {
  auto& rows = row_list.edit_array();
  const int64_t newest = rows.empty() ? b : std::max(b, bucket(rows.back()));
  if (b <= newest - count.buckets) return;
  auto it = std::lower_bound(rows.begin(), rows.end(), b,
                             [](const Json& row, int64_t v) { return bucket(row) < v; });
  if (it != rows.end() && bucket(*it) == b) {
    const int64_t sum = number(*it) + n;
    if (sum > 0) {
      it->edit_array()[1] = Json(sum);
    } else {
      rows.erase(it);
    }
  } else if (n > 0) {
    rows.insert(it, Json(Json::Array{Json(b), Json(n)}));
  }
  std::erase_if(rows, [&](const Json& row) { return bucket(row) <= newest - count.buckets; });
}

}  // namespace

void count_event(Json& fields, const WindowedCount& count, Micros at) {
  add(series(fields, count.name), count, bucket_of(count, at), 1);
}

void shift_counters(Json& fields, const Json& from, int sign,
                    const std::vector<WindowedCount>& counts) {
  const Json* counters = from.find("counters");
  if (!counters) return;
  for (const auto& count : counts) {
    const Json* rows = counters->find(count.name);
    if (!rows) continue;
    for (const Json& row : rows->as_array())
      add(series(fields, count.name), count, bucket(row), sign * number(row));
  }
}

int64_t counted(const Json& fields, const WindowedCount& count, Micros now) {
  const Json* counters = fields.find("counters");
  const Json* rows = counters ? counters->find(count.name) : nullptr;
  if (!rows) return 0;
  const int64_t last = bucket_of(count, now);
  int64_t sum = 0;
  for (const Json& row : rows->as_array())
    if (bucket(row) > last - count.buckets && bucket(row) <= last) sum += number(row);
  return sum;
}

}  // namespace rapport::decide
