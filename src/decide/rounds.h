// What follows from one event: figures that are derived again, rules that act on it and on what
// they and the figures change, round by round. Used inside decide only.
//
//   look     which fields of which records have changed since last looked at
//   derive   computed fields, scores, signals, segments, lifecycles of those records
//   decide   the rules of all that happened, over the state as it is now
//   act      their actions, by priority and name
//
// A round is these four; what acting changes is the next one. At most kMostRounds.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "decide/compiled.h"
#include "decide/scene.h"
#include "decide/step.h"

namespace rapport::decide {

inline constexpr int kMostRounds = 8;

class Differences;

// Something that happened, for rules to act on: the event itself, or what was derived.
struct Occurrence {
  std::string name;
  model::RecordKey record;        // it is about; of an event: the nearest in sight
  Json trigger = Json::object();  // what `trigger` shows
  const model::Event* event = nullptr;
};

// A rule that holds, with its values as the round began.
struct Firing {
  const Rule* rule = nullptr;
  model::RecordKey about;
  Scene scene;
  struct Act {
    const Action* action = nullptr;
    size_t number = 0;                                                   // in the rule
    std::vector<std::pair<std::string, std::optional<Json>>> arguments;  // nothing: cannot be told
    const Json* find(std::string_view path) const;  // null when absent or not to be told
    std::string text(std::string_view path) const;
    std::vector<std::pair<std::string, const std::optional<Json>*>> under(
        std::string_view prefix) const;
  };
  std::vector<Act> acts;
};

class Rounds {
 public:
  // Records written before are looked at as new in the first round.
  Rounds(Step& step, const Definitions& definitions, Micros now)
      : step_(step), definitions_(definitions), now_(now) {}

  // The event has been folded: its counts and points, its rules, and all that follows.
  void run(const model::Event& event);
  // Nothing happened but time: the record's figures are made again.
  void refresh(const model::RecordKey& record);
  // The records' own figures are counted again from these events, and derived; nobody is told.
  void remake(const std::vector<model::RecordKey>& records,
              const std::vector<const model::Event*>& events);
  // A rule whose record has been quiet for long enough.
  void act_late(std::string_view rule, const model::RecordKey& record);
  // Something that happened, by the machinery's own doing (SLA, programs, approvals).
  void tell(Occurrence occurrence) {
    if (definitions_.awaits(occurrence.name)) happened_.push_back(std::move(occurrence));
  }
  void go_on();

  // The record's figures are made again in a second.
  void look_soon(const model::RecordKey& key) { soon_.insert(key); }
  // The field is made again although nothing it is made of has changed.
  void look_again(const model::RecordKey& key, std::string_view field);

  Step& step() { return step_; }
  const Step& step() const { return step_; }
  const Definitions& definitions() const { return definitions_; }
  Micros now() const { return now_; }
  void set_now(Micros now) { now_ = now; }

  // Writes a field of a record, made or given; nothing happens where it has that value already.
  // Null removes.
  void write(const model::RecordKey& key, std::string_view field, const Json& value);
  // The side record for writing.
  Json& derived(const model::RecordKey& key);
  const Json* derived_now(const model::RecordKey& key) const;  // null: there is none
  // Makes a record of an own object, belonging to what is in sight; gives its key.
  model::RecordKey make(std::string_view object, std::string_view id, const Scene& scene);
  std::string id_for(std::string_view prefix, std::initializer_list<std::string_view> parts) const;
  void note(std::string_view rule, std::string_view what, Json told);  // into the trace
  // Whether this is the first of its kind in the step, by any key.
  bool first(const std::string& key) { return firsts_.insert(key).second; }
  // Remembers on the record that something was done for a name: false when it was before.
  bool once(const model::RecordKey& key, std::string_view what, std::string_view name);
  // Whether the rule may write the field in this round: nobody else has. Else it is noted as lost.
  bool claim(const model::RecordKey& key, const std::string& field, const std::string& rule);
  // What was declared when the record was there already is not told of at once.
  bool was_there_before(const model::RecordKey& key, std::string_view pack) const;

 private:
  friend class Deriving;
  struct Touched {
    uint32_t object = 0;
    bool created = false;
    FieldSet dirty;
  };
  bool is_the_event(std::string_view name, const model::RecordKey& key) const;
  void look();
  void derive();
  void count(const model::Event& event, const Scene& scene);
  void move_by_hand(const model::Event& event);
  // Of users, by routed object: who owns it before and now.
  void count_open(const model::RecordKey& key, uint32_t object, const Json* before,
                  const Json* now);
  void roll_up(const model::RecordKey& key, uint32_t object, const Json* before,
               const Differences& differences);
  void add_share(const CompiledRollup& rollup, const std::string& owner, const Json& value,
                 int sign);
  void take_up_rollups();
  // When a figure of the record changes by itself; of all, or of those in `changed`.
  std::optional<Micros> next_change(const model::RecordKey& key, uint32_t object,
                                    const FieldSet* changed) const;
  void settle();
  void add_points(const Occurrence& occurrence, const Scene& scene);
  void count_one(const CompiledMetric& metric, const model::Event& event, const Scene& scene);
  void decide();
  void consider(const Occurrence& occurrence);
  bool waits_for(const Rule& rule, const Occurrence& occurrence) const;
  void take_in_made(const model::RecordKey& key, uint32_t object);
  bool may_act(const Rule& rule, const Occurrence& occurrence, const Scene& scene);
  void prepare(const Rule& rule, const Occurrence& occurrence, const Scene& scene,
               Evaluation& evaluation);
  void note_change(const model::RecordKey& key, const std::string& name, Json fields);
  void act();
  void arm_refresh();
  void finish();

  Step& step_;
  const Definitions& definitions_;
  Micros now_;
  struct Seen {
    uint32_t object = 0;  // kNone: not looked at
    Json fields;          // when last looked at; null: not there
  };
  std::vector<Seen> seen_;                       // by number of the step's writes
  size_t changes_ = 0;                           // of fields, by rules and figures
  std::map<model::RecordKey, Touched> touched_;  // to be derived
  struct Refresh {
    bool all = false;
    FieldSet changed;  // figures of the record that were made in this step
  };
  std::map<model::RecordKey, Refresh> to_refresh_;
  std::set<model::RecordKey> soon_;
  std::vector<std::pair<model::RecordKey, std::pair<std::string, Json>>> rolled_;
  std::optional<Scene> event_scene_;
  std::vector<Occurrence> happened_;
  std::deque<Occurrence> round_;  // of the present round
  std::vector<Firing> firings_;
  std::set<std::string> firsts_;
  std::map<std::pair<model::RecordKey, std::string>, std::string> claims_;  // field → its writer
  Json trace_ = Json::array();
};

// Carries out one action of a firing.
void act(Rounds& rounds, Firing& firing, const Firing::Act& act);

}  // namespace rapport::decide
