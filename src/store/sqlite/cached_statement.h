// What Database keeps of a prepared statement between two uses.
#pragma once

#include "store/sqlite/statement.h"

namespace rapport::store {

struct Statement::Cached {
  sqlite3_stmt* handle = nullptr;
  bool in_use = false;
};

}  // namespace rapport::store
