// Records, their index entries and their numbers by type, in one SQLite file.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/record.h"
#include "store/sqlite/database.h"
#include "store/sqlite/slots.h"
#include "store/state.h"

namespace rapport::store {

class RecordTable {
 public:
  using KeyNumber = int64_t (*)(std::string_view type, std::string_view id);
  explicit RecordTable(Database& database, KeyNumber key = &home_slot)
      : database_(database), key_(key) {}
  static const char* schema();

  Result<std::vector<std::optional<model::Record>>> load(std::span<const model::RecordKey> keys);
  // Removals first, then puts; in the order of the rows, so that each page is touched once.
  Result<void> apply(std::span<const RemovedRecord> removals, std::span<const PutRecord> puts);
  Result<int64_t> count(const std::string& type);

  // Ids of records by (created, id): of the type, or only those with the entry when it has a field.
  struct Row {
    Sequence created;
    std::string id;
  };
  struct Range {
    model::IndexEntry entry;  // field empty: all of the type
    std::optional<Row> after;
    PageRequest::Order order = PageRequest::Order::kNewest;
    int limit = 50;
  };
  Result<std::vector<Row>> list(const Range& range);

  // Every record by (type, created, id), every entry by (type, field, value, created, id).
  Result<void> each_record(const std::function<void(const model::Record&)>& visit);
  Result<void> each_entry(
      const std::function<void(const model::IndexEntry&, const std::string& id)>& visit);

 private:
  struct EntryRow {
    const model::IndexEntry* entry;
    Sequence created;
    const std::string* id;
  };
  struct Batch;  // what one apply() collects on its way
  Result<void> remove(const RemovedRecord& removed, Batch& batch);
  Result<void> put(const PutRecord& put, Batch& batch);
  Result<void> put_new(const PutRecord& put, Batch& batch);
  Result<void> move_entries(const PutRecord& put, Sequence created, Batch& batch);
  Result<std::optional<Sequence>> created(const model::RecordKey& key);
  Result<std::optional<model::Record>> load_one(Statement& select, const model::RecordKey& key);
  Result<void> write_entries(Batch& batch);
  Result<void> write_counts(const Batch& batch);

  Database& database_;
  KeyNumber key_;
};

}  // namespace rapport::store
