// IANA time zones, read once from the system's zone files and handed in. What is read stays the
// same until the program ends: a change of the files is seen by the next start.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rapport::expr {

// A zone. All times are seconds since 1970-01-01T00:00:00, of UTC or of the zone's own clocks.
class Zone {
 public:
  virtual ~Zone() = default;
  // Seconds the clocks are ahead of UTC at an instant.
  virtual int64_t offset(int64_t utc) const = 0;
  // The instant when the clocks show `local`: the first of two, and for a time the clocks skip, the
  // instant they skip at.
  virtual int64_t to_utc(int64_t local) const = 0;
};

// May be read by any number of threads.
class Zones {
 public:
  virtual ~Zones() = default;
  // "Europe/Berlin"; null when there is none. Lives as long as this.
  virtual const Zone* find(std::string_view name) const = 0;
  // 16 hexadecimal digits that are others when the rules of any zone are: what decided with zones
  // of another version may decide otherwise.
  virtual std::string_view version() const = 0;
};

// Reads all zones: some tens of milliseconds and a few megabytes.
Result<std::unique_ptr<const Zones>> open_system_zones();

// "Europe/Berlin", "UTC", "+02:00", "-09:30", "02:00". The zone lives as long as `zones`, or as
// the returned pointer where it is a fixed offset. Null: no such zone.
std::shared_ptr<const Zone> find_zone(std::string_view name, const Zones* zones);

}  // namespace rapport::expr
