// workflows and schedules.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "decide/pack/read_steps.h"
#include "decide/pack/read_timing.h"
#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

using Kind = YamlNode::Kind;

void read_start(WorkflowSpec& workflow, const YamlNode& node, PackFile& file) {
  YamlFields fields(node, "'starts'", file.document());
  if (node.kind != Kind::kMap) return;
  if (fields.take("on") == nullptr) {
    file.refuse(node,
                "'starts' needs 'on': for a condition declare a signal or a segment, and "
                "name the event it makes");
  }
  TriggerSpec start;
  start.place = file.place(node);
  start.on = file.events(fields, "on");
  start.when = file.condition(fields, "when");
  fields.finish();
  workflow.starts.push_back(std::move(start));
}

void read_reentry(WorkflowSpec& workflow, YamlFields& fields, PackFile& file) {
  const YamlNode* node = fields.take("reentry");
  if (node == nullptr) return;
  if (node->kind == Kind::kMap) {
    YamlFields inner(*node, "'reentry'", file.document());
    inner.require("once_in");
    workflow.reentry = Reentry::kOnceIn;
    workflow.once_in = file.span(inner, "once_in");
    return inner.finish();
  }
  if (node->text == "never") {
    workflow.reentry = Reentry::kNever;
  } else if (node->text != "always") {
    file.refuse(*node, fmt::format("'reentry' must be always, never or {{once_in: 90d}}{}",
                                   suggestion(node->text, {"always", "never"})));
  }
}

void read_goal(WorkflowSpec& workflow, YamlFields& fields, PackFile& file) {
  const YamlNode* node = fields.take("goal");
  if (node == nullptr) return;
  YamlFields inner(*node, "'goal'", file.document());
  if (node->kind != Kind::kMap) return;
  workflow.goal = read_trigger(inner, *node, "'goal'", file);
  if (inner.take("within") != nullptr) workflow.goal_within = file.span(inner, "within");
  inner.finish();
}

void read_exits(WorkflowSpec& workflow, YamlFields& fields, PackFile& file) {
  const YamlNode* exits = fields.take("exits");
  if (exits == nullptr) return;
  file.entries(*exits, "exit", IdForm::kId, workflow.exits,
               [&](TriggerSpec& exit, YamlFields& inner, const YamlNode& node) {
                 TriggerSpec read =
                     read_trigger(inner, node, fmt::format("exit '{}'", exit.id), file);
                 exit.on = std::move(read.on);
                 exit.when = std::move(read.when);
               });
}

void read_migrate(WorkflowSpec& workflow, YamlFields& fields, PackFile& file) {
  const YamlNode* moves = fields.take("migrate");
  if (moves == nullptr) return;
  workflow.migrates = true;
  if (moves->kind != Kind::kMap) {
    file.refuse(*moves,
                "'migrate' must be a mapping from steps that are no more to steps that "
                "are; {} when there are none");
    return;
  }
  for (const auto& [from, to] : moves->members) {
    if (!file.check_id(from, from.text, IdForm::kName)) continue;
    if (!file.check_id(to, to.text, IdForm::kName)) continue;
    workflow.moves.push_back({from.text, to.text, file.place(from), file.place(to)});
  }
}

void read_workflow(WorkflowSpec& workflow, YamlFields& fields, const YamlNode& node,
                   PackFile& file) {
  workflow.of = file.id(fields, "of", IdForm::kName);
  if (const YamlNode* starts = fields.take("starts")) {
    each_item(*starts, [&](const YamlNode& item) { read_start(workflow, item, file); });
  }
  read_reentry(workflow, fields, file);
  workflow.hold_out = file.number(fields, "hold_out", 0.01, 50).value_or(0);
  read_goal(workflow, fields, file);
  if (workflow.hold_out > 0 && fields.take("goal") == nullptr) {
    file.refuse(*fields.take("hold_out"),
                "'hold_out' needs a 'goal': without one there is nothing to compare");
  }
  read_exits(workflow, fields, file);
  if (const YamlNode* list = fields.take("escalate")) {
    workflow.escalate = read_escalations(*list, file);
  }
  read_migrate(workflow, fields, file);
  const YamlNode* steps = fields.take("steps");
  if (steps == nullptr) {
    file.refuse(node, fmt::format("workflow '{}' needs 'steps'", workflow.id));
  } else {
    workflow.steps = read_steps(*steps, file);
  }
}

constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed",
                                                       "thu", "fri", "sat"};

void read_weekday(ScheduleSpec& schedule, const YamlNode& on, PackFile& file) {
  const auto found = std::find(kWeekdays.begin(), kWeekdays.end(), on.text);
  if (found != kWeekdays.end()) {
    schedule.day = static_cast<int>(found - kWeekdays.begin());
    return;
  }
  file.refuse(on, fmt::format("'on' must be one of mon, tue, wed, thu, fri, sat, sun{}",
                              suggestion(on.text, {kWeekdays.begin(), kWeekdays.end()})));
}

void read_day(ScheduleSpec& schedule, const YamlNode& on, PackFile& file) {
  const std::vector<std::string> words = {"last day", "first business day", "last business day"};
  const auto found = std::find(words.begin(), words.end(), on.text);
  if (found != words.end()) {
    schedule.day_rule = static_cast<DayRule>(1 + (found - words.begin()));
    return;
  }
  int day = 0;
  const char* end = on.text.data() + on.text.size();
  const auto [stop, error] = std::from_chars(on.text.data(), end, day);
  if (error == std::errc() && stop == end && day >= 1 && day <= 28) {
    schedule.day = day;
    return;
  }
  file.refuse(on, fmt::format("'on' must be a day from 1 to 28, last day, first business day or "
                              "last business day{}",
                              suggestion(on.text, words)));
}

void read_schedule(ScheduleSpec& schedule, YamlFields& fields, const YamlNode& node,
                   PackFile& file) {
  schedule.of = file.id_or(fields, "of", "", IdForm::kName);
  schedule.when = file.condition(fields, "when");
  if (const YamlNode* when = fields.take("when"); when != nullptr && schedule.of.empty()) {
    file.refuse(*when, "'when' is asked of records; say of which object with 'of'");
  }
  fields.require("every");
  schedule.every =
      static_cast<Every>(fields.choice("every", {"day", "week", "month", "quarter"}, 0));
  const YamlNode* on = fields.take("on");
  if (schedule.every == Every::kDay) {
    if (on != nullptr) file.refuse(*on, "'on' does not go with every day; leave it out");
  } else if (on == nullptr) {
    file.refuse(node, fmt::format("schedule '{}' needs 'on', the day", schedule.id));
  } else if (schedule.every == Every::kWeek) {
    read_weekday(schedule, *on, file);
  } else {
    read_day(schedule, *on, file);
  }
  schedule.calendar = file.id_or(fields, "calendar", "office");
  const bool business =
      schedule.day_rule == DayRule::kFirstBusiness || schedule.day_rule == DayRule::kLastBusiness;
  if (const YamlNode* calendar = fields.take("calendar"); calendar != nullptr && !business) {
    file.refuse(*calendar, "'calendar' goes with 'on: first business day' or 'last business day'");
  }
  fields.require("at");
  schedule.at = read_time_of_day(fields, "at", file).value_or(TimeOfDay{});
}

}  // namespace

void read_workflows(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "workflow", IdForm::kId, pack.workflows,
               [&](WorkflowSpec& workflow, YamlFields& fields, const YamlNode& node) {
                 read_workflow(workflow, fields, node, file);
               });
}

void read_schedules(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "schedule", IdForm::kId, pack.schedules,
               [&](ScheduleSpec& schedule, YamlFields& fields, const YamlNode& node) {
                 read_schedule(schedule, fields, node, file);
               });
}

}  // namespace rapport::decide
