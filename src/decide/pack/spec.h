// What packs declare, as it was written: names, values and the texts of expressions, each with its
// place. Reading gives this; compiling (definitions.h) gives what the engine runs.
// The grammar, with the meaning of every part: docs/spec/packs.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "base/yaml.h"
#include "decide/metric.h"
#include "decide/pack/flow_spec.h"
#include "decide/pack/message_spec.h"
#include "decide/pack/spec_parts.h"

namespace rapport::decide {

enum class FieldType : uint8_t {
  kText,
  kInt,
  kNumber,
  kBool,
  kTime,
  kDate,
  kMoney,
  kEnum,
  kTexts,
  kAny
};
enum class FieldClass : uint8_t { kPlain, kPii, kFinancial, kContent, kHealth, kCompetitive };

struct FieldSpec : Entry {
  FieldType type = FieldType::kText;
  FieldClass field_class = FieldClass::kPlain;
  std::vector<std::string> values;  // of an enum, lowest first
  Formula is;                       // computed
};

struct ObjectSpec : Entry {
  std::string prefix;  // of ids; empty for built-in objects
  struct Owner {
    std::string object;
    bool optional = false;
  };
  std::vector<Owner> belongs_to;
  std::vector<FieldSpec> fields;
};

enum class SettingType : uint8_t { kInt, kNumber, kText, kBool, kMoney, kSpan, kTexts };
struct SettingSpec : Entry {
  SettingType type = SettingType::kText;
  Json value;  // int, number, text, bool, "50000 USD", micros, list of texts
};

enum class ClockUnit : uint8_t { kHour, kDay };
struct ClockSpec : Entry {
  std::string of;
  Formula at;          // a field: account.renewal_date
  bool until = false;  // else since
  ClockUnit unit = ClockUnit::kDay;
  bool begun = false;  // a unit counts when it begins
  int64_t from = 0, to = 400;
};

enum class RollupMeasure : uint8_t { kCount, kSum, kAverage };
struct RollupSpec : Entry {
  std::string of, from;
  std::string via;  // field that holds the owner's id; empty: the owner's object's name
  RollupMeasure measure = RollupMeasure::kCount;
  Formula value;
  Formula where;
};

struct PointsLine : Entry {
  double add = 0;
  ValueSpec per;                // literal null: once
  std::vector<std::string> on;  // events; or
  Formula condition;            // `when`, or `while`
  bool standing = false;        // `while`: counts as long as it holds
  std::string once_per = "event";
  std::string part;
};
struct WeightedMetric : Entry {
  ValueSpec value;
  double ideal = 0, weight = 0;
  bool inverse = false;
};
struct WeightedComponent : Entry {  // id empty: the only one, of weight 1
  double weight = 1;
  std::vector<WeightedMetric> metrics;
};
struct Band {
  std::string name;
  double from = 0;
};
struct ScoreSpec : Entry {
  std::string of;
  double start = 0;
  std::optional<double> least, most, share_of;
  int decimals = 0;
  std::vector<PointsLine> points;
  std::vector<WeightedComponent> components;
  Formula value;
  std::vector<Band> bands;  // highest first
  double improving = 5, declining = -5;
  Micros look_back = rapport::days(7);  // what the score is compared with (CS-49)
};

struct SignalSpec : Entry {
  std::string of;
  Formula when;
  std::string severity = "medium";  // low, medium, high, critical
  ValueSpec value;
  Json threshold;
  std::vector<std::string> also;
};

struct SegmentSpec : Entry {
  std::string of;
  Formula when;
};

struct StageSpec : Entry {
  Micros window;  // 0: none
  std::vector<std::string> watched, activities;
  std::optional<double> probability;
  Micros typical;
  bool closed = false, final = false;
  std::vector<ActionSpec> enter, leave;
};
struct StartSpec {
  std::string at;
  Formula when;
};
struct MoveSpec {
  std::string to;
  std::vector<std::string> from, not_from;  // from empty: any
  Formula when;
  std::string says;
  Place place;
};
struct LifecycleSpec : Entry {
  std::string of;
  std::string field;
  std::vector<StartSpec> starts;
  std::vector<StageSpec> stages;
  std::vector<MoveSpec> moves;
  bool pipeline = false;
};

struct RuleSpec : Entry {
  std::vector<std::string> on;
  Formula when;
  int64_t priority = 100;
  std::string once_per = "event";
  Micros cooldown, debounce;
  std::vector<std::string> changed;
  std::vector<ActionSpec> actions;
};

struct ApprovalLevel {
  int64_t level = 0;
  bool reject = false;
  Formula when;
  std::vector<std::string> roles;
  std::string wait;  // span as written, or empty
  std::string says;
  Place place;
};
struct ApprovalSpec : Entry {
  std::string of;
  std::vector<ApprovalLevel> levels;
};

struct ProgramStep : Entry {
  int64_t minutes = 0;
  std::string type;  // action, learning, meeting, integration
  bool optional = false;
  std::string done;  // event type that completes it
  Json resources = Json::array();
};
struct Milestone : Entry {
  int64_t day = 0;
  std::vector<std::string> when;  // completion criteria of steps
  std::string celebrate;
};
struct ProgramSpec : Entry {
  std::string of;
  int64_t days = 0;
  std::vector<ProgramStep> steps;
  std::vector<Milestone> milestones;
  Micros stalls_after = rapport::days(3);
};

// One pack, or several joined: every section's entries in the order of files and lines.
struct PackSpec {
  std::string name, says;
  Place place;  // of its name
  std::vector<std::string> uses;
  std::string version;  // 16 hexadecimal digits of the content's SHA-256
  std::vector<SettingSpec> settings;
  std::vector<ObjectSpec> objects;
  std::vector<ClockSpec> clocks;
  std::vector<RollupSpec> rollups;
  std::vector<ScoreSpec> scores;
  std::vector<SignalSpec> signals;
  std::vector<SegmentSpec> segments;
  std::vector<LifecycleSpec> lifecycles;
  std::vector<RuleSpec> rules;
  std::vector<ApprovalSpec> approvals;
  std::vector<ProgramSpec> programs;
  std::vector<WorkflowSpec> workflows;
  std::vector<ScheduleSpec> schedules;
  std::vector<TemplateSpec> templates;
  std::vector<VariableSpec> variables;
  std::vector<MessagingSpec> messaging;
  std::vector<SurveySpec> surveys;
  std::vector<Metric> metrics;
  std::map<std::string, Place> places;  // of metrics: "metrics/logins_30d"
  // Sections whose meaning depends on the workspace, read when the pack is compiled: by name, a
  // part for each file.
  struct Part {
    std::string file;
    YamlNode node;
  };
  std::map<std::string, std::vector<Part>> parts;
};

}  // namespace rapport::decide
