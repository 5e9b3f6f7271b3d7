// Service levels: how long a record may wait for its answer or its end, in open time of a calendar.
//
// Each target of a record has a clock. A clock counts open time while it runs; everything that is
// to happen (warning, breach, step) lies at a level of counted time, so the clock knows the next
// instant itself. Pure: every instant is handed in; one before the clock's last counts as the last.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "base/yaml.h"
#include "decide/pack/spec.h"
#include "expr/functions/business_time.h"
#include "expr/zones.h"

namespace rapport::decide {

enum class SlaTarget : uint8_t { kFirstResponse, kNextResponse, kResolution };
inline constexpr size_t kSlaTargets = 3;
inline constexpr std::string_view kSlaTargetNames[kSlaTargets] = {"first_response", "next_response",
                                                                  "resolution"};

// A day whose hours are not those of its weekday.
struct Holiday {
  int64_t day = 0;  // days since 1970-01-01
  std::string says;
  bool closed = true;  // else it has hours of its own
};

struct SlaCalendar {
  std::string name;
  std::string says;
  std::string zone_name;
  std::shared_ptr<const expr::Zone> zone;  // lives as long as the zones it was found in
  std::shared_ptr<const expr::BusinessCalendar> hours;
  bool always = false;  // open at all times
  // Open time by weekday from Sunday, and what "1d" of a target means: the longest of these.
  std::array<Micros, 7> week{};
  Micros day;
  std::vector<Holiday> holidays;  // by day
};

// What is done when a clock has counted so much.
struct SlaStep {
  int64_t percent = 100;               // of the target,
  Micros after_breach;                 // and so much open time more
  std::optional<SlaTarget> target;     // of this one alone
  std::vector<YamlNode> actions = {};  // each a mapping of one member; the engine reads them
};

struct SlaPolicy {
  std::string name;
  std::string says;
  std::string object;
  bool by_rules = false;  // holds only where a rule starts it
  Formula when;           // the first matching policy of an object holds
  std::string calendar;
  std::array<Micros, kSlaTargets> budget{};  // open time; 0: the policy has no such target
  Formula pause_when;
  std::string pause_says;        // while the clock stands still by `pause_when`
  std::vector<int64_t> warn_at;  // percent, rising
  std::vector<SlaStep> steps;
  std::vector<std::string> spec;
};

// A policy and its calendar, which must outlive this.
struct SlaTerms {
  const SlaPolicy* policy = nullptr;
  const SlaCalendar* calendar = nullptr;
};

// The clock of one target of one record.
struct SlaClock {
  enum class Phase : uint8_t { kRunning, kPaused, kMet, kStopped };
  struct Pause {
    Micros from, to;
    std::string reason;
    bool operator==(const Pause&) const = default;
  };

  std::string policy;
  SlaTarget target = SlaTarget::kFirstResponse;
  Phase phase = Phase::kRunning;
  std::string started_by;  // why it was started
  std::string reason;      // why it stands still or was stopped; empty while it runs
  Micros started_at;
  Micros budget;                 // open time it may take
  Micros used;                   // open time counted up to `since`
  Micros since;                  // in this phase, or counted up to here
  Micros changed_at;             // when its policy was last changed
  std::optional<Micros> due_at;  // of the breach; none while it stands still before that
  std::optional<Micros> warned_at, met_at, breached_at;
  std::vector<std::string> fired;  // "warn 75", "breach", "step 2"

  // How it came to `used`: counted before `told_from`, and every pause since then.
  Micros told_from, told_used, told_paused;
  std::vector<Pause> pauses;  // by time; the last 50

  bool operator==(const SlaClock&) const = default;
};

// A small object: instants as RFC 3339 with microseconds, spans as whole microseconds.
Json to_json(const SlaClock& clock);
// The error names the member that is wrong.
Result<SlaClock> sla_clock_from(const Json& json);

struct SlaMilestone {
  enum class Kind : uint8_t { kWarn, kBreach, kStep };
  Kind kind = Kind::kWarn;
  int64_t percent = 0;  // of a warning
  size_t step = 0;      // in the policy's steps
  Micros level;         // counted time it lies at
  Micros at;            // the instant it is due
};

// The policy must have the target.
SlaClock start(const SlaTerms& terms, SlaTarget target, Micros now, std::string_view reason);
// Stand still and go on. A clock that does so already, is met or stopped stays as it is.
void pause(SlaClock& clock, const SlaTerms& terms, Micros now, std::string_view reason);
void resume(SlaClock& clock, const SlaTerms& terms, Micros now);
// The promise is kept, or kept late. Fire what is due before.
void meet(SlaClock& clock, const SlaTerms& terms, Micros now);
// The promise is void. A clock that is met stays so.
void stop(SlaClock& clock, const SlaTerms& terms, Micros now, std::string_view reason);
// A met or stopped clock goes on where it was; the time between was a pause, for `reason`.
void reopen(SlaClock& clock, const SlaTerms& terms, Micros now, std::string_view reason);

// From now on another policy, or another version of the same, holds. Time counted stays counted;
// where the new target is already spent, the breach is due now and its missed warnings are left
// out. What was breached stays so. A policy without this target stops the clock. A
// clock that is met or stopped keeps its policy.
void change(SlaClock& clock, const SlaTerms& from, const SlaTerms& to, Micros now);
// Changes to `to` if that is due earlier, were the clock running now. Tells whether it did.
bool change_if_shorter(SlaClock& clock, const SlaTerms& from, const SlaTerms& to, Micros now);

// What happens next. Nothing while the clock stands still, unless a changed policy makes something
// due at once; nothing that lies more than 10 years ahead.
std::optional<SlaMilestone> due(const SlaClock& clock, const SlaTerms& terms);
// All that is due at or before `now`, in order; each is returned once.
std::vector<SlaMilestone> fire(SlaClock& clock, const SlaTerms& terms, Micros now);

// Open time counted up to `now`, also past the target.
Micros used_at(const SlaClock& clock, const SlaTerms& terms, Micros now);
// Open time in [from, to), however long.
Micros open_time(const SlaCalendar& calendar, Micros from, Micros to);
expr::Span to_span(Micros instant);
Micros to_micros(const expr::Span& span);

}  // namespace rapport::decide
