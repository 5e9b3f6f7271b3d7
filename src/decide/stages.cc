// Lifecycles and pipelines: state machines over the stage of a record.
#include <fmt/format.h>

#include <algorithm>

#include "decide/deriving.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

constexpr size_t kMostMoves = 100;  // of a record's history

std::string stage_of(Rounds& rounds, const RecordKey& key, const LifecycleSpec& spec) {
  const Record* record = rounds.step().find(key.type, key.id);
  return record ? std::string(record->fields.text(spec.field)) : std::string();
}

const Json* kept_of(const Rounds& rounds, const RecordKey& key, std::string_view lifecycle) {
  const Json* side = rounds.derived_now(key);
  const Json* all = side ? side->find("stages") : nullptr;
  return all ? all->find(lifecycle) : nullptr;
}

struct Change {
  std::string from, to, reason, by;
  bool silent = false;
};

// The probability of the stage after it; its own where none follows that is likelier.
double next_probability(const LifecycleSpec& pipeline, const StageSpec& stage) {
  const double own = *stage.probability;
  const auto after = pipeline.stages.begin() + (&stage - pipeline.stages.data()) + 1;
  if (after == pipeline.stages.end()) return own;
  return std::max(own, after->probability.value_or(own));
}

void show_stage(Rounds& rounds, const RecordKey& key, const CompiledLifecycle& lifecycle,
                const Change& change) {
  const std::string& field = lifecycle.spec->field;
  const StageSpec* stage = lifecycle.stage(change.to);
  rounds.write(key, field, change.to);
  rounds.write(key, field + "_since", format_time(rounds.now()));
  rounds.write(key, field + "_overdue", Json());
  rounds.write(key, field + "_reason", change.reason.empty() ? Json() : Json(change.reason));
  if (!lifecycle.spec->pipeline || !stage) return;
  if (stage->probability) {
    rounds.write(key, field + "_probability", *stage->probability);
    rounds.write(key, field + "_next_probability", next_probability(*lifecycle.spec, *stage));
  }
  if (stage->typical.value > 0)
    rounds.write(key, field + "_typical_days",
                 static_cast<double>(stage->typical.value) / static_cast<double>(days(1).value));
}

void enter(Rounds& rounds, const RecordKey& key, const CompiledLifecycle& lifecycle,
           const Change& change) {
  const std::string& id = lifecycle.spec->id;
  show_stage(rounds, key, lifecycle, change);
  Json& side = rounds.derived(key);
  if (!side.find("stages")) side.set("stages", Json::object());
  Json& all = *side.edit("stages");
  if (!all.find(id)) all.set(id, Json::object());
  Json& kept = *all.edit(id);
  kept.set("stage", change.to).set("since", rounds.now().value);
  if (!kept.find("history")) kept.set("history", Json::array());
  auto& history = kept.edit("history")->edit_array();
  Json row = Json::object();
  row.set("to", change.to).set("at", format_time(rounds.now()));
  if (!change.from.empty()) row.set("from", change.from);
  if (!change.reason.empty()) row.set("reason", change.reason);
  row.set("by", change.by).set("event", rounds.step().event().sequence.value);
  history.push_back(std::move(row));
  if (history.size() > kMostMoves) history.erase(history.begin());
  if (change.silent) return;
  Json trigger = Json::object();
  trigger.set("from", change.from.empty() ? Json() : Json(change.from)).set("to", change.to);
  trigger.set("reason", change.reason);
  const auto tell = [&](const std::string& stage, std::string_view verb) {
    std::string name = fmt::format("stage.{}.{}.{}", id, stage, verb);
    Json told = trigger;
    told.set("name", name);
    rounds.tell({std::move(name), key, std::move(told)});
  };
  if (!change.from.empty()) tell(change.from, "left");
  tell(change.to, "entered");
}

bool leads_from(const MoveSpec& move, std::string_view stage) {
  const auto has = [&](const std::vector<std::string>& all) {
    return std::find(all.begin(), all.end(), stage) != all.end();
  };
  return move.to != stage && !has(move.not_from) && (move.from.empty() || has(move.from));
}

void watch_window(Deriving& deriving, const CompiledLifecycle& lifecycle, const Json& kept) {
  const StageSpec* stage = lifecycle.stage(kept.text("stage"));
  if (!stage || stage->window.value == 0) return;
  if (deriving.now().value - kept.integer("since") > stage->window.value)
    deriving.set(lifecycle.spec->field + "_overdue", true);
}

}  // namespace

void derive_lifecycle(Deriving& deriving, const CompiledLifecycle& lifecycle) {
  Rounds& rounds = deriving.rounds();
  const RecordKey& key = deriving.key();
  const LifecycleSpec& spec = *lifecycle.spec;
  const std::string stage = stage_of(rounds, key, spec);
  const Json* kept = kept_of(rounds, key, spec.id);
  const std::string noted = kept ? std::string(kept->text("stage")) : std::string();
  if (stage != noted && !stage.empty()) {  // somebody else has set it
    const bool silent = !kept && rounds.was_there_before(key, spec.pack);
    return enter(rounds, key, lifecycle, {noted, stage, "", "given", silent});
  }
  Evaluation& evaluation = deriving.evaluation();
  if (stage.empty()) {
    for (size_t i = 0; i < lifecycle.starts.size(); ++i) {
      if (!evaluation.holds(lifecycle.starts[i])) continue;
      const bool silent = rounds.was_there_before(key, spec.pack);
      return enter(rounds, key, lifecycle, {"", spec.starts[i].at, "", "automatic", silent});
    }
    return;
  }
  for (size_t i = 0; i < lifecycle.moves.size(); ++i) {
    const MoveSpec& move = spec.moves[i];
    if (!leads_from(move, stage) || !evaluation.holds(lifecycle.moves[i])) continue;
    // One evaluation makes at most one move (CS-61); the next one comes a moment later.
    if (!rounds.first("moved/" + spec.id + "/" + key.id + format_time_micros(rounds.now()))) return;
    rounds.look_soon(key);
    return enter(rounds, key, lifecycle, {stage, move.to, move.says, "automatic"});
  }
  if (kept) watch_window(deriving, lifecycle, *kept);
}

Result<void> move_stage(Rounds& rounds, const CompiledLifecycle& lifecycle, const RecordKey& key,
                        std::string_view to, std::string_view reason, std::string_view by) {
  if (!lifecycle.stage(to))
    return invalid(fmt::format("{} has no stage '{}'", lifecycle.spec->id, to), "to");
  const std::string from = stage_of(rounds, key, *lifecycle.spec);
  if (from == to) return {};
  enter(rounds, key, lifecycle, {from, std::string(to), std::string(reason), std::string(by)});
  return {};
}

std::optional<Micros> next_stage_change(const Rounds& rounds, const RecordKey& key, uint32_t object,
                                        const FieldSet* changed) {
  std::optional<Micros> next;
  for (const CompiledLifecycle& lifecycle : rounds.definitions().lifecycles) {
    if (lifecycle.object != object || (changed && !changed->meets(lifecycle.fields))) continue;
    const Json* kept = kept_of(rounds, key, lifecycle.spec->id);
    const StageSpec* stage = kept ? lifecycle.stage(kept->text("stage")) : nullptr;
    if (!stage || stage->window.value == 0) continue;
    const Micros at{kept->integer("since") + stage->window.value + 1};
    if (at > rounds.now() && (!next || at < *next)) next = at;
  }
  return next;
}

}  // namespace rapport::decide
