// Packs made ready to run: names are numbers, expressions are compiled, and what follows from what
// is in order. Made once per version of a workspace's definitions (compile.h), then immutable: any
// thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decide/field_set.h"
#include "decide/metric.h"
#include "decide/pack/spec.h"
#include "decide/read_routing.h"
#include "decide/read_sla.h"
#include "decide/scratch.h"
#include "decide/vocabulary.h"
#include "expr/program.h"
#include "expr/registry.h"
#include "expr/rule_set.h"
#include "expr/zones.h"
#include "learn/text_signals.h"
#include "model/event.h"

namespace rapport::decide {

// An expression ready to run, with where it was written.
struct Predicate {
  std::shared_ptr<const expr::Program> program;  // null: there is none
  Formula formula;
  std::vector<std::string> reads;                          // paths: "account.mrr", "event.type"
  std::shared_ptr<const expr::Binding> binding = nullptr;  // of the program
  explicit operator bool() const { return program != nullptr; }
};

// A literal or an expression.
struct Operand {
  Json literal;
  Predicate predicate;
};

struct Action {
  std::string kind;
  Place place;
  std::vector<std::pair<std::string, Operand>> arguments;  // paths as in ActionSpec
  const Operand* find(std::string_view path) const;
  std::string text(std::string_view path) const;  // of a literal; empty when absent
  std::vector<std::pair<std::string, const Operand*>> under(std::string_view prefix) const;
};

struct Rule {
  const RuleSpec* spec = nullptr;
  std::string name;  // "cost-support/vip-ticket"
  Predicate when;
  std::vector<Action> actions;
};

struct CompiledMetric {
  Metric metric;
  uint32_t object = 0, field = 0;
  Predicate where, value;
  bool watched = false;  // something is derived from it, so time alone may change that
};

struct CompiledClock {
  const ClockSpec* spec = nullptr;
  uint32_t object = 0, field = 0;
  uint32_t from = 0;  // the field it looks at
};

struct CompiledRollup {
  const RollupSpec* spec = nullptr;
  uint32_t object = 0, field = 0;
  uint32_t child = 0;
  Predicate where, value;
  FieldSet reads;                   // fields of the child that its share depends on
  std::vector<std::string> owners;  // its members that tell whose child it is
  bool reads_more = false;          // what changes while the child's fields stay as they are
};

struct CompiledLine {
  const PointsLine* spec = nullptr;
  Predicate when;
  Operand per;
};
struct CompiledWeight {
  const WeightedMetric* spec = nullptr;
  Operand value;
};
struct CompiledComponent {
  const WeightedComponent* spec = nullptr;
  std::vector<CompiledWeight> metrics;
};
struct CompiledScore {
  const ScoreSpec* spec = nullptr;
  uint32_t object = 0;
  std::vector<CompiledLine> lines;
  std::vector<CompiledComponent> components;
  Predicate value;
  // Of the fields it makes and of what it tells.
  struct Names {
    std::string previous, peak, trend, band, missing, changed;
    struct Part {
      std::string field, trend;
    };
    std::vector<Part> parts;  // in the order of declaration
  };
  Names names;
  FieldSet fields;  // all that it makes
};

struct CompiledSignal {
  const SignalSpec* spec = nullptr;
  uint32_t object = 0;
  Predicate when;
  Operand value;
};
struct CompiledSegment {
  const SegmentSpec* spec = nullptr;
  uint32_t object = 0;
  Predicate when;
};
struct CompiledLifecycle {
  const LifecycleSpec* spec = nullptr;
  uint32_t object = 0;
  std::vector<Predicate> starts, moves;  // as in the spec
  FieldSet fields;                       // the stage
  const StageSpec* stage(std::string_view id) const;
};
struct CompiledComputed {
  uint32_t object = 0, field = 0;
  Predicate is;
};
struct CompiledSla {
  const SlaPolicy* policy = nullptr;
  uint32_t object = 0;
  Predicate when, pause_when;
};
struct CompiledRoutingStep {
  Predicate when, team_of, languages, territory;
};
struct CompiledRouting {
  const Routing* routing = nullptr;
  std::vector<CompiledRoutingStep> steps;
  CompiledRoutingStep fallback;
};
struct CompiledApproval {
  const ApprovalSpec* spec = nullptr;
  uint32_t object = 0;
  std::vector<Predicate> levels;
};

// Something that follows from fields of one record.
struct Derivation {
  enum class Kind : uint8_t { kComputed, kScore, kSignal, kSegment, kLifecycle };
  Kind kind = Kind::kComputed;
  uint32_t number = 0;
  std::vector<uint32_t> reads, makes;  // fields of the object
  FieldSet read_set;                   // those of `reads`
};

// The rules that wait for one event, in the order of declaration.
struct RuleGroup {
  std::vector<uint32_t> rules;
  // Conditions that are told at once; null where there is none. A rule that waits for certain
  // fields to change is told by itself.
  std::unique_ptr<const expr::RuleSet> set;
  std::vector<uint32_t> conditions;  // by place among `rules`: its number in the set, or kAlone
  uint32_t number = 0;               // among the groups
  static constexpr uint32_t kAlone = ~0u;
};

struct ObjectPlan {
  std::vector<Derivation> derivations;     // what is read stands before what reads it
  std::vector<uint32_t> metrics, clocks;   // numbers
  std::vector<uint32_t> owners;            // objects that one may belong to
  std::string created, changed;            // derived events somebody waits for; empty: nobody
  std::vector<uint32_t> rollups_as_child;  // rollups over records of this object
  bool plain() const { return derivations.empty() && metrics.empty() && clocks.empty(); }
};

struct Definitions {
  std::string version;  // of all that is active, with overrides
  std::string zone_name = "UTC", currency = "USD";
  std::shared_ptr<const expr::Zone> zone;
  std::shared_ptr<const expr::Registry> registry;  // programs borrow it
  const expr::Zones* zones = nullptr;
  Vocabulary vocabulary;
  std::vector<std::shared_ptr<const PackSpec>> packs;
  std::shared_ptr<const learn::TextReader> reader;    // null: no pack declares words
  bool reads_said = false;                            // some expression does
  std::map<std::string, Json, std::less<>> settings;  // with overrides

  std::vector<CompiledMetric> metrics;
  std::vector<CompiledClock> clocks;
  std::vector<CompiledRollup> rollups;
  std::vector<CompiledComputed> computed;
  std::vector<CompiledScore> scores;
  std::vector<CompiledSignal> signals;
  std::vector<CompiledSegment> segments;
  std::vector<CompiledLifecycle> lifecycles;
  std::vector<CompiledApproval> approvals;
  SlaDefinitions sla;
  RoutingDefinitions routing;
  std::vector<CompiledSla> policies;  // as in `sla`
  std::vector<CompiledRouting> routings;
  std::vector<bool> objects_with_sla;
  bool has_sla(uint32_t object) const {
    return object < objects_with_sla.size() && objects_with_sla[object];
  }
  std::vector<Rule> rules;
  std::vector<ObjectPlan> plans;  // by object

  // By event type or derived event.
  template <class T>
  using ByName = std::map<std::string, T, std::less<>>;
  ByName<RuleGroup> rules_on;
  ByName<std::vector<uint32_t>> metrics_on;
  struct LineNumber {
    uint32_t score = 0, line = 0;
  };
  ByName<std::vector<LineNumber>> lines_on;
  // Whether anything follows from an event of that name.
  bool awaits(std::string_view name) const {
    return rules_on.contains(name) || lines_on.contains(name);
  }
  std::shared_ptr<ScratchPool> scratches = std::make_shared<ScratchPool>();

  const CompiledLifecycle* lifecycle(std::string_view id) const;
  const CompiledScore* score(std::string_view id) const;
  const ProgramSpec* program(std::string_view id) const;
  const CompiledApproval* approval(std::string_view id) const;
};

}  // namespace rapport::decide
