// The engine with everything it may read in memory: for tests of decisions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "decide/engine.h"

namespace rapport::testing {

class World final : public decide::Facts {
 public:
  explicit World(decide::Basics basics = decide::first_basics()) : engine_(std::move(basics)) {}

  // Folds the event as the next one: sets its sequence, and its received time to at least `at`.
  model::Event send(model::Event event);
  // Folds an event that already has its sequence.
  void fold(const model::Event& event);

  const model::Record* record(std::string_view type, std::string_view id) const;
  std::vector<const model::Record*> all(std::string_view type) const;
  const std::map<model::RecordKey, model::Record>& records() const { return records_; }
  const std::map<std::string, model::Timer>& timers() const { return timers_; }
  const std::map<std::pair<std::string, model::RecordKey>, Sequence>& marks() const {
    return marks_;
  }
  void put(model::Record record);  // state that was there before
  Sequence last() const { return last_; }
  Micros now() const { return received_; }
  // Time passes, and a tick comes at that moment; the timers due by then fire one after another.
  void tick(Micros at);
  std::vector<Error> problems() const;  // of what is active

  Answer find(std::string_view type, std::string_view id,
              const model::Record** record) const override;
  bool ids_with(const model::IndexEntry& entry, std::vector<std::string>* ids) const override;
  const std::vector<model::Event>* events(const std::string& list) const override;
  const decide::IdPage* page(const std::string& type, const std::string& cursor) const override;

 private:
  decide::Engine engine_;
  std::map<model::RecordKey, model::Record> records_;
  std::map<std::string, model::Timer> timers_;
  std::map<std::pair<std::string, model::RecordKey>, Sequence> marks_;
  mutable std::map<std::string, std::vector<model::Event>> lists_;
  mutable std::map<std::pair<std::string, std::string>, decide::IdPage> pages_;
  Sequence last_{0};
  Micros received_{0};
};

// Tracked events, as intake would have made them.
model::Event identify(SubjectId subject, std::vector<model::Identity> identities,
                      Json traits = Json::object());
model::Event tracked(std::string_view type, SubjectId subject, Json properties);
model::Event own(std::string_view type, Json properties);
model::Identity external_id(std::string value, SubjectId subject);
model::Identity email(std::string value, SubjectId subject);
model::Identity phone(std::string value, SubjectId subject);
model::Identity anonymous(std::string value, SubjectId subject);

}  // namespace rapport::testing
