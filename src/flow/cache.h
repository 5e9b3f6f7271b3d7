// The part of a workspace's state that is in memory while events are folded: records loaded, and
// what has changed since the last write. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/key_filter.h"
#include "decide/facts.h"
#include "decide/step.h"
#include "flow/slots.h"
#include "store/state.h"

namespace rapport::flow {

class Cache final : public decide::Facts {
 public:
  // Keeps about `kept_records` beyond a write; a contact takes about 1 KB.
  Cache(store::FoldedState& state, size_t kept_records)
      : state_(state), kept_records_(kept_records) {
    CHECK(kept_records >= 2);
  }
  // The store holds no record: what was never written here does not exist.
  void starts_empty() { starts_empty_ = true; }
  // Everything there is, is in memory.
  bool holds_all() const { return starts_empty_ && !dropped_; }

  Answer find(std::string_view type, std::string_view id,
              const model::Record** record) const override;
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
  void replace(const model::RecordKey& key, std::optional<model::Record> record);
  void note_entries(Slot& slot, const model::Record* now);
  bool known_absent(std::string_view type, std::string_view id) const;
  void evict();
  void drop_before(uint64_t round);

  store::FoldedState& state_;
  size_t kept_records_;
  bool starts_empty_ = false;
  std::optional<KeyFilter> dropped_;  // records written and no longer here
  Slots slots_;
  std::vector<Slot*> dirty_;
  // Index answers, and what changed since the last write: ids that an entry gained or lost, in
  // order.
  std::map<model::IndexEntry, std::vector<std::string>> answers_;
  struct EntryHash {
    size_t operator()(const model::IndexEntry& entry) const {
      return hash_of(entry.type, entry.field) ^ 3 * hash_of(entry.value, {});
    }
  };
  using EntryChange = std::pair<std::string, bool>;  // id, and whether the entry gained it
  std::unordered_map<model::IndexEntry, std::vector<EntryChange>, EntryHash> entry_changes_;
  std::map<std::string, std::vector<model::Event>> events_;
  std::map<std::pair<std::string, std::string>, decide::IdPage> pages_;
  uint64_t round_ = 1;
};

}  // namespace rapport::flow
