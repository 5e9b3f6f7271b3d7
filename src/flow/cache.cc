#include "flow/cache.h"

#include <algorithm>
#include <iterator>

namespace rapport::flow {

using model::IndexEntry;
using model::Record;
using model::RecordKey;

namespace {

// Records kept beyond one write; a contact takes about 2 KB.
constexpr size_t kKeptRecords = 24'000;

bool indexed_fields_differ(const Record* a, const Record* b, std::string_view type) {
  for (const auto& spec : model::kIndexes) {
    if (spec.type != type) continue;
    const Json* x = a ? a->fields.find(spec.field) : nullptr;
    const Json* y = b ? b->fields.find(spec.field) : nullptr;
    if (!x != !y || (x && !(*x == *y))) return true;
  }
  return false;
}

std::vector<IndexEntry> entries_of(const Record* record) {
  return record ? model::index_entries(*record) : std::vector<IndexEntry>{};
}

std::vector<IndexEntry> without(const std::vector<IndexEntry>& a,
                                const std::vector<IndexEntry>& b) {
  std::vector<IndexEntry> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

Cache::Answer Cache::find(const RecordKey& key, const Record** record) const {
  auto it = slots_.find(key);
  *record = nullptr;
  if (it == slots_.end()) return Answer::kNotLoaded;
  it->second.used = round_;
  if (!it->second.record) return Answer::kAbsent;
  *record = &*it->second.record;
  return Answer::kThere;
}

bool Cache::ids_with(const IndexEntry& entry, std::vector<std::string>* ids) const {
  auto it = answers_.find(entry);
  if (it == answers_.end()) return false;
  *ids = it->second;
  if (auto changes = entry_changes_.find(entry); changes != entry_changes_.end()) {
    for (const auto& [id, added] : changes->second) {
      std::erase(*ids, id);
      if (added) ids->push_back(id);
    }
    std::sort(ids->begin(), ids->end());
  }
  return true;
}

const std::vector<model::Event>* Cache::events(const std::string& list) const {
  auto it = events_.find(list);
  return it == events_.end() ? nullptr : &it->second;
}

const decide::IdPage* Cache::page(const std::string& type, const std::string& cursor) const {
  auto it = pages_.find({type, cursor});
  return it == pages_.end() ? nullptr : &it->second;
}

Result<void> Cache::load(const std::vector<RecordKey>& keys) {
  std::vector<RecordKey> missing;
  for (const auto& key : keys)
    if (!slots_.contains(key)) missing.push_back(key);
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  if (missing.empty()) return {};
  TRY_ASSIGN(auto records, state_.load(missing));
  for (size_t i = 0; i < missing.size(); ++i) {
    Slot slot;
    slot.record = std::move(records[i]);
    slot.used = round_;
    slots_.emplace(std::move(missing[i]), std::move(slot));
  }
  return {};
}

Result<void> Cache::load(const IndexEntry& entry) {
  std::vector<std::string> ids;
  store::PageRequest request{entry.type, entry.field, entry.value,
                             "",         1000,        store::PageRequest::Order::kOldest};
  do {
    TRY_ASSIGN(auto page, state_.list(request));
    for (auto& record : page.records) ids.push_back(record.key.id);
    request.after = page.next;
  } while (!request.after.empty());
  std::sort(ids.begin(), ids.end());
  answers_[entry] = std::move(ids);
  return {};
}

void Cache::give_events(const std::string& list, std::vector<model::Event> events) {
  events_[list] = std::move(events);
}

void Cache::give_page(const std::string& type, const std::string& cursor, decide::IdPage page) {
  pages_[{type, cursor}] = std::move(page);
}

void Cache::end_step() {
  events_.clear();
  pages_.clear();
}

void Cache::note_entries(Slot& slot, const RecordKey& key, const Record* now) {
  const Record* before = slot.record ? &*slot.record : nullptr;
  if (!indexed_fields_differ(before, now, key.type)) return;
  const auto old_entries = entries_of(before);
  const auto new_entries = entries_of(now);
  if (!slot.stored_entries) slot.stored_entries = old_entries;
  for (const auto& entry : without(old_entries, new_entries)) entry_changes_[entry][key.id] = false;
  for (const auto& entry : without(new_entries, old_entries)) entry_changes_[entry][key.id] = true;
}

void Cache::replace(const RecordKey& key, std::optional<Record> record) {
  auto known = slots_.find(key);
  CHECK(known != slots_.end());  // a step writes only what it has read
  Slot& slot = known->second;
  note_entries(slot, key, record ? &*record : nullptr);
  slot.record = std::move(record);
  slot.used = round_;
  if (!slot.dirty) {
    slot.dirty = true;
    dirty_.push_back(key);
  }
}

void Cache::absorb(decide::Decisions& decisions) {
  for (auto& record : decisions.puts) {
    RecordKey key = record.key;
    replace(key, std::move(record));
  }
  for (const auto& key : decisions.removals) replace(key, std::nullopt);
}

void Cache::collect(store::Changes& changes) {
  for (const RecordKey& key : dirty_) {
    Slot& slot = slots_.at(key);
    const Record* now = slot.record ? &*slot.record : nullptr;
    std::vector<IndexEntry> removed, added;
    if (slot.stored_entries) {
      const auto entries = entries_of(now);
      removed = without(*slot.stored_entries, entries);
      added = without(entries, *slot.stored_entries);
    }
    if (now) {
      changes.puts.push_back({std::move(*slot.record), std::move(removed), std::move(added)});
    } else {
      changes.removals.push_back({key, std::move(removed)});
    }
  }
}

void Cache::written(store::Changes& changes) {
  for (auto& put : changes.puts) {
    RecordKey key = put.record.key;
    slots_.at(key).record = std::move(put.record);
  }
  for (const RecordKey& key : dirty_) {
    Slot& slot = slots_.at(key);
    slot.dirty = false;
    slot.stored_entries.reset();
  }
  dirty_.clear();
  answers_.clear();
  entry_changes_.clear();
  ++round_;
  evict();
}

void Cache::evict() {
  if (slots_.size() <= kKeptRecords) return;
  std::vector<uint64_t> stamps;
  stamps.reserve(slots_.size());
  for (const auto& [key, slot] : slots_) stamps.push_back(slot.used);
  const auto middle =
      stamps.begin() + static_cast<std::ptrdiff_t>(stamps.size() - kKeptRecords / 2);
  std::nth_element(stamps.begin(), middle, stamps.end());
  const uint64_t keep_from = *middle;
  std::erase_if(slots_, [&](const auto& slot) {
    return slot.second.used < keep_from ||
           (keep_from == round_ - 1 && slots_.size() > 4 * kKeptRecords);
  });
}

}  // namespace rapport::flow
