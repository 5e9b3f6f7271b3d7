// Actions on state machines: stages, programs, approvals, scores.
#include <algorithm>

#include "decide/actions.h"
#include "decide/approvals.h"
#include "decide/deriving.h"
#include "decide/programs.h"

namespace rapport::decide {

using model::RecordKey;

namespace {

ptrdiff_t place_of(const CompiledLifecycle& lifecycle, std::string_view stage) {
  const auto& stages = lifecycle.spec->stages;
  return std::find_if(stages.begin(), stages.end(),
                      [&](const StageSpec& one) { return one.id == stage; }) -
         stages.begin();
}

}  // namespace

void move_record(Acting& acting) {
  const Definitions& definitions = acting.definitions();
  const CompiledLifecycle* lifecycle = definitions.lifecycle(acting.act.text("lifecycle"));
  if (!lifecycle) lifecycle = definitions.lifecycle(acting.act.text("pipeline"));
  if (!lifecycle) return acting.skip("there is no such lifecycle");
  const auto key = acting.in_sight(lifecycle->spec->of);
  if (!key) return;
  const std::string to = acting.act.text("to");
  const std::string now(acting.record(*key)->fields.text(lifecycle->spec->field));
  const std::string until = acting.act.text("until");
  const StageSpec* stage = lifecycle->stage(now);
  if (acting.act.text("only") == "forward" && stage) {
    if (place_of(*lifecycle, to) <= place_of(*lifecycle, now))
      return acting.skip("it stands at " + now + " already, or past " + to);
    if (!until.empty() && place_of(*lifecycle, now) >= place_of(*lifecycle, until))
      return acting.skip("it stands at " + now + ": from there it is moved by people");
    if (stage->closed) return acting.skip("it is closed");
  }
  if (!acting.rounds.claim(*key, lifecycle->spec->field, acting.rule())) return;
  const auto moved =
      move_stage(acting.rounds, *lifecycle, *key, to, acting.act.text("reason"), acting.rule());
  if (!moved.ok()) acting.skip(moved.error().message);
}

void recompute_record(Acting& acting) {
  for (const auto& [path, value] : acting.act.arguments) {
    if (!value || !value->is_string()) continue;
    const auto key = acting.in_sight(path.substr(0, path.find('.')));
    if (key) acting.rounds.look_again(*key, value->as_string());
  }
}

void start_program(Acting& acting) {
  const std::string name = acting.act.text("program");
  const ProgramSpec* program = acting.definitions().program(name);
  if (!program) return acting.skip("there is no program '" + name + "'");
  if (const auto key = acting.in_sight(program->of))
    begin_program(acting.rounds, *program, *key, acting.firing.scene);
}

void complete_step(Acting& acting) {
  complete_steps(acting.rounds, acting.act.text("step"), acting.firing.scene);
}

void request_approval(Acting& acting) {
  const CompiledApproval* approval = acting.definitions().approval(acting.act.text("approval"));
  if (!approval) return acting.skip("there is no such approval");
  if (const auto key = acting.in_sight(approval->spec->of))
    ask_approval(acting.rounds, *approval, *key, acting.firing.scene);
}

}  // namespace rapport::decide
