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
    "SELECT type, id, created, version, fields, provenance FROM records"
    " WHERE key = ?1 AND type = ?2 AND id = ?3";

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

// In the order the rows lie in the file, or nearly so: that in which the records were made.
template <class Change, class RecordOf>
std::vector<const Change*> in_file_order(std::span<const Change> changes, RecordOf record_of) {
  std::vector<const Change*> order;
  order.reserve(changes.size());
  for (const Change& change : changes) order.push_back(&change);
  std::stable_sort(order.begin(), order.end(),
                   [&](const Change* a, const Change* b) { return record_of(*a) < record_of(*b); });
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
    -- Rows lie in the order they were made: what one event makes lies together, and new records
    -- fill page after page. Found by a number computed from type and id, since an index of those
    -- would be several times as large; two records may have the same number.
    CREATE TABLE records(
      row INTEGER PRIMARY KEY,
      key INTEGER NOT NULL,
      type TEXT NOT NULL,
      id TEXT NOT NULL,
      created INTEGER NOT NULL,
      version INTEGER NOT NULL,
      fields TEXT NOT NULL,
      provenance TEXT NOT NULL);
    CREATE INDEX records_by_key ON records(key);
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

Result<std::optional<Record>> RecordTable::load_one(Statement& select, const RecordKey& key) {
  TRY_ASSIGN(const bool row, select.bind(key_(key.type, key.id), key.type, key.id).step());
  if (!row) return std::optional<Record>();
  TRY_ASSIGN(Record record, read_record(select, database_));
  select.reset();
  return std::optional<Record>(std::move(record));
}

Result<std::vector<std::optional<Record>>> RecordTable::load(std::span<const RecordKey> keys) {
  std::vector<std::optional<Record>> records;
  records.reserve(keys.size());
  Statement select = database_.statement(kSelect);
  for (const RecordKey& key : keys) {
    TRY_ASSIGN(auto record, load_one(select, key));
    records.push_back(std::move(record));
  }
  return records;
}

Result<void> RecordTable::apply(std::span<const RemovedRecord> removals,
                                std::span<const PutRecord> puts) {
  Batch batch;
  for (const RemovedRecord& removed : removals) TRY(remove(removed, batch));
  for (const PutRecord* one : in_file_order(puts, [](const PutRecord& put) {
         return std::tie(put.record.created, put.record.key);
       })) {
    TRY(put(*one, batch));
  }
  TRY(write_entries(batch));
  return write_counts(batch);
}

// When the record was made, if it is there.
Result<std::optional<Sequence>> RecordTable::created(const RecordKey& key) {
  Statement select =
      database_.statement("SELECT created FROM records WHERE key = ?1 AND type = ?2 AND id = ?3",
                          key_(key.type, key.id), key.type, key.id);
  TRY_ASSIGN(const bool row, select.step());
  if (!row) return std::optional<Sequence>();
  return std::optional(Sequence{static_cast<uint64_t>(select.integer(0))});
}

Result<void> RecordTable::remove(const RemovedRecord& removed, Batch& batch) {
  const RecordKey& key = removed.key;
  TRY_ASSIGN(const auto made, created(key));
  if (!made) return {};
  for (const IndexEntry& entry : removed.entries_removed)
    batch.removed.push_back({&entry, *made, &key.id});
  --batch.counts[key.type];
  return database_.run("DELETE FROM records WHERE key = ?1 AND type = ?2 AND id = ?3",
                       key_(key.type, key.id), key.type, key.id);
}

Result<void> RecordTable::put(const PutRecord& put, Batch& batch) {
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
  // Nearly every put ends here; the rest is for what is new.
  const RecordKey& key = record.key;
  Statement update = database_.statement(
      "UPDATE records SET version = ?1, fields = ?2, provenance = ?3"
      " WHERE key = ?4 AND type = ?5 AND id = ?6 AND created = ?7",
      record.version, batch.fields, batch.provenance, key_(key.type, key.id), key.type, key.id,
      record.created);
  TRY(update.run());
  if (update.changes() == 1) return {};
  return put_new(put, batch);
}

Result<void> RecordTable::put_new(const PutRecord& put, Batch& batch) {
  const Record& record = put.record;
  const RecordKey& key = record.key;
  TRY_ASSIGN(const auto made, created(key));
  if (made) {
    TRY(move_entries(put, *made, batch));
    TRY(database_.run("DELETE FROM records WHERE key = ?1 AND type = ?2 AND id = ?3",
                      key_(key.type, key.id), key.type, key.id));
  } else {
    ++batch.counts[key.type];
  }
  return database_.run(
      "INSERT INTO records(key, type, id, created, version, fields, provenance)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      key_(key.type, key.id), key.type, key.id, record.created, record.version, batch.fields,
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
      " INDEXED BY records_by_created ORDER BY type, created, id");
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
