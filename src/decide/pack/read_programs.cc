#include <fmt/core.h>

#include <algorithm>

#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

void read_resources(ProgramStep& step, const YamlNode& list, PackFile& file) {
  if (list.kind != YamlNode::Kind::kList) {
    file.refuse(list, "'resources' must be a list of mappings");
    return;
  }
  for (const YamlNode& item : list.items) {
    YamlFields fields(item, "a resource", file.document());
    fields.text("type");
    fields.text("title");
    fields.text_or("url", "");
    fields.integer("minutes", 0, 100'000, 0);
    fields.finish();
  }
  step.resources = list.to_json();
}

void read_step(ProgramStep& step, YamlFields& fields, PackFile& file) {
  constexpr std::string_view kTypes[] = {"action", "learning", "meeting", "integration"};
  step.minutes = fields.integer("minutes", 0, 100'000, 0);
  step.type = kTypes[fields.choice("type", kTypes, 0)];
  step.optional = fields.flag("optional", false);
  if (fields.require("done") != nullptr) {
    const std::vector<std::string> done = file.events(fields, "done");
    if (done.size() > 1) file.refuse(*fields.take("done"), "'done' must be one event");
    if (!done.empty()) step.done = done.front();
  }
  if (const YamlNode* list = fields.take("resources")) read_resources(step, *list, file);
}

void read_milestone(Milestone& milestone, YamlFields& fields, const ProgramSpec& program,
                    PackFile& file) {
  fields.require("day");
  milestone.day = fields.integer("day", 0, program.days, 0);
  milestone.when = file.events(fields, "when");
  milestone.celebrate = fields.text_or("celebrate", "");
  const YamlNode* when = fields.require("when");
  std::vector<std::string> known;
  for (const ProgramStep& step : program.steps) known.push_back(step.done);
  known.emplace_back("all_required_steps_completed");
  for (const std::string& criterion : milestone.when) {
    if (std::find(known.begin(), known.end(), criterion) != known.end()) continue;
    file.refuse(*when, fmt::format("no step of '{}' is done by '{}'{}", program.id, criterion,
                                   suggestion(criterion, known)));
  }
}

void check_doubled(const ProgramSpec& program, const YamlNode& steps, PackFile& file) {
  for (size_t i = 0; i < program.steps.size(); i++) {
    for (size_t k = 0; k < i; k++) {
      const ProgramStep& step = program.steps[i];
      if (step.done.empty() || step.done != program.steps[k].done) continue;
      file.refuse(*steps.find(step.id), fmt::format("'{}' is done by '{}', as '{}' already is",
                                                    step.id, step.done, program.steps[k].id));
    }
  }
}

void read_program(ProgramSpec& program, YamlFields& fields, const YamlNode& node, PackFile& file) {
  program.of = file.id(fields, "of", IdForm::kName);
  fields.require("days");
  program.days = fields.integer("days", 1, 3650, 3650);
  if (fields.take("stalls_after") != nullptr) {
    program.stalls_after = file.span(fields, "stalls_after");
  }
  const YamlNode* steps = fields.take("steps");
  if (steps == nullptr || steps->members.empty()) {
    file.refuse(node, fmt::format("program '{}' needs 'steps'", program.id));
  } else {
    file.entries(*steps, "step", IdForm::kId, program.steps,
                 [&](ProgramStep& step, YamlFields& inner, const YamlNode&) {
                   read_step(step, inner, file);
                 });
    check_doubled(program, *steps, file);
  }
  if (const YamlNode* milestones = fields.take("milestones")) {
    file.entries(*milestones, "milestone", IdForm::kId, program.milestones,
                 [&](Milestone& milestone, YamlFields& inner, const YamlNode&) {
                   read_milestone(milestone, inner, program, file);
                 });
  }
}

}  // namespace

void read_programs(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "program", IdForm::kId, pack.programs,
               [&](ProgramSpec& program, YamlFields& fields, const YamlNode& node) {
                 read_program(program, fields, node, file);
               });
}

}  // namespace rapport::decide
