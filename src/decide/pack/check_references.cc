#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "base/yaml_fields.h"
#include "decide/pack/action_table.h"
#include "decide/pack/findings_parts.h"
#include "decide/pack/template_names.h"
#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

class References {
 public:
  References(Findings& findings, const PackSpec& pack)
      : findings_(findings), names_(findings.names), pack_(pack) {}

  void check() {
    check_uses();
    check_objects();
    for (const RuleSpec& rule : pack_.rules) {
      expect_record(rule.once_per, rule.place);
      for (const std::string& event : rule.on) expect_event(event, rule.place);
    }
    for (const Metric& metric : pack_.metrics) {
      for (const std::string& event : metric.on) expect_event(event, place_of(pack_, metric));
    }
    for (const ScoreSpec& score : pack_.scores) {
      for (const PointsLine& line : score.points) {
        if (!line.standing) expect_record(line.once_per, line.place);
        for (const std::string& event : line.on) expect_event(event, line.place);
      }
    }
    each_action(pack_, [&](const ActionSpec& action, const Entry&) { check_action(action); });
    for (const WorkflowSpec& workflow : pack_.workflows) check_workflow(workflow);
    for (const ScheduleSpec& schedule : pack_.schedules) {
      expect_object(schedule.of, schedule.place);
      if (schedule.calendar != "office") expect_calendar(schedule.calendar, schedule.place);
    }
    for (const MessagingSpec& kind : pack_.messaging) expect_calendar(kind.hours, kind.place);
    for (const TemplateSpec& made : pack_.templates) check_template(made);
    for (const SurveySpec& survey : pack_.surveys) expect_object(survey.pause_of, survey.place);
  }

 private:
  void check_uses() {
    std::vector<std::string> packs;
    for (const PackSpec& pack : findings_.packs()) packs.push_back(pack.name);
    for (const std::string& used : pack_.uses) {
      if (std::find(packs.begin(), packs.end(), used) != packs.end()) continue;
      findings_.error("unknown-pack", pack_.place,
                      fmt::format("there is no pack '{}' to use{}", used, suggestion(used, packs)));
    }
  }

  void check_objects() {
    for (const ObjectSpec& object : pack_.objects) {
      for (const auto& owner : object.belongs_to) expect_object(owner.object, object.place);
    }
    for (const Metric& metric : pack_.metrics) {
      expect_object(metric.of, place_of(pack_, metric));
    }
    for (const ClockSpec& clock : pack_.clocks) expect_object(clock.of, clock.place);
    for (const RollupSpec& rollup : pack_.rollups) {
      expect_object(rollup.of, rollup.place);
      expect_object(rollup.from, rollup.place);
    }
    for (const ScoreSpec& score : pack_.scores) expect_object(score.of, score.place);
    for (const SignalSpec& signal : pack_.signals) expect_object(signal.of, signal.place);
    for (const SegmentSpec& segment : pack_.segments) expect_object(segment.of, segment.place);
    for (const LifecycleSpec& cycle : pack_.lifecycles) expect_object(cycle.of, cycle.place);
    for (const ApprovalSpec& approval : pack_.approvals) expect_object(approval.of, approval.place);
    for (const ProgramSpec& program : pack_.programs) expect_object(program.of, program.place);
  }

  void check_workflow(const WorkflowSpec& workflow) {
    const auto expect_trigger = [&](const TriggerSpec& trigger) {
      for (const std::string& event : trigger.on) expect_event(event, trigger.place);
    };
    const auto expect_spans = [&](const std::vector<EscalationSpec>& steps) {
      for (const EscalationSpec& step : steps) expect_span(step.after, step.place);
    };
    expect_object(workflow.of, workflow.place);
    for (const TriggerSpec& start : workflow.starts) expect_trigger(start);
    if (workflow.goal) expect_trigger(*workflow.goal);
    for (const TriggerSpec& exit : workflow.exits) expect_trigger(exit);
    expect_spans(workflow.escalate);
    each_step(workflow.steps, [&](const StepSpec& step) {
      for (const std::string& event : step.wait.on) expect_event(event, step.place);
      for (const std::string* span :
           {&step.after, &step.wait.span, &step.wait.at_most, &step.ask.at_most}) {
        expect_span(*span, step.place);
      }
      expect_calendar(step.put_off.calendar, step.place);
      expect_calendar(step.wait.put_off.calendar, step.place);
      expect_spans(step.ask.escalate);
      expect_object(step.about, step.place);
      expect_carried("workflows", "workflow", step.workflow, step.place);
    });
  }

  void check_template(const TemplateSpec& made) {
    for (const TemplateName& used : outer_names(made)) expect_shared(made, used);
    if (made.kind != "service") expect("messaging", "kind", made.kind, made.place);
    expect("surveys", "survey", made.survey, made.place);
    const auto expect_receiver = [&](const ReceiverSpec& receiver) {
      if (!receiver.who.literal.is_string()) return;
      const std::string who(receiver.who.literal.as_string());
      if (receiver.by == "owner_of") expect_object(who, receiver.who.place);
      if (receiver.by == "team") expect_elsewhere("teams", "team", who, receiver.who.place);
    };
    expect_receiver(made.from);
    expect_receiver(made.reply_to);
    for (const ReceiverSpec& receiver : made.cc) expect_receiver(receiver);
    for (const AttachmentSpec& attachment : made.attachments) {
      expect("templates", "template", attachment.document, attachment.place);
    }
  }

  // A variable of another pack, which is then to be named under `uses`.
  void expect_shared(const TemplateSpec& made, const TemplateName& used) {
    const bool own = std::any_of(made.variables.begin(), made.variables.end(),
                                 [&](const VariableSpec& one) { return one.id == used.name; });
    const auto& shared = names_.sections["variables"];
    const auto found = shared.find(used.name);
    if (!own && found != shared.end()) expect_used(found->second.pack, used.name, used.place);
  }

  void expect_calendar(const std::string& id, const Place& place) {
    expect_elsewhere("calendars", "calendar", id, place);
  }
  void expect_span(const std::string& span, const Place& place) {
    expect_calendar(std::string(calendar_of_span(span)), place);
  }

  // What another system may carry out as well: only a warning where neither this pack nor one it
  // uses declares any, unless the name is almost one that is declared.
  void expect_carried(std::string_view section, std::string_view noun, const std::string& id,
                      const Place& place) {
    const auto& known = names_.sections[std::string(section)];
    const bool declares = std::any_of(known.begin(), known.end(), [&](const auto& one) {
      const std::string& pack = one.second.pack;
      return pack == pack_.name ||
             std::find(pack_.uses.begin(), pack_.uses.end(), pack) != pack_.uses.end();
    });
    if (id.empty() || declares || known.count(id) != 0 || !suggestion(id, keys_of(known)).empty()) {
      return expect(section, noun, id, place);
    }
    findings_.warning(
        fmt::format("unknown-{}", noun), place,
        fmt::format("'{}' is listed and not carried out, as no pack declares this {}: "
                    "declare it under '{}', or leave it to another system",
                    id, noun, section));
  }

  // Whether what pack `owner` declares may be named here; refused otherwise.
  void expect_used(const std::string& owner, std::string_view name, const Place& place) {
    if (owner.empty() || owner == pack_.name) return;
    if (std::find(pack_.uses.begin(), pack_.uses.end(), owner) != pack_.uses.end()) return;
    findings_.error(
        "unused-pack", place,
        fmt::format("'{}' is declared by pack '{}'; name that under 'uses' in pack.yaml", name,
                    owner));
  }

  void expect(std::string_view section, std::string_view noun, const std::string& id,
              const Place& place) {
    if (id.empty()) return;
    const auto& known = names_.sections[std::string(section)];
    const auto found = known.find(id);
    if (found != known.end()) return expect_used(found->second.pack, id, place);
    findings_.error(fmt::format("unknown-{}", noun), place,
                    fmt::format("there is no {} '{}'{}", noun, id, suggestion(id, keys_of(known))));
  }

  void expect_object(const std::string& object, const Place& place) {
    expect("objects", "object", object, place);
  }

  void expect_record(const std::string& record, const Place& place) {
    if (record != "event" && record != "record") expect_object(record, place);
  }

  void expect_elsewhere(std::string_view section, std::string_view noun, const std::string& id,
                        const Place& place) {
    const auto known = findings_.elsewhere().ids.find(std::string(section));
    if (id.empty() || known == findings_.elsewhere().ids.end()) return;
    const auto found = known->second.find(id);
    if (found != known->second.end()) return expect_used(found->second, id, place);
    findings_.error(
        fmt::format("unknown-{}", noun), place,
        fmt::format("there is no {} '{}'{}", noun, id, suggestion(id, keys_of(known->second))));
  }

  void expect_event(const std::string& event, const Place& place) {
    const auto found = names_.events.find(event);
    if (found != names_.events.end()) return expect_used(found->second, event, place);
    const std::vector<std::string_view> parts = split(event, '.');
    if (parts[0] == "sla" && parts.size() == 3) return expect_sla(parts, event, place);
    if (event == "approval.decided") return;  // comes from outside
    const std::string near = suggestion(event, keys_of(names_.events));
    if (Names::is_reserved(parts[0]) && parts.size() > 1) {
      findings_.error("unknown-event", place,
                      fmt::format("nothing makes the event '{}'{}", event, near));
    } else if (!near.empty()) {
      findings_.warning("outside-event", place,
                        fmt::format("'{}' is taken for an event from outside{}", event, near));
    }
  }

  void expect_sla(const std::vector<std::string_view>& parts, const std::string& event,
                  const Place& place) {
    expect_elsewhere("sla", "service level", std::string(parts[1]), place);
    const std::vector<std::string> ends = {"warned", "breached", "met"};
    if (std::find(ends.begin(), ends.end(), parts[2]) != ends.end()) return;
    findings_.error(
        "unknown-event", place,
        fmt::format("nothing makes the event '{}'{}", event, suggestion(parts[2], ends)));
  }

  void check_action(const ActionSpec& action) {
    for (const ActionForm& form : action_forms()) {
      if (form.name == action.kind) check_objects_of(form, action);
    }
    const Place& at = action.place;
    expect("programs", "program", action.text("program"), at);
    expect("approvals", "approval", action.text("approval"), at);
    expect("lifecycles", "lifecycle", action.text("lifecycle"), at);
    expect_carried("workflows", "workflow", action.text("workflow"), at);
    // A text of its own needs no template; the name then only says what it is.
    if (action.find("text") == nullptr) {
      expect_carried("templates", "template", action.text("template"), at);
    }
    expect_elsewhere("sla", "service level", action.text("policy"), at);
    expect_elsewhere("teams", "team", action.text("to.team"), at);
    if (action.kind == "move") check_stage(action);
    if (action.kind == "complete_step") check_step(action);
    if (action.kind == "recompute") check_recompute(action);
    if (action.kind != "assign" && action.kind != "escalate") return;
    for (const auto& [path, value] : action.arguments) {
      if (path.ends_with(".team")) expect_elsewhere("teams", "team", action.text(path), at);
      if (path.ends_with(".route")) expect_elsewhere("routing", "routing", action.text(path), at);
    }
  }

  // The objects that an action names by the form of its arguments.
  void check_objects_of(const ActionForm& form, const ActionSpec& action) {
    if (form.shape != ActionShape::kArguments) {
      for (const auto& [path, value] : action.arguments) {
        expect_object(path.substr(0, path.find('.')), value.place);
        if (path.ends_with(".owner_of")) expect_object(action.text(path), value.place);
      }
      return;
    }
    for (const ArgumentForm& argument : form.arguments) {
      const std::string name(argument.name);
      if (argument.kind == ArgumentKind::kObject) expect_object(action.text(name), action.place);
      if (argument.kind == ArgumentKind::kReceiver) {
        expect_object(action.text(name + ".owner_of"), action.place);
      }
      if (argument.kind != ArgumentKind::kReferring) continue;
      for (const auto& [object, value] : action.under(name)) expect_object(object, value->place);
    }
  }

  void check_stage(const ActionSpec& action) {
    const std::string id = action.text("lifecycle");
    for (const PackSpec& pack : findings_.packs()) {
      for (const LifecycleSpec& lifecycle : pack.lifecycles) {
        if (lifecycle.id == id) expect_among(lifecycle.stages, "stage", action, "to", id);
      }
    }
  }

  void check_step(const ActionSpec& action) {
    const std::string id = action.text("program");
    for (const PackSpec& pack : findings_.packs()) {
      for (const ProgramSpec& program : pack.programs) {
        if (program.id == id) expect_among(program.steps, "step", action, "step", id);
      }
    }
  }

  template <class E>
  void expect_among(const std::vector<E>& entries, std::string_view noun, const ActionSpec& action,
                    std::string_view argument, std::string_view owner) {
    const std::string name = action.text(argument);
    std::vector<std::string> known;
    for (const E& entry : entries) known.push_back(entry.id);
    if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
    findings_.error(
        fmt::format("unknown-{}", noun), action.place,
        fmt::format("'{}' has no {} '{}'{}", owner, noun, name, suggestion(name, known)));
  }

  // A field that is declared: of what was built in nothing is computed.
  void check_recompute(const ActionSpec& action) {
    for (const auto& [path, value] : action.arguments) {
      const std::string object = path.substr(0, path.find('.'));
      const std::string field = action.text(path);
      const auto& known = names_.fields[object];
      if (known.count(field) != 0) continue;
      findings_.error("unknown-score", value.place,
                      fmt::format("{} has no '{}' that could be computed{}", object, field,
                                  suggestion(field, keys_of(known))));
    }
  }

  Findings& findings_;
  Names& names_;
  const PackSpec& pack_;
};

}  // namespace

void check_references(Findings& findings) {
  for (const PackSpec& pack : findings.packs()) References(findings, pack).check();
}

}  // namespace rapport::decide
