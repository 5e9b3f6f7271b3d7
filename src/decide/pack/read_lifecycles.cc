// lifecycles and pipelines.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

void read_stage(StageSpec& stage, YamlFields& fields, bool pipeline, PackFile& file) {
  stage.window = file.span(fields, "window");
  stage.watched = file.ids(fields, "watched", IdForm::kName);
  stage.activities = fields.texts("activities");
  stage.final = fields.flag("final", false);
  if (const YamlNode* enter = fields.take("enter")) stage.enter = read_actions(*enter, file);
  if (const YamlNode* leave = fields.take("leave")) stage.leave = read_actions(*leave, file);
  if (!pipeline) return;
  stage.probability = file.number(fields, "probability", 0, 100);
  stage.typical = file.span(fields, "typical");
  stage.closed = fields.flag("closed", false);
}

std::vector<std::string> stage_names(const LifecycleSpec& lifecycle) {
  std::vector<std::string> names;
  for (const StageSpec& stage : lifecycle.stages) names.push_back(stage.id);
  return names;
}

void know_stage(const std::vector<std::string>& known, std::string_view stage, const YamlNode& node,
                const LifecycleSpec& lifecycle, PackFile& file) {
  if (stage.empty() || std::find(known.begin(), known.end(), stage) != known.end()) return;
  file.refuse(
      node, fmt::format("'{}' has no stage '{}'{}", lifecycle.id, stage, suggestion(stage, known)));
}

void read_start(LifecycleSpec& lifecycle, const YamlNode& node,
                const std::vector<std::string>& known, PackFile& file) {
  YamlFields fields(node, "'starts'", file.document());
  if (node.kind != YamlNode::Kind::kMap) return;
  StartSpec start{.at = file.id(fields, "at"), .when = file.condition(fields, "when")};
  if (const YamlNode* at = fields.take("at")) know_stage(known, start.at, *at, lifecycle, file);
  fields.finish();
  lifecycle.starts.push_back(std::move(start));
}

void read_starts(LifecycleSpec& lifecycle, YamlFields& fields, const YamlNode& entry,
                 const std::vector<std::string>& known, PackFile& file) {
  const YamlNode* starts = fields.take("starts");
  if (starts == nullptr) {
    if (!lifecycle.pipeline) {
      file.refuse(entry, fmt::format("lifecycle '{}' needs 'starts'", lifecycle.id));
    }
    return;
  }
  if (lifecycle.stages.empty()) return;
  if (starts->kind != YamlNode::Kind::kList) return read_start(lifecycle, *starts, known, file);
  for (const YamlNode& item : starts->items) read_start(lifecycle, item, known, file);
  for (size_t i = 0; i + 1 < lifecycle.starts.size(); i++) {
    if (lifecycle.starts[i].when.empty()) {
      file.refuse(*starts, fmt::format("what stands after the start at '{}' is never looked at: it "
                                       "has no 'when'",
                                       lifecycle.starts[i].at));
    }
  }
}

std::vector<std::string> read_stages_named(std::string_view key, const LifecycleSpec& lifecycle,
                                           YamlFields& fields,
                                           const std::vector<std::string>& known, PackFile& file) {
  const std::vector<std::string> names = fields.texts(key);
  for (const std::string& name : names) {
    if (name != "any") know_stage(known, name, *fields.take(key), lifecycle, file);
  }
  if (names == std::vector<std::string>{"any"}) return {};
  if (std::find(names.begin(), names.end(), "any") != names.end()) {
    file.refuse(*fields.take(key), "'any' stands alone");
  }
  return names;
}

void read_move(LifecycleSpec& lifecycle, const YamlNode& node,
               const std::vector<std::string>& known, PackFile& file) {
  YamlFields fields(node, "a move", file.document());
  if (node.kind != YamlNode::Kind::kMap) return;
  MoveSpec move;
  move.to = file.id(fields, "to");
  move.place = file.place(node);
  if (const YamlNode* to = fields.take("to")) know_stage(known, move.to, *to, lifecycle, file);
  fields.require("from");
  move.from = read_stages_named("from", lifecycle, fields, known, file);
  move.not_from = read_stages_named("not_from", lifecycle, fields, known, file);
  move.when = file.need_condition(fields, "when");
  move.says = fields.text_or("says", "");
  if (move.from == std::vector<std::string>{move.to}) {
    file.refuse(node, fmt::format("moves from '{}' to itself", move.to));
  }
  fields.finish();
  lifecycle.moves.push_back(std::move(move));
}

void read_moves(LifecycleSpec& lifecycle, YamlFields& fields, const std::vector<std::string>& known,
                PackFile& file) {
  const YamlNode* moves = fields.take("moves");
  if (moves == nullptr || lifecycle.stages.empty()) return;
  if (moves->kind != YamlNode::Kind::kList) file.refuse(*moves, "'moves' must be a list");
  for (const YamlNode& item : moves->items) read_move(lifecycle, item, known, file);
}

void read_lifecycle(LifecycleSpec& lifecycle, YamlFields& fields, const YamlNode& node,
                    PackFile& file) {
  lifecycle.of = file.id(fields, "of", IdForm::kName);
  std::string field = lifecycle.id + "_stage";
  std::replace(field.begin(), field.end(), '-', '_');
  lifecycle.field = file.id_or(fields, "field", field, IdForm::kName);
  const YamlNode none;
  const YamlNode* stages = fields.require("stages");
  if (stages == nullptr) stages = &none;
  file.entries(*stages, "stage", IdForm::kId, lifecycle.stages,
               [&](StageSpec& stage, YamlFields& inner, const YamlNode&) {
                 read_stage(stage, inner, lifecycle.pipeline, file);
               });
  if (stages != &none && stages->members.empty())
    file.refuse(node, fmt::format("'{}' has no stages", lifecycle.id));
  const std::vector<std::string> known = stage_names(lifecycle);
  read_starts(lifecycle, fields, node, known, file);
  read_moves(lifecycle, fields, known, file);
}

// The stages that actions of the pack move records to.
std::set<std::string> moved_to(const PackSpec& pack, std::string_view lifecycle) {
  std::set<std::string> stages;
  const auto look = [&](const std::vector<ActionSpec>& actions) {
    for (const ActionSpec& action : actions) {
      if (action.kind == "move" && action.text("lifecycle") == lifecycle) {
        stages.insert(action.text("to"));
      }
    }
  };
  for (const RuleSpec& rule : pack.rules) look(rule.actions);
  for (const LifecycleSpec& other : pack.lifecycles) {
    for (const StageSpec& stage : other.stages) {
      look(stage.enter);
      look(stage.leave);
    }
  }
  return stages;
}

bool leaves(const MoveSpec& move, const std::string& stage) {
  if (move.to == stage) return false;
  const auto has = [&](const auto& list) {
    return std::find(list.begin(), list.end(), stage) != list.end();
  };
  return !has(move.not_from) && (move.from.empty() || has(move.from));
}

std::set<std::string> reachable(const LifecycleSpec& lifecycle, std::set<std::string> reached) {
  for (const StartSpec& start : lifecycle.starts) reached.insert(start.at);
  for (bool grows = true; grows;) {
    grows = false;
    for (const MoveSpec& move : lifecycle.moves) {
      const bool can = std::any_of(reached.begin(), reached.end(),
                                   [&](const std::string& stage) { return leaves(move, stage); });
      grows |= can && reached.insert(move.to).second;
    }
  }
  return reached;
}

void refuse_at(const Place& place, std::string_view message, std::vector<Error>& errors) {
  errors.push_back(yaml_error(place.file, place.line, place.column, message));
}

void check_lifecycle(const LifecycleSpec& lifecycle, const std::set<std::string>& moved,
                     std::vector<Error>& errors) {
  const std::set<std::string> reached = reachable(lifecycle, moved);
  for (const StageSpec& stage : lifecycle.stages) {
    const bool by_move = std::any_of(lifecycle.moves.begin(), lifecycle.moves.end(),
                                     [&](const MoveSpec& move) { return leaves(move, stage.id); });
    const bool by_action = std::any_of(moved.begin(), moved.end(),
                                       [&](const std::string& to) { return to != stage.id; });
    if (!by_move && !by_action && !stage.final && !stage.closed) {
      refuse_at(
          stage.place,
          fmt::format("nothing leaves stage '{}'; if that is meant, say 'final: true'", stage.id),
          errors);
    } else if (stage.final && by_move) {
      refuse_at(stage.place,
                fmt::format("stage '{}' is final, yet a move leaves it; name it under 'not_from'",
                            stage.id),
                errors);
    }
    if (!lifecycle.pipeline && reached.count(stage.id) == 0) {
      refuse_at(stage.place,
                fmt::format("stage '{}' is never reached: nothing starts there or moves there from "
                            "a stage that is reached",
                            stage.id),
                errors);
    }
  }
}

}  // namespace

void check_lifecycles(const PackSpec& pack, std::vector<Error>& errors) {
  for (const LifecycleSpec& lifecycle : pack.lifecycles) {
    const std::set<std::string> moved = moved_to(pack, lifecycle.id);
    // Deals are moved by people and their systems: a pipeline need not say how.
    if (lifecycle.pipeline && lifecycle.moves.empty() && moved.empty()) continue;
    check_lifecycle(lifecycle, moved, errors);
  }
}

void read_lifecycles(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "lifecycle", IdForm::kId, pack.lifecycles,
               [&](LifecycleSpec& lifecycle, YamlFields& fields, const YamlNode& node) {
                 read_lifecycle(lifecycle, fields, node, file);
               });
}

void read_pipelines(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "pipeline", IdForm::kId, pack.lifecycles,
               [&](LifecycleSpec& lifecycle, YamlFields& fields, const YamlNode& node) {
                 lifecycle.pipeline = true;
                 read_lifecycle(lifecycle, fields, node, file);
               });
}

}  // namespace rapport::decide
