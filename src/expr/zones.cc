#include "expr/zones.h"

#include <date/tz.h>

#include <exception>
#include <map>
#include <optional>

#include "base/sha256.h"
#include "base/text.h"

namespace rapport::expr {
namespace {

class SystemZone : public Zone {
 public:
  explicit SystemZone(const date::time_zone& zone) : zone_(zone) {}
  int64_t offset(int64_t utc) const override {
    return zone_.get_info(date::sys_seconds{std::chrono::seconds{utc}}).offset.count();
  }
  int64_t to_utc(int64_t local) const override {
    const auto found = zone_.get_info(date::local_seconds{std::chrono::seconds{local}});
    if (found.result == date::local_info::nonexistent)
      return found.first.end.time_since_epoch().count();
    return local - found.first.offset.count();
  }

 private:
  const date::time_zone& zone_;
};

// What the zone's clocks do from 1900 to 2100.
void add_rules(Sha256& digest, const date::time_zone& zone) {
  using std::chrono::seconds;
  constexpr date::sys_seconds kEnd{seconds{4102444800}};
  digest.add(zone.name());
  for (date::sys_seconds at{seconds{-2208988800}}; at < kEnd;) {
    const date::sys_info rule = zone.get_info(at);
    digest.add(std::to_string(rule.begin.time_since_epoch().count()) + " " +
               std::to_string(rule.offset.count()) + "\n");
    at = rule.end;
  }
}

class SystemZones : public Zones {
 public:
  explicit SystemZones(const date::tzdb& zones) {
    Sha256 digest;
    for (const date::time_zone& zone : zones.zones) {
      add_rules(digest, zone);  // reads its file now, not in an evaluation
      zones_.try_emplace(zone.name(), zone);
    }
    const Hash hash = digest.finish();
    version_ = to_hex(
        std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()).substr(0, 8));
  }
  const Zone* find(std::string_view name) const override {
    const auto found = zones_.find(name);
    return found == zones_.end() ? nullptr : &found->second;
  }
  std::string_view version() const override { return version_; }

 private:
  std::map<std::string, SystemZone, std::less<>> zones_;
  std::string version_;
};

class FixedZone : public Zone {
 public:
  explicit FixedZone(int64_t ahead) : ahead_(ahead) {}
  int64_t offset(int64_t) const override { return ahead_; }
  int64_t to_utc(int64_t local) const override { return local - ahead_; }

 private:
  int64_t ahead_;
};

std::optional<int64_t> read_fixed(std::string_view name) {
  if (name == "UTC" || name == "Z") return 0;
  const bool west = name.starts_with('-');
  if (west || name.starts_with('+')) name.remove_prefix(1);
  if (name.size() != 5 || name[2] != ':') return std::nullopt;
  for (const size_t i : {0, 1, 3, 4})
    if (name[i] < '0' || name[i] > '9') return std::nullopt;
  const int64_t hours = (name[0] - '0') * 10 + name[1] - '0';
  const int64_t minutes = (name[3] - '0') * 10 + name[4] - '0';
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

Result<std::unique_ptr<const Zones>> open_system_zones() {
  try {
    return std::unique_ptr<const Zones>(std::make_unique<SystemZones>(date::get_tzdb()));
  } catch (const std::exception& problem) {
    return Error{
        Code::kUnavailable,
        std::string("the system's time zones cannot be read, install tzdata: ") + problem.what()};
  }
}

std::shared_ptr<const Zone> find_zone(std::string_view name, const Zones* zones) {
  if (const auto ahead = read_fixed(name)) return std::make_shared<FixedZone>(*ahead);
  const Zone* zone = zones == nullptr ? nullptr : zones->find(name);
  return {std::shared_ptr<const void>(), zone};
}

}  // namespace rapport::expr
