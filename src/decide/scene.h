// The records an expression looks at: the one it is about and those it belongs to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decide/compiled.h"
#include "decide/series_reading.h"
#include "decide/step.h"
#include "expr/arena.h"
#include "expr/functions/money.h"

namespace rapport::decide {

// Which record stands for each object's name; empty: none does. Ids of built-in types and of own
// objects alike.
class Scene {
 public:
  Scene(const Definitions& definitions, Micros now)
      : ids_(std::make_shared<std::vector<std::string>>(definitions.vocabulary.objects())),
        now_(now) {}
  const std::string& id(uint32_t object) const { return (*ids_)[object]; }
  void set(uint32_t object, std::string id) {
    if (ids_.use_count() > 1) ids_ = std::make_shared<std::vector<std::string>>(*ids_);
    (*ids_)[object] = std::move(id);
  }
  Micros now() const { return now_; }

  // What the event's text says; null where it has none.
  const Json* said() const { return said_.is_object() ? &said_ : nullptr; }
  void set_said(Json said) { said_ = std::move(said); }

  const model::Event* event = nullptr;  // null: not for an event
  const Json* trigger = nullptr;        // of a derived event
  std::string agent;                    // id of the user named by the event

 private:
  std::shared_ptr<std::vector<std::string>> ids_;  // of all copies, until one is changed
  Micros now_;
  Json said_;
};

// One record, and nothing it belongs to.
inline Scene scene_of_one(const Definitions& definitions, uint32_t object, std::string id,
                          Micros now) {
  Scene scene(definitions, now);
  scene.set(object, std::move(id));
  return scene;
}

// Whose the event is, the conversation, ticket, deal … it names, and what those belong to.
Scene scene_of(const Step& step, const Definitions& definitions, const model::Event& event,
               Micros now);
// The record and what it belongs to.
Scene scene_of(const Step& step, const Definitions& definitions, const model::RecordKey& key,
               Micros now);

// The key under which a record of an object is kept.
model::RecordKey key_of(const Definitions& definitions, uint32_t object, std::string_view id);
// The object of a stored record; kNone when it is no object of expressions.
uint32_t object_of(const Definitions& definitions, const model::Record& record);
uint32_t object_of(const Step& step, const Definitions& definitions, const model::RecordKey& key);
// The id of the owner of that object that a record belongs to; empty: none.
std::string owner_id(const Step& step, const Definitions& definitions, const model::Record& record,
                     std::string_view object);

// Side record of what is derived for a record: series, scores, what was told.
model::RecordKey derived_key(const model::RecordKey& record);

// Shows a scene to expressions. Values borrow from the step's records: valid until one is written.
class SceneView final : public expr::RecordView {
 public:
  // With `memory` a value is read once, until a record is written.
  SceneView(const Step& step, const Definitions& definitions, const Scene& scene,
            SlotMemory* memory = nullptr)
      : step_(step), definitions_(definitions), scene_(scene), memory_(memory) {}
  // The value of a time or date field as an instant.
  std::optional<Micros> instant_of(uint32_t object, uint32_t field) const;
  // The field of the object's record in the scene.
  expr::Value value_of(uint32_t object, uint32_t field, expr::Arena& arena) const {
    return this->field({Source::kField, object, field, {}}, arena);
  }
  // `record` instead of the step's one, for what was before. Before anything is read.
  void show_instead(uint32_t object, const model::Record* record) { instead_ = {object, record}; }

 protected:
  expr::Value load(uint32_t slot, expr::Arena& arena) const override;

 private:
  expr::Value read(uint32_t slot, expr::Arena& arena) const;
  const model::Record* record(uint32_t object) const;
  const model::Record* find_record(uint32_t object) const;
  void forget_changed() const;
  expr::Value field(const SlotSource& source, expr::Arena& arena) const;
  expr::Value made(const model::Record& record, const Field& field, expr::Arena& arena) const;

  const Step& step_;
  const Definitions& definitions_;
  const Scene& scene_;
  std::optional<std::pair<uint32_t, const model::Record*>> instead_;
  SlotMemory* memory_;
  mutable uint64_t read_at_ = 0;  // the step's changes when the memory was begun
};

// A stored value as an expression sees it; absent where it is none of that type.
expr::Value show(const Json& value, FieldType type, const Definitions& definitions,
                 const Json& siblings, expr::Arena& arena);
// Any JSON: numbers as int or double, objects as objects.
expr::Value show_any(const Json& value, expr::Arena& arena);
// What an expression gave, to be stored; nothing for unknown and errors.
std::optional<Json> store_value(const expr::Value& value, expr::Arena& arena);

// Exchange rates as the workspace was told them: exchange_rate.set, the latest of a pair, either
// way.
class Rates final : public expr::ExchangeRates {
 public:
  explicit Rates(const Step& step) : step_(step) {}
  std::optional<expr::ExchangeRate> find(std::string_view from, std::string_view to) const override;

 private:
  const Step& step_;
};

// One evaluation context: view and arena, for any number of expressions over one scene.
class Evaluation {
 public:
  Evaluation(const Step& step, const Definitions& definitions, const Scene& scene)
      : definitions_(definitions),
        scratch_(step.scratch(definitions.scratches)),
        memory_(scratch_.take(definitions.vocabulary.slots(), definitions.vocabulary.objects())),
        rates_(step),
        view_(step, definitions, scene, memory_.get()) {}
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;
  ~Evaluation() { scratch_.give_back(std::move(memory_)); }
  SceneView& view() { return view_; }
  bool holds(const Predicate& predicate);  // none: true
  expr::Truth test(const Predicate& predicate);
  expr::Value value(const Predicate& predicate);
  // The literal, or what the expression gives; nothing when that cannot be told.
  std::optional<Json> json(const Operand& operand);
  std::optional<double> number(const Operand& operand);
  // All conditions of the group's set at once. Valid until the next group is asked.
  const expr::RuleSetState& test(const RuleGroup& group);

 private:
  expr::EvaluationOptions options() const;

  const Definitions& definitions_;
  Scratch& scratch_;
  std::unique_ptr<SlotMemory> memory_;
  Rates rates_;
  SceneView view_;
};

}  // namespace rapport::decide
