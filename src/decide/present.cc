#include "decide/present.h"

#include "decide/scene.h"

namespace rapport::decide {

// A step without an event of its own: it only reads.
struct Present::Sight {
  Sight(const Engine& engine, const Facts& facts, WorkspaceId workspace, Micros now)
      : event(tick(workspace, now)), step(event, facts, engine.basics()) {}
  static model::Event tick(WorkspaceId workspace, Micros now) {
    model::Event event;
    event.workspace = workspace;
    event.origin = model::Origin::kServer;
    event.type = model::kTick;
    event.received_at = event.at = now;
    return event;
  }
  model::Event event;
  Step step;
};

Present::Present(const Engine& engine, const Facts& facts, WorkspaceId workspace, Micros now)
    : sight_(std::make_unique<Sight>(engine, facts, workspace, now)),
      definitions_(engine.definitions(sight_->step)) {}

Present::~Present() = default;

std::optional<Json> Present::value(const model::RecordKey& record, std::string_view field) const {
  if (!definitions_) return std::nullopt;
  const uint32_t object = object_of(sight_->step, *definitions_, record);
  if (object == Vocabulary::kNone) return std::nullopt;
  const auto& numbers = definitions_->vocabulary.object(object).numbers;
  const auto number = numbers.find(field);
  if (number == numbers.end()) return std::nullopt;
  const Scene scene = scene_of(sight_->step, *definitions_, record, sight_->event.received_at);
  const SceneView view(sight_->step, *definitions_, scene);
  expr::Arena arena;
  return store_value(view.value_of(object, number->second, arena), arena);
}

std::optional<Json> Present::read_as(const Json& written, FieldType type) const {
  if (!definitions_) return std::nullopt;
  expr::Arena arena;
  return store_value(show(written, type, *definitions_, Json(), arena), arena);
}

}  // namespace rapport::decide
