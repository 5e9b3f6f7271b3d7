// The part of a workspace's state that is in memory while events are folded: records loaded, and
// what has changed since the last write. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "decide/facts.h"
#include "decide/step.h"
#include "store/state.h"

namespace rapport::flow {

struct RecordKeyHash {
  size_t operator()(const model::RecordKey& key) const {
    return std::hash<std::string>{}(key.id) * 31 + std::hash<std::string>{}(key.type);
  }
};

class Cache final : public decide::Facts {
 public:
  explicit Cache(store::State& state) : state_(state) {}

  Answer find(const model::RecordKey& key, const model::Record** record) const override;
  bool ids_with(const model::IndexEntry& entry, std::vector<std::string>* ids) const override;
  const std::vector<model::Event>* events(const std::string& list) const override;
  const decide::IdPage* page(const std::string& type, const std::string& cursor) const override;

  Result<void> load(const std::vector<model::RecordKey>& keys);  // those not yet loaded
  Result<void> load(const model::IndexEntry& entry);
  void give_events(const std::string& list, std::vector<model::Event> events);
  void give_page(const std::string& type, const std::string& cursor, decide::IdPage page);
  void end_step();  // forgets given events and pages

  // Takes over the records of a step.
  void absorb(decide::Decisions& decisions);
  // Moves all that changed into `changes`; written() gives the records back after the write.
  void collect(store::Changes& changes);
  void written(store::Changes& changes);
  size_t changed() const { return dirty_.size(); }

 private:
  struct Slot {
    std::optional<model::Record> record;
    bool dirty = false;
    // Entries the store has for this record; set when an indexed field first differs from it.
    std::optional<std::vector<model::IndexEntry>> stored_entries;
    uint64_t used = 0;
  };
  using Slots = std::unordered_map<model::RecordKey, Slot, RecordKeyHash>;
  void replace(const model::RecordKey& key, std::optional<model::Record> record);
  void note_entries(Slot& slot, const model::RecordKey& key, const model::Record* now);
  void evict();

  store::State& state_;
  mutable Slots slots_;
  std::vector<model::RecordKey> dirty_;
  // Index answers and their changes since the last write.
  std::map<model::IndexEntry, std::vector<std::string>> answers_;
  std::map<model::IndexEntry, std::map<std::string, bool>> entry_changes_;  // id → added
  std::map<std::string, std::vector<model::Event>> events_;
  std::map<std::pair<std::string, std::string>, decide::IdPage> pages_;
  uint64_t round_ = 1;
};

}  // namespace rapport::flow
