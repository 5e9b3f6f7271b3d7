#include "decide/step.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {
constexpr uint64_t kAnyVersion = std::numeric_limits<int64_t>::max();
constexpr size_t kFewWrites = 16;  // up to here looking at each is quickest

// Ids end in what tells them apart.
uint64_t mark_of(std::string_view type, std::string_view id) {
  uint64_t end = 0;
  const size_t size = std::min(id.size(), sizeof end);
  std::memcpy(&end, id.data() + id.size() - size, size);
  return end ^ (id.size() << 56) ^ (type.size() << 48) ^
         (type.empty() ? 0 : uint64_t{static_cast<unsigned char>(type[0])} << 40);
}
}  // namespace

Step::~Step() {
  for (Lease& lease : leases_) lease.pool->give_back(std::move(lease.scratch));
}

Scratch& Step::scratch(const std::shared_ptr<ScratchPool>& pool) const {
  for (Lease& lease : leases_)
    if (lease.pool == pool) return *lease.scratch;
  return *leases_.emplace_back(Lease{pool, pool->take()}).scratch;
}

void Step::note_change(std::string_view type) {
  const bool aside = type == model::kDerived || type == model::kHistory || type == model::kTrace;
  if (!aside) ++changes_;
}

const Record* Step::before(const RecordKey& key) const {
  return before(key.type, key.id);
}

const Record* Step::before(std::string_view type, std::string_view id) const {
  const Record* record = nullptr;
  switch (facts_.find(type, id, &record)) {
    case Facts::Answer::kThere:
      return record;
    case Facts::Answer::kAbsent:
      return nullptr;
    case Facts::Answer::kNotLoaded:
      break;
  }
  throw Needs{{{std::string(type), std::string(id)}}, {}, {}, {}};
}

const Step::Write* Step::write_of(std::string_view type, std::string_view id) const {
  if (writes_.size() > kFewWrites) {
    auto it = by_key_.find({type, id});
    return it == by_key_.end() ? nullptr : it->second;
  }
  const uint64_t mark = mark_of(type, id);
  for (const Write& write : writes_)
    if (write.mark == mark && write.key.id == id && write.key.type == type) return &write;
  return nullptr;
}

Step::Write& Step::add_write(RecordKey key) {
  const uint64_t mark = mark_of(key.type, key.id);
  writes_.push_back({mark, std::move(key), std::nullopt});
  if (writes_.size() == kFewWrites + 1) {
    for (const Write& write : writes_) by_key_[{write.key.type, write.key.id}] = &write;
  } else if (writes_.size() > kFewWrites) {
    const Write& write = writes_.back();
    by_key_[{write.key.type, write.key.id}] = &write;
  }
  return writes_.back();
}

std::vector<const Step::Write*> Step::in_key_order() const {
  std::vector<const Write*> order;
  order.reserve(writes_.size());
  for (const Write& write : writes_) order.push_back(&write);
  std::sort(order.begin(), order.end(),
            [](const Write* a, const Write* b) { return a->key < b->key; });
  return order;
}

const Record* Step::find(std::string_view type, std::string_view id) const {
  if (const Write* write = write_of(type, id)) return write->record ? &*write->record : nullptr;
  return before(type, id);
}

std::vector<std::string> Step::ids_with(std::string_view type, std::string_view field,
                                        std::string_view value) const {
  const model::IndexEntry entry{std::string(type), std::string(field), std::string(value)};
  std::vector<std::string> ids;
  if (!facts_.ids_with(entry, &ids)) throw Needs{{}, {entry}, {}, {}};
  for (const Write* write : in_key_order()) {
    const auto& [mark, key, record] = *write;
    if (key.type != type) continue;
    std::erase(ids, key.id);
    if (!record) continue;
    const auto entries = model::index_entries(*record);
    if (std::binary_search(entries.begin(), entries.end(), entry)) ids.push_back(key.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

const std::vector<model::Event>& Step::events(const std::string& list) const {
  const auto* events = facts_.events(list);
  if (!events) throw Needs{{}, {}, {list}, {}};
  return *events;
}

const IdPage& Step::page(const std::string& type, const std::string& cursor) const {
  const auto* page = facts_.page(type, cursor);
  if (!page) throw Needs{{}, {}, {}, {{type, cursor}}};
  return *page;
}

Record& Step::edit(std::string_view type, std::string_view id) {
  note_change(type);
  Write* write = write_of(type, id);
  if (!write) {
    const Record* old = before(type, id);
    write = &add_write({std::string(type), std::string(id)});
    if (old) write->record = *old;
  }
  if (!write->record) {
    write->record.emplace();
    write->record->key = write->key;
    write->record->created = event_.sequence;
  }
  write->record->version = event_.sequence;
  return *write->record;
}

void Step::put(Record record) {
  note_change(record.key.type);
  before(record.key);  // what it replaces has to be known: its index entries go
  record.version = event_.sequence;
  Write* write = write_of(record.key.type, record.key.id);
  if (!write) write = &add_write(record.key);
  write->record = std::move(record);
}

void Step::remove(std::string_view type, std::string_view id) {
  note_change(type);
  before(type, id);  // as in put()
  Write* write = write_of(type, id);
  if (!write) write = &add_write({std::string(type), std::string(id)});
  write->record.reset();
}

void Step::disarm(std::string id) {
  std::erase_if(decisions_.timers, [&](const model::Timer& timer) { return timer.id == id; });
  decisions_.timers_removed.push_back(std::move(id));
}

std::vector<model::Timer> Step::take_armed_until(Micros until) {
  std::vector<model::Timer> taken;
  auto& armed = decisions_.timers;
  for (auto it = armed.begin(); it != armed.end();) {
    const bool last = std::none_of(it + 1, armed.end(),
                                   [&](const model::Timer& later) { return later.id == it->id; });
    if (!last) {
      it = armed.erase(it);
    } else if (it->due <= until) {
      taken.push_back(std::move(*it));
      it = armed.erase(it);
    } else {
      ++it;
    }
  }
  return taken;
}

void Step::mark(model::Mark mark) {
  marks_.insert(std::move(mark));
}

void Step::unmark(std::string connection, RecordKey record) {
  complete({std::move(connection), std::move(record), {kAnyVersion}});
}

void Step::complete(model::Mark mark) {
  decisions_.marks_removed.push_back(std::move(mark));
}

void Step::file_under(std::string list) {
  auto& lists = decisions_.lists;
  if (std::find(lists.begin(), lists.end(), list) == lists.end()) lists.push_back(std::move(list));
}

std::vector<RecordKey> Step::written() const {
  std::vector<RecordKey> keys;
  keys.reserve(writes_.size());
  for (const Write* write : in_key_order()) keys.push_back(write->key);
  return keys;
}

bool Step::removed(const RecordKey& key) const {
  const Write* write = write_of(key.type, key.id);
  return write && !write->record;
}

Decisions Step::take() {
  std::sort(writes_.begin(), writes_.end(),
            [](const Write& a, const Write& b) { return a.key < b.key; });
  for (auto& [mark, key, record] : writes_) {
    if (record) {
      decisions_.puts.push_back(std::move(*record));
    } else {
      decisions_.removals.push_back(std::move(key));
    }
  }
  // Of several marks of one record the most urgent: it stands first.
  std::unique_copy(marks_.begin(), marks_.end(), std::back_inserter(decisions_.marks),
                   [](const model::Mark& a, const model::Mark& b) {
                     return a.connection == b.connection && a.record == b.record;
                   });
  return std::move(decisions_);
}

}  // namespace rapport::decide
