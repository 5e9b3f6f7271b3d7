// The parts of timestamps and durations; each timestamp part takes an optional zone.
#include <chrono>

#include "expr/functions/libraries.h"
#include "expr/functions/text_forms.h"
#include "expr/zones.h"

namespace rapport::expr {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year_month_day;

Result<Prepared> prepare_zone(std::span<const Value* const> args, const Zones* zones) {
  if (args.size() < 2 || args[1] == nullptr || !args[1]->is(Kind::kString)) return Prepared();
  const std::string name(args[1]->as_text());
  std::shared_ptr<const Zone> zone = find_zone(name, zones);
  if (zone == nullptr)
    return invalid("unknown time zone '" + name +
                   "': give an IANA name such as 'Europe/Berlin', or an offset such as '+02:00'");
  return Prepared(std::move(zone));
}

// A timestamp as its zone's clocks and calendar show it.
struct Local {
  year_month_day date;
  sys_days day;
  int64_t second_of_day = 0;
};
Local to_local(int64_t seconds) {
  const sys_seconds at{std::chrono::seconds{seconds}};
  const sys_days day = floor<days>(at);
  return {year_month_day{day}, day, (at - day).count()};
}

using Part = int64_t (*)(const Local&);
int64_t year(const Local& t) {
  return static_cast<int>(t.date.year());
}
int64_t month(const Local& t) {
  return static_cast<unsigned>(t.date.month()) - int64_t{1};
}
int64_t date(const Local& t) {
  return static_cast<unsigned>(t.date.day());
}
int64_t day_of_month(const Local& t) {
  return date(t) - 1;
}
int64_t day_of_week(const Local& t) {
  return std::chrono::weekday{t.day}.c_encoding();
}
int64_t day_of_year(const Local& t) {
  return (t.day - sys_days{t.date.year() / std::chrono::January / 1}).count();
}
int64_t hours(const Local& t) {
  return t.second_of_day / 3600;
}
int64_t minutes(const Local& t) {
  return t.second_of_day / 60 % 60;
}
int64_t seconds(const Local& t) {
  return t.second_of_day % 60;
}

template <Part kPart>
Value part(Arguments args, Call&) {
  return Value::integer(kPart(to_local(args[0].as_span().seconds)));
}

// Hands the zone of the second argument to `use`.
template <class Use>
Value in_zone(Arguments args, Call& call, Use use) {
  if (call.prepared != nullptr) return use(*static_cast<const Zone*>(call.prepared));
  const std::shared_ptr<const Zone> zone = find_zone(args[1].as_text(), call.zones);
  return zone == nullptr ? call.error("unknown time zone") : use(*zone);
}

template <Part kPart>
Value part_in_zone(Arguments args, Call& call) {
  return in_zone(args, call, [&](const Zone& zone) {
    const int64_t utc = args[0].as_span().seconds;
    return Value::integer(kPart(to_local(utc + zone.offset(utc))));
  });
}

Value milliseconds(Arguments args, Call&) {
  return Value::integer(args[0].as_span().nanos / 1'000'000);
}

// Parts of a duration: hours, minutes and seconds are totals, rounded towards zero; milliseconds
// are what is beyond the seconds.
template <int64_t kNanosEach>
Value total(Arguments args, Call&) {
  return Value::integer(static_cast<int64_t>(to_nanos(args[0].as_span()) / kNanosEach));
}
Value milliseconds_of_duration(Arguments args, Call&) {
  return Value::integer(static_cast<int64_t>(to_nanos(args[0].as_span()) / 1'000'000 % 1000));
}

#define RAPPORT_PART(name, function)                                            \
  {name, "timestamp.() -> int", 1, part<function>}, {                           \
    name, "timestamp.(string) -> int", 16, part_in_zone<function>, prepare_zone \
  }

constexpr Overload kOverloads[] = {
    RAPPORT_PART("getFullYear", year),
    RAPPORT_PART("getMonth", month),
    RAPPORT_PART("getDate", date),
    RAPPORT_PART("getDayOfMonth", day_of_month),
    RAPPORT_PART("getDayOfWeek", day_of_week),
    RAPPORT_PART("getDayOfYear", day_of_year),
    RAPPORT_PART("getHours", hours),
    RAPPORT_PART("getMinutes", minutes),
    RAPPORT_PART("getSeconds", seconds),
    {"getMilliseconds", "timestamp.() -> int", 1, milliseconds},
    {"getMilliseconds", "timestamp.(string) -> int", 2,
     [](Arguments args, Call& call) {
       return in_zone(args, call, [&](const Zone&) { return milliseconds(args, call); });
     },
     prepare_zone},
    {"getHours", "duration.() -> int", 1, total<3'600'000'000'000>},
    {"getMinutes", "duration.() -> int", 1, total<60'000'000'000>},
    {"getSeconds", "duration.() -> int", 1, total<1'000'000'000>},
    {"getMilliseconds", "duration.() -> int", 1, milliseconds_of_duration},
};

}  // namespace

std::span<const Overload> time_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
