// One prepared SQL statement, borrowed from the cache of its Database.
//
// Errors are kept until the next step() or run(), so that preparing and binding need no check:
//   auto s = db.statement("SELECT body FROM t WHERE id = ?1", id);
//   TRY_ASSIGN(bool found, s.step());
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

struct sqlite3_stmt;

namespace rapport::store {

class Database;

// Bytes to be bound or read as a BLOB; a plain string_view is a TEXT.
struct Blob {
  std::string_view bytes;
};

class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();  // resets it and gives it back

  // Binds ?1, ?2 … in order; texts and blobs are copied. Resets the statement first, so that one
  // statement can run many times.
  template <class... Values>
  Statement& bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_at(++index, values), ...);
    return *this;
  }

  // True when there is a row to read, false at the end.
  Result<bool> step();
  // Steps to the end and resets; for statements whose rows nobody reads.
  Result<void> run();
  void reset();
  // Rows inserted, changed or removed by the last run().
  int64_t changes() const;

  // Columns of the current row, from 0. Views are valid until the next call on the statement.
  int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  std::string_view blob(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Cached;
  Statement(Database& database, Cached* cached, sqlite3_stmt* handle, std::optional<Error> error);

  template <std::integral Integer>
  void bind_at(int index, Integer value) {
    bind_integer(index, static_cast<int64_t>(value));
  }
  template <class Tag, class Rep>
  void bind_at(int index, Number<Tag, Rep> number) {
    bind_integer(index, static_cast<int64_t>(number.value));
  }
  void bind_at(int index, Micros instant) { bind_integer(index, instant.value); }
  void bind_at(int index, double value);
  void bind_at(int index, std::string_view text);
  void bind_at(int index, Blob blob);
  void bind_at(int index, std::nullptr_t);
  void bind_integer(int index, int64_t value);
  void keep_error(int code);

  Database* database_;
  Cached* cached_;  // null: not from the cache, ends with this object
  sqlite3_stmt* handle_;
  std::optional<Error> error_;
};

}  // namespace rapport::store
