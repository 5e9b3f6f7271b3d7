// Opening hours: which hours of the week, on which clock, and which days differ.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/value.h"
#include "expr/zones.h"

namespace rapport::expr {

extern const OpaqueType kCalendarType;  // "calendar"

// A calendar is a value of expressions (Value::opaque) that the host keeps alive.
class BusinessCalendar : public Opaque {
 public:
  // Seconds of the local day, 0 <= from < to <= 86400.
  struct Window {
    int32_t from = 0;
    int32_t to = 0;
    bool operator==(const Window&) const = default;
  };
  // A window as it takes place: real instants, from < to.
  struct Opening {
    Span from, to;
  };

  // "Europe/Berlin; Mon-Fri 09:00-12:30,13:30-18:00; Sat 10:00-14:00; 2026-12-24 09:00-12:00;
  // 2026-12-25 closed": the zone, then hours per weekday and per date, in any order; days that are
  // not named are closed, "24/7" is always open. A day has at most 10 windows. `zones` must outlive
  // the calendar. The error names the part that cannot be read.
  static Result<std::shared_ptr<const BusinessCalendar>> read(std::string_view text,
                                                              const Zones* zones);

  // Time open within [from, to); negative when `to` is before `from`. Real time: an hour the clocks
  // skip does not count, one they repeat counts twice. Nothing past 10 years.
  std::optional<Span> between(const Span& from, const Span& to) const;
  // The earliest instant by which `open` time has passed since `from`. Nothing when there is none
  // within 10 years, or when `open` is negative.
  std::optional<Span> after(const Span& from, const Span& open) const;
  bool is_open(const Span& at) const;
  // The first opening that ends after `at`; it may have begun before. Nothing when there is none
  // within 10 years.
  std::optional<Opening> next_opening(const Span& at) const;
  // Of any day, 1 at least and 10 at most. Work goes with it. Linear.
  size_t most_windows() const;

  // The same hours by the same zone's name.
  bool operator==(const BusinessCalendar& other) const;

 private:
  BusinessCalendar() : Opaque{&kCalendarType} {}
  const std::vector<Window>& windows(int64_t day) const;  // days since 1970-01-01
  int64_t day_of(int64_t utc) const;

  std::shared_ptr<const Zone> zone_;
  std::string zone_name_;
  std::vector<Window> week_[7];  // from Sunday
  std::map<int64_t, std::vector<Window>> dates_;
};

}  // namespace rapport::expr
