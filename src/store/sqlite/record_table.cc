#include "store/sqlite/record_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <tuple>

namespace rapport::store {
namespace {

using model::IndexEntry;
using model::Record;
using model::RecordKey;

constexpr JsonLimits kStoredLimits{.depth = 256, .members = 10'000'000};
constexpr std::string_view kSelect =
    "SELECT type, id, created, version, fields, provenance FROM records WHERE slot = ?1";

Result<Json> stored_json(std::string_view text, const Database& database) {
  auto value = parse_json(text, kStoredLimits);
  if (value) return value;
  return corrupt(fmt::format("{}: a stored record is damaged: {}. Run `rapport rebuild`.",
                             database.path(), value.error().message));
}

Result<Record> read_record(const Statement& row, const Database& database) {
  Record record;
  record.key = {std::string(row.text(0)), std::string(row.text(1))};
  record.created.value = static_cast<uint64_t>(row.integer(2));
  record.version.value = static_cast<uint64_t>(row.integer(3));
  TRY_ASSIGN(record.fields, stored_json(row.text(4), database));
  TRY_ASSIGN(record.provenance, stored_json(row.text(5), database));
  return record;
}

Occupant occupant(const Statement& row, const RecordKey& key) {
  if (row.text(0).empty()) return Occupant::kGrave;
  return row.text(0) == key.type && row.text(1) == key.id ? Occupant::kSame : Occupant::kOther;
}

template <class Change, class KeyOf>
std::vector<std::pair<int64_t, const Change*>> in_slot_order(std::span<const Change> changes,
                                                             RecordTable::HomeSlot home,
                                                             KeyOf key_of) {
  std::vector<std::pair<int64_t, const Change*>> order;
  order.reserve(changes.size());
  for (const Change& change : changes) {
    const RecordKey& key = key_of(change);
    order.emplace_back(home(key.type, key.id), &change);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return order;
}

}  // namespace

struct RecordTable::Batch {
  std::map<std::string, int64_t, std::less<>> counts;  // change of the number by type
  std::vector<EntryRow> removed, added;
  std::deque<IndexEntry> kept;  // entries that live only here
  std::string fields, provenance;
};

const char* RecordTable::schema() {
  return R"sql(
    CREATE TABLE records(
      slot INTEGER PRIMARY KEY,
      type TEXT NOT NULL,  -- empty: a grave
      id TEXT NOT NULL,
      created INTEGER NOT NULL,
      version INTEGER NOT NULL,
      fields TEXT NOT NULL,
      provenance TEXT NOT NULL);
    CREATE INDEX records_by_created ON records(type, created, id);
    CREATE TABLE entries(
      type TEXT NOT NULL,
      field TEXT NOT NULL,
      value TEXT NOT NULL,
      created INTEGER NOT NULL,
      id TEXT NOT NULL,
      PRIMARY KEY(type, field, value, created, id)) WITHOUT ROWID;
    CREATE TABLE counts(type TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
  )sql";
}

Result<Place> RecordTable::find(const RecordKey& key, int64_t home) {
  Statement select = database_.statement(kSelect);
  return find_place(home, [&](int64_t slot) -> Result<Occupant> {
    TRY_ASSIGN(const bool row, select.bind(slot).step());
    return row ? occupant(select, key) : Occupant::kNone;
  });
}

Result<std::optional<Record>> RecordTable::load_one(Statement& select, const RecordKey& key,
                                                    int64_t home) {
  for (int64_t slot = home;; ++slot) {
    TRY_ASSIGN(const bool row, select.bind(slot).step());
    if (!row) return std::optional<Record>();
    if (occupant(select, key) != Occupant::kSame) continue;
    TRY_ASSIGN(Record record, read_record(select, database_));
    return std::optional<Record>(std::move(record));
  }
}

Result<std::vector<std::optional<Record>>> RecordTable::load(std::span<const RecordKey> keys) {
  std::vector<std::optional<Record>> records(keys.size());
  const auto order =
      in_slot_order(keys, home_, [](const RecordKey& key) -> const RecordKey& { return key; });
  Statement select = database_.statement(kSelect);
  for (const auto& [home, key] : order) {
    auto& to = records[static_cast<size_t>(key - keys.data())];
    TRY_ASSIGN(to, load_one(select, *key, home));
  }
  return records;
}

Result<void> RecordTable::apply(std::span<const RemovedRecord> removals,
                                std::span<const PutRecord> puts) {
  Batch batch;
  for (const auto& [home, removed] : in_slot_order(
           removals, home_, [](const RemovedRecord& r) -> const RecordKey& { return r.key; })) {
    TRY(remove(*removed, home, batch));
  }
  for (const auto& [home, one] : in_slot_order(
           puts, home_, [](const PutRecord& p) -> const RecordKey& { return p.record.key; })) {
    TRY(put(*one, home, batch));
  }
  TRY(write_entries(batch));
  return write_counts(batch);
}

Result<void> RecordTable::remove(const RemovedRecord& removed, int64_t home, Batch& batch) {
  TRY_ASSIGN(const Place place, find(removed.key, home));
  if (place.occupant != Occupant::kSame) return {};
  Statement select = database_.statement(kSelect, place.slot);
  TRY_ASSIGN(const bool row, select.step());
  CHECK(row);
  const Sequence created{static_cast<uint64_t>(select.integer(2))};
  for (const IndexEntry& entry : removed.entries_removed) {
    batch.removed.push_back({&entry, created, &removed.key.id});
  }
  --batch.counts[removed.key.type];
  TRY_ASSIGN(const bool neighbour, select.bind(place.slot + 1).step());
  select.reset();
  if (!neighbour) return database_.run("DELETE FROM records WHERE slot = ?1", place.slot);
  return database_.run(
      "UPDATE records SET type = '', id = '', created = 0, version = 0, fields = '',"
      " provenance = '' WHERE slot = ?1",
      place.slot);
}

Result<void> RecordTable::put(const PutRecord& put, int64_t home, Batch& batch) {
  const Record& record = put.record;
  CHECK(!record.key.type.empty());
  batch.fields.clear();
  batch.provenance.clear();
  append_text(batch.fields, record.fields);
  append_text(batch.provenance, record.provenance);
  for (const IndexEntry& entry : put.entries_removed) {
    batch.removed.push_back({&entry, record.created, &record.key.id});
  }
  for (const IndexEntry& entry : put.entries_added) {
    batch.added.push_back({&entry, record.created, &record.key.id});
  }
  // Nearly every put ends here; the rest is for what is new or not in its home slot.
  Statement update = database_.statement(
      "UPDATE records SET version = ?1, fields = ?2, provenance = ?3"
      " WHERE slot = ?4 AND type = ?5 AND id = ?6 AND created = ?7",
      record.version, batch.fields, batch.provenance, home, record.key.type, record.key.id,
      record.created);
  TRY(update.run());
  if (update.changes() == 1) return {};
  return put_elsewhere(put, home, batch);
}

Result<void> RecordTable::put_elsewhere(const PutRecord& put, int64_t home, Batch& batch) {
  const Record& record = put.record;
  TRY_ASSIGN(const Place place, find(record.key, home));
  if (place.occupant == Occupant::kSame) {
    Statement select = database_.statement(kSelect, place.slot);
    TRY_ASSIGN(const bool row, select.step());
    CHECK(row);
    const Sequence created{static_cast<uint64_t>(select.integer(2))};
    if (created != record.created) TRY(move_entries(put, created, batch));
  } else {
    ++batch.counts[record.key.type];
  }
  return database_.run(
      "INSERT OR REPLACE INTO records(slot, type, id, created, version, fields, provenance)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      place.slot, record.key.type, record.key.id, record.created, record.version, batch.fields,
      batch.provenance);
}

// The record was made anew under an old id: its entries are filed under the event that made it.
Result<void> RecordTable::move_entries(const PutRecord& put, Sequence created, Batch& batch) {
  const Record& record = put.record;
  for (IndexEntry& entry : model::index_entries(record)) {
    batch.kept.push_back(std::move(entry));
    batch.removed.push_back({&batch.kept.back(), created, &record.key.id});
    batch.added.push_back({&batch.kept.back(), record.created, &record.key.id});
  }
  for (const IndexEntry& entry : put.entries_removed) {
    batch.removed.push_back({&entry, created, &record.key.id});
  }
  return {};
}

Result<void> RecordTable::write_entries(Batch& batch) {
  const auto by_key = [](const EntryRow& a, const EntryRow& b) {
    return std::tie(*a.entry, a.created, *a.id) < std::tie(*b.entry, b.created, *b.id);
  };
  const auto write_all = [&](std::vector<EntryRow>& rows, std::string_view sql) -> Result<void> {
    std::sort(rows.begin(), rows.end(), by_key);
    Statement write = database_.statement(sql);
    for (const EntryRow& row : rows) {
      const IndexEntry& entry = *row.entry;
      TRY(write.bind(entry.type, entry.field, entry.value, row.created, *row.id).run());
    }
    return {};
  };
  TRY(write_all(batch.removed,
                "DELETE FROM entries WHERE type = ?1 AND field = ?2 AND value = ?3"
                " AND created = ?4 AND id = ?5"));
  return write_all(batch.added,
                   "INSERT OR IGNORE INTO entries(type, field, value, created, id)"
                   " VALUES(?1, ?2, ?3, ?4, ?5)");
}

Result<void> RecordTable::write_counts(const Batch& batch) {
  for (const auto& [type, change] : batch.counts) {
    TRY(
        database_.run("INSERT INTO counts(type, n) VALUES(?1, ?2)"
                      " ON CONFLICT(type) DO UPDATE SET n = n + excluded.n",
                      type, change));
  }
  return {};
}

Result<int64_t> RecordTable::count(const std::string& type) {
  Statement s = database_.statement("SELECT n FROM counts WHERE type = ?1", type);
  TRY_ASSIGN(const bool row, s.step());
  return row ? s.integer(0) : 0;
}

Result<std::vector<RecordTable::Row>> RecordTable::list(const Range& range) {
  const bool newest = range.order == PageRequest::Order::kNewest;
  const bool all = range.entry.field.empty();
  const std::string sql = fmt::format(
      "SELECT created, id FROM {} WHERE type = ?1 AND {} AND (created, id) {} (?4, ?5)"
      " ORDER BY created {}, id {} LIMIT ?6",
      all ? "records" : "entries", all ? "?2 = ?3" : "field = ?2 AND value = ?3",
      newest ? "<" : ">", newest ? "DESC" : "ASC", newest ? "DESC" : "ASC");
  const Row start = range.after.value_or(
      Row{newest ? Sequence{static_cast<uint64_t>(INT64_MAX)} : Sequence{0}, ""});
  const std::string& value = all ? range.entry.field : range.entry.value;
  Statement s = database_.statement(sql, range.entry.type, range.entry.field, value, start.created,
                                    start.id, range.limit);
  std::vector<Row> rows;
  for (;;) {
    TRY_ASSIGN(const bool row, s.step());
    if (!row) return rows;
    rows.push_back({{static_cast<uint64_t>(s.integer(0))}, std::string(s.text(1))});
  }
}

Result<void> RecordTable::each_record(const std::function<void(const Record&)>& visit) {
  Statement s = database_.statement(
      "SELECT type, id, created, version, fields, provenance FROM records"
      " INDEXED BY records_by_created WHERE type <> '' ORDER BY type, created, id");
  for (;;) {
    TRY_ASSIGN(const bool row, s.step());
    if (!row) return {};
    TRY_ASSIGN(const Record record, read_record(s, database_));
    visit(record);
  }
}

Result<void> RecordTable::each_entry(
    const std::function<void(const IndexEntry&, const std::string& id)>& visit) {
  Statement s = database_.statement(
      "SELECT type, field, value, id FROM entries ORDER BY type, field, value, created, id");
  for (;;) {
    TRY_ASSIGN(const bool row, s.step());
    if (!row) return {};
    visit({std::string(s.text(0)), std::string(s.text(1)), std::string(s.text(2))},
          std::string(s.text(3)));
  }
}

}  // namespace rapport::store
