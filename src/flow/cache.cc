#include "flow/cache.h"

#include <algorithm>
#include <iterator>

namespace rapport::flow {

using model::IndexEntry;
using model::Record;
using model::RecordKey;

namespace {

constexpr size_t kDroppedKeys = 4'000'000;  // expected at most; 8 MB, used by large workspaces

bool indexed(std::string_view type, std::string_view field) {
  return std::any_of(std::begin(model::kIndexes), std::end(model::kIndexes),
                     [&](const auto& spec) { return spec.type == type && spec.field == field; });
}

// Whether an indexed member differs, where both have the same members in the same order.
std::optional<bool> differ_in_place(const Json::Object& a, const Json::Object& b,
                                    std::string_view type) {
  if (a.size() != b.size()) return std::nullopt;
  bool differ = false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(a[i].first == b[i].first)) return std::nullopt;
    if (!differ && !(a[i].second == b[i].second)) differ = indexed(type, a[i].first);
  }
  return differ;
}

bool indexed_fields_differ(const Record* a, const Record* b, std::string_view type) {
  if (a && b && a->fields.is_object() && b->fields.is_object())
    if (const auto differ = differ_in_place(a->fields.as_object(), b->fields.as_object(), type))
      return *differ;
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

bool Cache::known_absent(std::string_view type, std::string_view id) const {
  return starts_empty_ && !(dropped_ && dropped_->may_contain(hash_of(type, id)));
}

Cache::Answer Cache::find(std::string_view type, std::string_view id, const Record** record) const {
  Slot* slot = slots_.find(type, id);
  *record = nullptr;
  if (!slot) return known_absent(type, id) ? Answer::kAbsent : Answer::kNotLoaded;
  slot->used = round_;
  if (!slot->record) return Answer::kAbsent;
  *record = &*slot->record;
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
    if (!slots_.find(key.type, key.id)) missing.push_back(key);
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  if (missing.empty()) return {};
  TRY_ASSIGN(auto records, state_.load(missing));
  for (size_t i = 0; i < missing.size(); ++i) {
    Slot& slot = slots_.add(std::move(missing[i]));
    slot.record = std::move(records[i]);
    slot.used = round_;
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

void Cache::note_entries(Slot& slot, const Record* now) {
  const RecordKey& key = slot.key;
  const Record* before = slot.record ? &*slot.record : nullptr;
  if (!indexed_fields_differ(before, now, key.type)) return;
  const auto old_entries = entries_of(before);
  const auto new_entries = entries_of(now);
  if (!slot.stored_entries) slot.stored_entries = old_entries;
  for (auto& entry : without(old_entries, new_entries))
    entry_changes_[std::move(entry)].emplace_back(key.id, false);
  for (auto& entry : without(new_entries, old_entries))
    entry_changes_[std::move(entry)].emplace_back(key.id, true);
}

void Cache::replace(const RecordKey& key, std::optional<Record> record) {
  Slot* known = slots_.find(key.type, key.id);
  CHECK(known || known_absent(key.type, key.id));  // a step writes only what it has read
  Slot& slot = known ? *known : slots_.add(key);
  note_entries(slot, record ? &*record : nullptr);
  slot.record = std::move(record);
  slot.used = round_;
  if (!slot.dirty) {
    slot.dirty = true;
    dirty_.push_back(&slot);
  }
}

void Cache::absorb(decide::Decisions& decisions) {
  for (auto& record : decisions.puts) {
    const RecordKey key = record.key;
    replace(key, std::move(record));
  }
  for (const auto& key : decisions.removals) replace(key, std::nullopt);
}

void Cache::collect(store::Changes& changes) {
  for (Slot* const dirty : dirty_) {
    Slot& slot = *dirty;
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
      changes.removals.push_back({slot.key, std::move(removed)});
    }
  }
}

void Cache::written(store::Changes& changes) {
  auto put = changes.puts.begin();  // in the order of dirty_, where there is a record
  for (Slot* const slot : dirty_) {
    if (slot->record) slot->record = std::move((put++)->record);
    slot->dirty = false;
    slot->stored_entries.reset();
  }
  CHECK(put == changes.puts.end());
  dirty_.clear();
  answers_.clear();
  entry_changes_.clear();
  ++round_;
  evict();
}

void Cache::evict() {
  if (slots_.size() <= kept_records_) return;
  std::vector<uint64_t> stamps;
  stamps.reserve(slots_.size());
  for (const auto& slot : slots_.all()) stamps.push_back(slot->used);
  const auto middle =
      stamps.begin() + static_cast<std::ptrdiff_t>(stamps.size() - kept_records_ / 2);
  std::nth_element(stamps.begin(), middle, stamps.end());
  const bool too_many_new = *middle == round_ - 1 && slots_.size() > 4 * kept_records_;
  drop_before(too_many_new ? round_ : *middle);
}

void Cache::drop_before(uint64_t round) {
  if (starts_empty_ && !dropped_) dropped_.emplace(kDroppedKeys);
  slots_.drop_if([&](const Slot& slot) {
    if (slot.used >= round) return false;
    if (dropped_) dropped_->add(hash_of(slot.key.type, slot.key.id));
    return true;
  });
}

}  // namespace rapport::flow
