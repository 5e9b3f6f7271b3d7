#include "decide/step.h"

#include <algorithm>
#include <limits>

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {
constexpr uint64_t kAnyVersion = std::numeric_limits<int64_t>::max();
}

const Record* Step::before(const RecordKey& key) const {
  const Record* record = nullptr;
  switch (facts_.find(key, &record)) {
    case Facts::Answer::kThere:
      return record;
    case Facts::Answer::kAbsent:
      return nullptr;
    case Facts::Answer::kNotLoaded:
      break;
  }
  throw Needs{{key}, {}, {}, {}};
}

const Record* Step::find(std::string_view type, std::string_view id) const {
  const RecordKey key{std::string(type), std::string(id)};
  if (auto it = writes_.find(key); it != writes_.end()) return it->second ? &*it->second : nullptr;
  return before(key);
}

std::vector<std::string> Step::ids_with(std::string_view type, std::string_view field,
                                        std::string_view value) const {
  const model::IndexEntry entry{std::string(type), std::string(field), std::string(value)};
  std::vector<std::string> ids;
  if (!facts_.ids_with(entry, &ids)) throw Needs{{}, {entry}, {}, {}};
  for (const auto& [key, record] : writes_) {
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
  RecordKey key{std::string(type), std::string(id)};
  auto it = writes_.find(key);
  if (it == writes_.end()) {
    const Record* old = before(key);
    it = writes_.emplace(key, old ? std::optional<Record>(*old) : std::nullopt).first;
  }
  if (!it->second) {
    it->second.emplace();
    it->second->key = std::move(key);
    it->second->created = event_.sequence;
  }
  it->second->version = event_.sequence;
  return *it->second;
}

void Step::put(Record record) {
  before(record.key);  // what it replaces has to be known: its index entries go
  record.version = event_.sequence;
  RecordKey key = record.key;
  writes_.insert_or_assign(std::move(key), std::move(record));
}

void Step::remove(std::string_view type, std::string_view id) {
  RecordKey key{std::string(type), std::string(id)};
  before(key);  // as in put()
  writes_.insert_or_assign(std::move(key), std::nullopt);
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
  for (const auto& [key, record] : writes_) keys.push_back(key);
  return keys;
}

bool Step::removed(const RecordKey& key) const {
  auto it = writes_.find(key);
  return it != writes_.end() && !it->second;
}

Decisions Step::take() {
  for (auto& [key, record] : writes_) {
    if (record) {
      decisions_.puts.push_back(std::move(*record));
    } else {
      decisions_.removals.push_back(key);
    }
  }
  decisions_.marks.assign(marks_.begin(), marks_.end());
  return std::move(decisions_);
}

}  // namespace rapport::decide
