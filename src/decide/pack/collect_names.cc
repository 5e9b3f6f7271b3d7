#include <fmt/core.h>

#include <array>

#include "base/yaml_fields.h"
#include "decide/pack/findings_parts.h"
#include "decide/pack/sections.h"
#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

// Records that the engine itself makes.
constexpr std::array<std::string_view, 6> kMadeByEngine = {"signal", "alert",    "program_run",
                                                           "run",    "delivery", "document"};
constexpr const char* kDeliveryEvents[] = {"held",   "refused",   "withdrawn", "dropped",
                                           "sent",   "delivered", "bounced",   "complained",
                                           "opened", "clicked",   "answered",  "unsubscribed"};

class Collector {
 public:
  explicit Collector(Findings& findings) : findings_(findings), names_(findings.names) {}

  void collect() {
    auto& objects = names_.sections["objects"];
    for (const std::string_view name : builtin_objects()) objects[std::string(name)];
    for (const std::string_view name : kMadeByEngine) objects[std::string(name)];
    for (const PackSpec& pack : findings_.packs()) collect_own_objects(pack);
    for (const PackSpec& pack : findings_.packs()) {
      collect_extended(pack);
      collect_fields(pack);
      collect_others(pack);
      collect_flows(pack);
    }
    for (const char* what : kDeliveryEvents) add_event(std::string("delivery.") + what, "");
    for (const auto& [name, object] : objects) {
      add_event(name + ".created", object.pack);
      add_event(name + ".changed", object.pack);
    }
  }

 private:
  void add(std::string_view section, const Entry& entry, const std::string& of) {
    auto [at, fresh] = names_.sections[std::string(section)].emplace(
        entry.id, Names::Declared{entry.pack, entry.place, of});
    if (fresh) return;
    findings_.error("doubled-id", entry.place,
                    fmt::format("'{}' is already declared at {}; give one of them another id",
                                entry.id, to_text(at->second.place)));
  }

  void add_field(const Entry& entry, const std::string& object, const std::string& field) {
    auto [at, fresh] =
        names_.fields[object].emplace(field, Names::Declared{entry.pack, entry.place, object});
    if (fresh) return;
    findings_.error("doubled-field", entry.place,
                    fmt::format("{}.{} is already made at {}; give one of them another name",
                                object, field, to_text(at->second.place)));
  }

  void add_event(std::string name, const std::string& pack) {
    names_.events.emplace(std::move(name), pack);
  }

  void collect_own_objects(const PackSpec& pack) {
    for (const ObjectSpec& object : pack.objects) {
      if (!object.prefix.empty()) add("objects", object, "");
    }
  }

  void collect_extended(const PackSpec& pack) {
    for (const ObjectSpec& object : pack.objects) {
      if (names_.sections["objects"].count(object.id) != 0) continue;
      std::vector<std::string> known;
      for (const auto& [name, declared] : names_.sections["objects"]) known.push_back(name);
      findings_.error("unknown-object", object.place,
                      fmt::format("there is no object '{}'{}; an object of your own needs 'prefix'",
                                  object.id, suggestion(object.id, known)));
    }
  }

  void collect_fields(const PackSpec& pack) {
    for (const ObjectSpec& object : pack.objects) {
      for (const FieldSpec& field : object.fields) add_field(field, object.id, field.id);
    }
    for (const Metric& metric : pack.metrics) {
      Entry entry;
      entry.id = metric.name;
      entry.pack = pack.name;
      entry.place = place_of(pack, metric);
      add_field(entry, metric.of, metric.name);
      add("metrics", entry, metric.of);
    }
    for (const ClockSpec& clock : pack.clocks) add_field(clock, clock.of, clock.id);
    for (const RollupSpec& rollup : pack.rollups) add_field(rollup, rollup.of, rollup.id);
    for (const ScoreSpec& score : pack.scores) {
      for (const char* part : {"", "_band", "_previous", "_peak", "_trend"}) {
        add_field(score, score.of, score.id + part);
      }
    }
  }

  void collect_others(const PackSpec& pack) {
    for (const SettingSpec& setting : pack.settings) add("settings", setting, "");
    for (const ClockSpec& clock : pack.clocks) add("clocks", clock, clock.of);
    for (const RollupSpec& rollup : pack.rollups) add("rollups", rollup, rollup.of);
    for (const ScoreSpec& score : pack.scores) collect_score(score);
    for (const SignalSpec& signal : pack.signals) collect_signal(signal);
    for (const SegmentSpec& segment : pack.segments) {
      add("segments", segment, segment.of);
      add_event("segment." + segment.id + ".entered", segment.pack);
      add_event("segment." + segment.id + ".left", segment.pack);
    }
    for (const LifecycleSpec& lifecycle : pack.lifecycles) collect_lifecycle(lifecycle);
    for (const RuleSpec& rule : pack.rules) add("rules", rule, "");
    for (const ApprovalSpec& approval : pack.approvals) {
      add("approvals", approval, approval.of);
      for (const char* what : {".requested", ".approved", ".rejected"}) {
        add_event("approval." + approval.id + what, approval.pack);
      }
    }
    for (const ProgramSpec& program : pack.programs) {
      add("programs", program, program.of);
      for (const char* what : {".started", ".stalled", ".completed", ".milestone"}) {
        add_event("program." + program.id + what, program.pack);
      }
    }
  }

  void collect_flows(const PackSpec& pack) {
    for (const WorkflowSpec& workflow : pack.workflows) {
      add("workflows", workflow, workflow.of);
      for (const char* what : {".started", ".finished", ".reached", ".exited"}) {
        add_event("workflow." + workflow.id + what, workflow.pack);
      }
    }
    for (const ScheduleSpec& schedule : pack.schedules) {
      add("schedules", schedule, schedule.of);
      add_event("schedule." + schedule.id, schedule.pack);
    }
    for (const TemplateSpec& made : pack.templates) add("templates", made, "");
    for (const VariableSpec& variable : pack.variables) add("variables", variable, "");
    for (const MessagingSpec& kind : pack.messaging) add("messaging", kind, "");
    for (const SurveySpec& survey : pack.surveys) {
      add("surveys", survey, "");
      add_event(survey.answer, "");  // may come from outside too
      add_event("survey.sent", "");
    }
  }

  void collect_score(const ScoreSpec& score) {
    add("scores", score, score.of);
    add_event("score." + score.id + ".changed", score.pack);
    for (const Band& band : score.bands) {
      add_event("score." + score.id + "." + band.name + ".entered", score.pack);
    }
  }

  void collect_signal(const SignalSpec& signal) {
    add("signals", signal, signal.of);
    add_event(signal.id, signal.pack);
    add_event(signal.id + ".cleared", signal.pack);
    for (const std::string& also : signal.also) {
      add_event(also, signal.pack);
      add_event(also + ".cleared", signal.pack);
    }
  }

  void collect_lifecycle(const LifecycleSpec& lifecycle) {
    add("lifecycles", lifecycle, lifecycle.of);
    for (const StageSpec& stage : lifecycle.stages) {
      add_event("stage." + lifecycle.id + "." + stage.id + ".entered", lifecycle.pack);
      add_event("stage." + lifecycle.id + "." + stage.id + ".left", lifecycle.pack);
    }
  }

  Findings& findings_;
  Names& names_;
};

}  // namespace

bool Names::is_reserved(std::string_view first_word) {
  return first_word == "segment" || first_word == "score" || first_word == "stage" ||
         first_word == "approval" || first_word == "program" || first_word == "sla" ||
         first_word == "workflow" || first_word == "schedule" || first_word == "delivery";
}

void collect_names(Findings& findings) {
  Collector(findings).collect();
}

}  // namespace rapport::decide
