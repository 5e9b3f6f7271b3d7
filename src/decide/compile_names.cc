#include "decide/compile_names.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml_fields.h"

namespace rapport::decide {

void Names::refuse(const Place& place, std::string_view message) {
  errors_.push_back(yaml_error(place.file, place.line, place.column, message));
}

uint32_t Names::object(std::string_view name, const Place& place) {
  const uint32_t number = definitions_.vocabulary.find_object(name);
  if (number != Vocabulary::kNone) return number;
  std::vector<std::string> known;
  for (uint32_t i = 0; i < definitions_.vocabulary.objects(); ++i)
    known.push_back(definitions_.vocabulary.object(i).name);
  refuse(place, fmt::format("there is no object '{}'{}", name, suggestion(name, known)));
  return Vocabulary::kNone;
}

void Names::field(uint32_t object, std::string name, FieldType type, FieldMaker maker,
                  uint32_t number, const Place& place) {
  Field field{name, type};
  field.maker = maker;
  field.number = number;
  field.place = place;
  const Object& of = definitions_.vocabulary.object(object);
  const Field* known = of.find(name);
  if (known && maker == FieldMaker::kStage && known->maker == FieldMaker::kGiven) return;
  if (definitions_.vocabulary.add_field(object, std::move(field))) return;
  refuse(place, fmt::format("{} has a field '{}' already{}", of.name, name,
                            known && !known->place.file.empty() ? ", at " + to_text(known->place)
                                                                : std::string()));
}

void Names::add_object(const ObjectSpec& spec) {
  Vocabulary& vocabulary = definitions_.vocabulary;
  uint32_t number = vocabulary.find_object(spec.id);
  if (number == Vocabulary::kNone) {
    Object fresh{spec.id, std::string("object"), spec.prefix.empty() ? spec.id : spec.prefix};
    if (!vocabulary.add_object(std::move(fresh)))
      return refuse(spec.place, fmt::format("'{}' means something else in expressions: choose "
                                            "another name for the object",
                                            spec.id));
    number = vocabulary.find_object(spec.id);
  }
  Object& object = vocabulary.object(number);
  for (const auto& owner : spec.belongs_to) object.belongs_to.push_back(owner);
  for (const FieldSpec& given : spec.fields) {
    Field field{given.id, given.type, given.field_class, given.values};
    field.place = given.place;
    if (!given.is.empty()) {
      field.maker = FieldMaker::kComputed;
      field.number = static_cast<uint32_t>(definitions_.computed.size());
    }
    const Field* known = object.find(given.id);
    const auto added = vocabulary.add_field(number, field);
    if (!added) {
      refuse(given.place,
             fmt::format("{} has a field '{}' already{}", spec.id, given.id,
                         known && !known->place.file.empty() ? ", at " + to_text(known->place)
                                                             : std::string()));
    } else if (!given.is.empty()) {
      definitions_.computed.push_back({number, *added, {nullptr, given.is, {}}});
    }
  }
}

void Names::add(const PackSpec& pack) {
  for (const ObjectSpec& object : pack.objects) add_object(object);
  for (const SettingSpec& setting : pack.settings) {
    if (definitions_.vocabulary.settings().contains(setting.id)) {
      refuse(
          setting.place,
          fmt::format("there is a setting '{}' already, at {}", setting.id,
                      to_text(definitions_.vocabulary.settings().find(setting.id)->second.place)));
      continue;
    }
    definitions_.vocabulary.add_setting(setting);
    definitions_.settings.emplace(setting.id, setting.value);
  }
}

FieldType Names::type_of_path(std::string_view path, FieldType otherwise) const {
  const auto at = definitions_.vocabulary.field_at(path);
  if (!at) return otherwise;
  const FieldType type = definitions_.vocabulary.object(at->first).fields[at->second].type;
  return type == FieldType::kMoney ? type : otherwise;
}

namespace {

FieldType type_of_metric(Figure figure) {
  switch (figure) {
    case Figure::kCount:
    case Figure::kDistinct:
    case Figure::kSince:
      return FieldType::kInt;
    case Figure::kDailyDistinct:
    case Figure::kChange:
      return FieldType::kNumber;
    default:
      return FieldType::kAny;
  }
}

}  // namespace

void Names::add_metrics(const PackSpec& pack) {
  for (const Metric& metric : pack.metrics) {
    const Place place = pack.places.at("metrics/" + metric.name);
    const uint32_t of = object(metric.of, place);
    if (of == Vocabulary::kNone) continue;
    const auto number = static_cast<uint32_t>(definitions_.metrics.size());
    field(of, metric.name, type_of_metric(metric.figure), FieldMaker::kMetric, number, place);
    CompiledMetric compiled;
    compiled.metric = metric;
    compiled.object = of;
    const auto formula = [&](const ExpressionText& text) {
      return Formula{text.text, {place.file, text.line, text.column}};
    };
    compiled.where.formula = formula(metric.where);
    compiled.value.formula = formula(metric.value);
    definitions_.metrics.push_back(std::move(compiled));
  }
}

void Names::add_rollup(const RollupSpec& rollup) {
  const uint32_t of = object(rollup.of, rollup.place);
  const uint32_t child = object(rollup.from, rollup.place);
  if (of == Vocabulary::kNone || child == Vocabulary::kNone) return;
  FieldType type = FieldType::kInt;
  if (rollup.measure == RollupMeasure::kSum)
    type = type_of_path(rollup.value.text, FieldType::kNumber);
  if (rollup.measure == RollupMeasure::kAverage) type = FieldType::kNumber;
  field(of, rollup.id, type, FieldMaker::kRollup,
        static_cast<uint32_t>(definitions_.rollups.size()), rollup.place);
  CompiledRollup compiled{&rollup, of, 0, child};
  compiled.where.formula = rollup.where;
  compiled.value.formula = rollup.value;
  definitions_.rollups.push_back(std::move(compiled));
}

void Names::add_score(const ScoreSpec& score) {
  const uint32_t of = object(score.of, score.place);
  if (of == Vocabulary::kNone) return;
  const auto number = static_cast<uint32_t>(definitions_.scores.size());
  const auto make = [&](const std::string& suffix, FieldType type) {
    if (definitions_.vocabulary.object(of).find(score.id + suffix) && !suffix.empty()) return;
    field(of, score.id + suffix, type, FieldMaker::kScore, number, score.place);
  };
  make("", FieldType::kNumber);
  for (std::string_view figure : {"_previous", "_peak"})
    make(std::string(figure), FieldType::kNumber);
  make("_trend", FieldType::kText);
  if (!score.bands.empty()) make("_band", FieldType::kText);
  if (!score.components.empty()) make("_missing", FieldType::kTexts);
  for (const auto& line : score.points)
    if (!line.part.empty()) make("_" + line.part, FieldType::kNumber);
  for (const auto& component : score.components) {
    if (component.id.empty()) continue;
    make("_" + component.id, FieldType::kNumber);
    make("_" + component.id + "_trend", FieldType::kText);
  }
  CompiledScore compiled;
  compiled.spec = &score;
  compiled.object = of;
  definitions_.scores.push_back(std::move(compiled));
}

void Names::add_lifecycle(const LifecycleSpec& lifecycle) {
  const uint32_t of = object(lifecycle.of, lifecycle.place);
  if (of == Vocabulary::kNone) return;
  const auto number = static_cast<uint32_t>(definitions_.lifecycles.size());
  const std::string& name = lifecycle.field;
  const auto make = [&](const std::string& suffix, FieldType type) {
    field(of, name + suffix, type, FieldMaker::kStage, number, lifecycle.place);
  };
  make("", FieldType::kText);
  make("_since", FieldType::kTime);
  make("_overdue", FieldType::kBool);
  make("_reason", FieldType::kText);
  if (lifecycle.pipeline) {
    make("_probability", FieldType::kNumber);
    make("_next_probability", FieldType::kNumber);
    make("_typical_days", FieldType::kNumber);
  }
  CompiledLifecycle compiled;
  compiled.spec = &lifecycle;
  compiled.object = of;
  definitions_.lifecycles.push_back(std::move(compiled));
}

void Names::add_made(const PackSpec& pack) {
  if (pack.parts.contains("sla")) {  // of the objects that have policies
    for (const auto& part : pack.parts.at("sla")) {
      for (const YamlNode& item : part.node.items) {
        const YamlNode* name = item.find("of");
        const uint32_t of =
            name ? definitions_.vocabulary.find_object(name->text) : Vocabulary::kNone;
        if (of == Vocabulary::kNone || definitions_.vocabulary.object(of).find("sla_policy"))
          continue;
        const Place place{part.file, item.line, item.column};
        field(of, "sla_policy", FieldType::kText, FieldMaker::kStage, 0, place);
        field(of, "sla_due_at", FieldType::kTime, FieldMaker::kStage, 0, place);
      }
    }
  }
  add_metrics(pack);
  for (const ClockSpec& clock : pack.clocks) {
    const uint32_t of = object(clock.of, clock.place);
    if (of == Vocabulary::kNone) continue;
    field(of, clock.id, FieldType::kInt, FieldMaker::kClock,
          static_cast<uint32_t>(definitions_.clocks.size()), clock.place);
    definitions_.clocks.push_back({&clock, of, 0, 0});
  }
  for (const RollupSpec& rollup : pack.rollups) add_rollup(rollup);
  for (const ScoreSpec& score : pack.scores) add_score(score);
  for (const LifecycleSpec& lifecycle : pack.lifecycles) add_lifecycle(lifecycle);
  for (const ProgramSpec& program : pack.programs) {
    const uint32_t of = object(program.of, program.place);
    if (of == Vocabulary::kNone || definitions_.vocabulary.object(of).find("program")) continue;
    field(of, "program", FieldType::kText, FieldMaker::kStage, 0, program.place);
    field(of, "program_status", FieldType::kText, FieldMaker::kStage, 0, program.place);
    field(of, "program_progress", FieldType::kInt, FieldMaker::kStage, 0, program.place);
    const auto also = [&](const std::string& name, FieldType type) {  // a pack may have them
      if (definitions_.vocabulary.object(of).find(name)) return;
      field(of, name, type, FieldMaker::kStage, 0, program.place);
    };
    also("next_milestone", FieldType::kText);
    also("next_milestone_on", FieldType::kDate);
    also("next_milestone_criteria", FieldType::kTexts);
    also("next_milestone_progress", FieldType::kNumber);
  }
  for (const ApprovalSpec& approval : pack.approvals) {
    const uint32_t of = object(approval.of, approval.place);
    if (of == Vocabulary::kNone) continue;
    for (std::string_view name : {"approval_status", "approval_reason", "approved_by"})
      field(of, std::string(name), FieldType::kText, FieldMaker::kStage, 0, approval.place);
    field(of, "approval_level", FieldType::kInt, FieldMaker::kStage, 0, approval.place);
    CompiledApproval compiled;
    compiled.spec = &approval;
    compiled.object = of;
    definitions_.approvals.push_back(std::move(compiled));
  }
}

}  // namespace rapport::decide
