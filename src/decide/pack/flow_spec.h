// Workflows and schedules as they were written. The grammar and its meaning:
// docs/spec/workflows.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "decide/pack/spec_parts.h"

namespace rapport::decide {

// A local time of day, in minutes from midnight: 0 to 1439.
struct TimeOfDay {
  int minute = 0;
  bool operator==(const TimeOfDay&) const = default;
};

// Events with a condition of theirs; without events a condition that comes to hold.
struct TriggerSpec : Entry {  // id: of an exit; else empty
  std::vector<std::string> on;
  Formula when;
};

// What is done when something is still under way so long after it began.
struct EscalationSpec {
  std::string after;  // a span as written, also of business time
  std::vector<ActionSpec> actions;
  Place place;
};

// Puts a moment off: to the next such local time, or to the next open moment of a calendar. One of
// the two at most.
struct PutOff {
  std::optional<TimeOfDay> at;
  std::string calendar;
};

// Exactly one of: `span`; `until`; `on`; `when` without `on`; none of them, then a put-off.
struct WaitSpec {
  std::string span;  // as written
  ValueSpec until;   // null: none
  std::vector<std::string> on;
  Formula when;  // of the event, or of the records
  PutOff put_off;
  std::string at_most;  // span as written; empty: none
};

struct AskSpec {
  ActionSpec action;  // `task` or `request_approval`
  std::vector<std::string> answers;
  std::string at_most;
  std::vector<EscalationSpec> escalate;
};

enum class StepKind : uint8_t { kDo, kWait, kBranch, kSplit, kParallel, kRepeat, kRun, kAsk, kEnd };

struct PathSpec;

struct StepSpec : Entry {
  StepKind kind = StepKind::kDo;
  Formula when;                     // false or unknown: left out
  std::string after;                // since the run or the turn began; empty: at once
  PutOff put_off;                   // of when it is due
  std::vector<ActionSpec> actions;  // kDo
  WaitSpec wait;
  std::vector<PathSpec> paths;  // kBranch, kSplit, kParallel; kRepeat: one
  bool first_ends = false;      // kParallel: the first path that ends is enough
  int64_t times = 0;            // kRepeat: turns at most
  Formula loop;                 // kRepeat: asked before each turn
  std::string workflow, about;  // kRun; about empty: the run's own record
  AskSpec ask;
  std::string reason;  // kEnd
};

struct PathSpec : Entry {  // id empty: of kRepeat
  Formula when;            // kBranch; empty: always
  double share = 0;        // kSplit: percent
  std::vector<StepSpec> steps;
};

enum class Reentry : uint8_t { kAlways, kNever, kOnceIn };

// A step that is no more, and where those go on who stand there.
struct StepMove {
  std::string from, to;
  Place place;     // of `from`
  Place to_place;  // of `to`
};

struct WorkflowSpec : Entry {
  std::string of;
  std::vector<TriggerSpec> starts;
  Reentry reentry = Reentry::kAlways;
  Micros once_in;       // kOnceIn
  double hold_out = 0;  // percent
  std::optional<TriggerSpec> goal;
  Micros goal_within = days(30);  // for how long it is watched
  std::vector<TriggerSpec> exits;
  std::vector<EscalationSpec> escalate;
  std::vector<StepSpec> steps;
  bool migrates = false;        // else runs end by the version they began with
  std::vector<StepMove> moves;  // kept in the order they were written
};

enum class Every : uint8_t { kDay, kWeek, kMonth, kQuarter };
// Which day of a month or quarter.
enum class DayRule : uint8_t { kNumber, kLast, kFirstBusiness, kLastBusiness };

struct ScheduleSpec : Entry {
  std::string of;  // empty: once for the workspace
  Formula when;
  Every every = Every::kDay;
  DayRule day_rule = DayRule::kNumber;
  int day = 1;  // kWeek: 0 Sunday to 6; kNumber: 1 to 28
  std::string calendar = "office";
  TimeOfDay at;
};

// "09:30", "00:00" to "23:59".
std::optional<TimeOfDay> parse_time_of_day(std::string_view text);
// The calendar that a span as written names: "2 business hours of support"; empty: none.
std::string_view calendar_of_span(std::string_view span);

// Steps at which a run of `before` may stand, that `after` neither has in the same parallel paths
// nor says where to go on from. In the order of `before`, those inside of paths too; empty unless
// `after` migrates.
std::vector<std::string> steps_without_place(const WorkflowSpec& before, const WorkflowSpec& after);

}  // namespace rapport::decide
