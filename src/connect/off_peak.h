// The hours in which usual work may be sent to a connected system, on the clock of a time zone.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace date {
class time_zone;
}

namespace rapport::connect {

// From `from` to `to` of the wall clock, in minutes after midnight. A window whose end is not after
// its beginning ends on the next day. 24:00 is the next midnight.
struct DailyWindow {
  std::array<bool, 7> days{};  // on which it begins; Monday first
  int from = 0, to = 0;
};

// 0 to 6 for "mon" or "monday" and so on; kInvalid names the likely day.
Result<int> parse_weekday(std::string_view text);
// Minutes after midnight of "22:00"; 24:00 is 1440.
Result<int> parse_clock(std::string_view text);

// What holds at some instant, and when that ends.
struct WindowState {
  bool open = true;
  Micros until;
};

// Any thread. What the wall clock does when it is put forward or back is settled so that a window
// never has a hole: it begins when its time is first shown (or skipped), and ends when its end is
// shown for the last time (or skipped). A window that is skipped whole does not take place.
class OffPeak {
 public:
  // At least one window, each with a day. kInvalid where the system has no such zone.
  static Result<OffPeak> make(const std::string& zone, std::vector<DailyWindow> windows);

  // `until` is exact up to a week ahead; a state that lasts longer is told in pieces.
  WindowState at(Micros now) const;
  // When so much work, done only while open, is done if it begins now. None where that takes more
  // than a year.
  std::optional<Micros> end_of(Micros now, Micros work) const;
  const std::string& zone() const { return name_; }

 private:
  OffPeak(std::string name, const date::time_zone* zone, std::vector<DailyWindow> windows)
      : name_(std::move(name)), zone_(zone), windows_(std::move(windows)) {}

  std::string name_;
  const date::time_zone* zone_;  // of the library's table, which lasts as long as the process
  std::vector<DailyWindow> windows_;
};

}  // namespace rapport::connect
