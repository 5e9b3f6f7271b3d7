// The digest of folded state. Every store gives its rows in the same order, one row as one line of
// canonical JSON, so equal state has an equal digest on every store:
//   records by (type, created, id) · entries by (type, field, value, created of the record, id)
//   timers by id · marks by (connection, type, id); texts by their bytes.
#pragma once

#include <string>

#include "base/crypto.h"
#include "model/record.h"

namespace rapport::store {

class StateDigest {
 public:
  void add(const model::Record& record);
  void add(const model::IndexEntry& entry, const std::string& id);
  void add(const model::Timer& timer);
  void add(const model::Mark& mark);
  Hash finish();

 private:
  void add_row(const Json& row);
  Hash hash_{};  // of all blocks before
  std::string block_;
};

}  // namespace rapport::store
