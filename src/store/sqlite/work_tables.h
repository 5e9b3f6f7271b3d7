// What waits to be done: timers, and marks for connections with the tries so far.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/record.h"
#include "store/sqlite/database.h"
#include "store/state.h"

namespace rapport::store {

class TimerTable {
 public:
  explicit TimerTable(Database& database) : database_(database) {}
  static const char* schema();

  Result<void> apply(std::span<const std::string> removed, std::span<const model::Timer> armed);
  Result<std::vector<model::Timer>> due(Micros until, int limit);
  // By id.
  Result<void> each(const std::function<void(const model::Timer&)>& visit);

 private:
  Database& database_;
};

class MarkTable {
 public:
  explicit MarkTable(Database& database) : database_(database) {}
  static const char* schema();

  Result<void> apply(std::span<const model::Mark> removed, std::span<const model::Mark> made);
  Result<std::vector<model::Mark>> of(const std::string& connection, int limit);
  Result<std::vector<DueMark>> due(const MarkRequest& request);
  Result<std::vector<DueMark>> of_records(const std::string& connection,
                                          std::span<const model::RecordKey> records);
  Result<int64_t> count(const std::string& connection);
  Result<std::optional<Micros>> next_attempt(const std::string& connection);
  // Nothing happens when the mark is gone.
  Result<void> set_attempt(const model::Mark& mark, const Attempt& attempt);
  // By (connection, type, id).
  Result<void> each(const std::function<void(const model::Mark&)>& visit);

 private:
  Database& database_;
};

}  // namespace rapport::store
