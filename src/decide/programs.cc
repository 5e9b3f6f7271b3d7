#include "decide/programs.h"

#include <algorithm>

#include "decide/clocks.h"
#include "decide/contact_fields.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

RecordKey run_of(const Rounds& rounds, const ProgramSpec& program, const RecordKey& about) {
  return {std::string(model::kObject), rounds.id_for("run", {program.id, about.type, about.id})};
}

bool lists(const Json& fields, std::string_view field, std::string_view value) {
  const auto& all = values_of(fields, field);
  return std::find(all.begin(), all.end(), Json(value)) != all.end();
}

void append(Rounds& rounds, const RecordKey& key, std::string_view field, std::string_view value) {
  const Record* record = rounds.step().find(key.type, key.id);
  Json all = Json::array();
  for (const Json& one : values_of(record->fields, field)) all.push_back(one);
  all.push_back(value);
  rounds.write(key, field, all);
}

void tell(Rounds& rounds, const ProgramSpec& program, const Record& run, std::string_view what,
          Json trigger = Json::object()) {
  const std::string name = "program." + program.id + "." + std::string(what);
  const std::string about(run.fields.text("about"));
  const size_t slash = about.find('/');
  trigger.set("name", name);
  rounds.tell({name, {about.substr(0, slash), about.substr(slash + 1)}, std::move(trigger)});
}

void arm_stall(Rounds& rounds, const ProgramSpec& program, const RecordKey& run) {
  rounds.step().arm({rounds.now() + program.stalls_after, "stall/" + run.id, run, "stall"});
}

// CS-65: required steps alone count.
void show_progress(Rounds& rounds, const ProgramSpec& program, const RecordKey& key) {
  const Json fields = rounds.step().find(key.type, key.id)->fields;
  int64_t required = 0, done = 0;
  std::string next;
  for (const ProgramStep& step : program.steps) {
    const bool complete = lists(fields, "completed", step.id);
    if (!step.optional) {
      ++required;
      done += complete;
    }
    if (next.empty() && !complete) next = step.id;
  }
  const int64_t progress = required == 0 ? 100 : (200 * done + required) / (2 * required);
  rounds.write(key, "progress", progress);
  rounds.write(key, "current_step", next.empty() ? Json() : Json(next));
}

bool is_done(const ProgramSpec& program, const Json& run, std::string_view criterion) {
  const auto complete = [&](const ProgramStep& step) { return lists(run, "completed", step.id); };
  if (criterion == "all_required_steps_completed")
    return std::all_of(program.steps.begin(), program.steps.end(),
                       [&](const ProgramStep& step) { return step.optional || complete(step); });
  return std::any_of(program.steps.begin(), program.steps.end(), [&](const ProgramStep& step) {
    return step.done == criterion && complete(step);
  });
}

// The next milestone in the order of the program, with how much of it is done (CS-7).
void show_next_milestone(Rounds& rounds, const ProgramSpec& program, const Json& run,
                         const RecordKey& of) {
  const auto next =
      std::find_if(program.milestones.begin(), program.milestones.end(),
                   [&](const Milestone& one) { return !lists(run, "milestones", one.id); });
  Json name, on, criteria, progress;
  if (next != program.milestones.end()) {
    name = next->says.empty() ? next->id : next->says;
    criteria = Json::array();
    int64_t done = 0;
    for (const std::string& criterion : next->when) {
      criteria.push_back(criterion);
      done += is_done(program, run, criterion);
    }
    progress = static_cast<double>(done) / static_cast<double>(next->when.size());
    if (const auto start = parse_time(run.text("started_at")); start.ok()) {
      const int64_t day = local_day(*rounds.definitions().zone, *start) + next->day;
      on = format_time(Micros{day * days(1).value}).substr(0, 10);
    }
  }
  rounds.write(of, "next_milestone", name);
  rounds.write(of, "next_milestone_on", on);
  rounds.write(of, "next_milestone_criteria", criteria);
  rounds.write(of, "next_milestone_progress", progress);
}

// The run's figures are fields of the record it is about, too.
void show_on_record(Rounds& rounds, const ProgramSpec& program, const RecordKey& key) {
  const Json fields = rounds.step().find(key.type, key.id)->fields;
  const std::string about(fields.text("about"));
  const size_t slash = about.find('/');
  const RecordKey of{about.substr(0, slash), about.substr(slash + 1)};
  if (!rounds.step().find(of.type, of.id)) return;
  rounds.write(of, "program", fields.text("program"));
  rounds.write(of, "program_status", fields.text("status"));
  rounds.write(of, "program_progress", fields.integer("progress"));
  show_next_milestone(rounds, program, fields, of);
}

bool reached(const ProgramSpec& program, const Milestone& milestone, const Json& run) {
  return std::all_of(milestone.when.begin(), milestone.when.end(),
                     [&](const std::string& done) { return is_done(program, run, done); });
}

void reach_milestones(Rounds& rounds, const ProgramSpec& program, const RecordKey& key) {
  for (const Milestone& milestone : program.milestones) {
    const Record& run = *rounds.step().find(key.type, key.id);
    if (lists(run.fields, "milestones", milestone.id)) continue;
    if (!reached(program, milestone, run.fields)) continue;
    append(rounds, key, "milestones", milestone.id);
    Json trigger = Json::object();
    trigger.set("value", milestone.id).set("reason", milestone.celebrate);
    tell(rounds, program, *rounds.step().find(key.type, key.id), "milestone", std::move(trigger));
  }
}

void complete(Rounds& rounds, const ProgramSpec& program, const RecordKey& key,
              const ProgramStep& step) {
  append(rounds, key, "completed", step.id);
  rounds.write(key, "status", "in_progress");
  rounds.write(key, "last_progress_at", format_time(rounds.now()));
  show_progress(rounds, program, key);
  tell(rounds, program, *rounds.step().find(key.type, key.id), "step_completed",
       Json::object().set("value", step.id));
  reach_milestones(rounds, program, key);
  const Record& run = *rounds.step().find(key.type, key.id);
  const bool all = std::all_of(program.steps.begin(), program.steps.end(), [&](const auto& one) {
    return one.optional || lists(run.fields, "completed", one.id);
  });
  show_on_record(rounds, program, key);
  if (!all) return arm_stall(rounds, program, key);
  rounds.write(key, "status", "completed");
  rounds.write(key, "completed_at", format_time(rounds.now()));
  show_on_record(rounds, program, key);
  rounds.step().disarm("stall/" + key.id);
  tell(rounds, program, *rounds.step().find(key.type, key.id), "completed");
}

}  // namespace

void begin_program(Rounds& rounds, const ProgramSpec& program, const RecordKey& about,
                   const Scene& scene) {
  const RecordKey key = run_of(rounds, program, about);
  if (rounds.step().find(key.type, key.id)) return;
  rounds.make("program_run", key.id, scene);
  rounds.write(key, "program", program.id);
  rounds.write(key, "about", about.type + "/" + about.id);
  rounds.write(key, "status", "in_progress");
  rounds.write(key, "started_at", format_time(rounds.now()));
  show_progress(rounds, program, key);
  show_on_record(rounds, program, key);
  arm_stall(rounds, program, key);
  tell(rounds, program, *rounds.step().find(key.type, key.id), "started");
}

void complete_steps(Rounds& rounds, std::string_view criterion, const Scene& scene) {
  const Definitions& definitions = rounds.definitions();
  for (const auto& pack : definitions.packs) {
    for (const ProgramSpec& program : pack->programs) {
      const auto step = std::find_if(program.steps.begin(), program.steps.end(),
                                     [&](const auto& one) { return one.done == criterion; });
      const uint32_t object = definitions.vocabulary.find_object(program.of);
      if (step == program.steps.end() || object == Vocabulary::kNone || scene.id(object).empty())
        continue;
      const RecordKey key = run_of(rounds, program, key_of(definitions, object, scene.id(object)));
      const Record* run = rounds.step().find(key.type, key.id);
      if (!run || lists(run->fields, "completed", step->id)) continue;
      complete(rounds, program, key, *step);
    }
  }
}

void note_stall(Rounds& rounds, const RecordKey& key) {
  const Record* run = rounds.step().find(key.type, key.id);
  if (!run || run->fields.text("status") != "in_progress") return;
  const ProgramSpec* program = rounds.definitions().program(run->fields.text("program"));
  if (!program) return;
  rounds.write(key, "status", "stalled");
  show_on_record(rounds, *program, key);
  tell(rounds, *program, *rounds.step().find(key.type, key.id), "stalled");
}

}  // namespace rapport::decide
