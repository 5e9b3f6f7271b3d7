// Makes the figures of one record again, as far as what they are made of has changed. Used by
// Rounds only.
#pragma once

#include <string>

#include "decide/rounds.h"

namespace rapport::decide {

class Deriving {
 public:
  Deriving(Rounds& rounds, const model::RecordKey& key, uint32_t object, FieldSet& dirty)
      : rounds_(rounds),
        definitions_(rounds.definitions()),
        key_(key),
        object_(object),
        dirty_(dirty),
        scene_(scene_of_one(definitions_, object, key_.id, rounds.now())),
        evaluation_(rounds.step(), definitions_, scene_) {}

  bool run();  // whether all was made again

  Rounds& rounds() { return rounds_; }
  const model::RecordKey& key() const { return key_; }
  // Over this record alone: what is derived reads no other.
  Evaluation& evaluation() { return evaluation_; }
  // With what the record belongs to, for records that are made.
  Scene whole_scene() const { return scene_of(rounds_.step(), definitions_, key_, rounds_.now()); }
  Micros now() const { return rounds_.now(); }
  // Sets a field that is made; it is dirty when that changes it.
  void set(std::string_view field, const Json& value);
  void tell(std::string name, Json trigger = Json::object());
  std::optional<double> number(std::string_view field) const;  // of the record, as stored

 private:
  void derive(const Derivation& derivation);
  Json fields() const;
  void computed(const CompiledComputed& computed);
  void signal(const CompiledSignal& signal);
  void segment(const CompiledSegment& segment);
  void note_looked_at(std::string_view part, const std::string& id);

  Rounds& rounds_;
  const Definitions& definitions_;
  model::RecordKey key_;
  uint32_t object_;
  FieldSet& dirty_;
  Scene scene_;
  Evaluation evaluation_;
};

// The parts with files of their own.
void derive_score(Deriving& deriving, const CompiledScore& score);
void derive_lifecycle(Deriving& deriving, const CompiledLifecycle& lifecycle);
// A points line of an event: adds to the record's score; false when it does not count (again).
bool add_line(Rounds& rounds, const CompiledScore& score, const CompiledLine& line,
              const Scene& scene, Evaluation& evaluation);

// When a score's comparisons with earlier, or the stay in a stage, change by themselves; none: not.
// Of all, or of those whose fields are in `changed`.
std::optional<Micros> next_score_change(const Rounds& rounds, const model::RecordKey& key,
                                        uint32_t object, const FieldSet* changed);
std::optional<Micros> next_stage_change(const Rounds& rounds, const model::RecordKey& key,
                                        uint32_t object, const FieldSet* changed);

// A move by a person or a rule. The error says why it cannot be.
Result<void> move_stage(Rounds& rounds, const CompiledLifecycle& lifecycle,
                        const model::RecordKey& key, std::string_view to, std::string_view reason,
                        std::string_view by);

}  // namespace rapport::decide
