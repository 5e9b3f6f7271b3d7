#include "store/sqlite/statement.h"

#include <sqlite3.h>

#include <utility>

#include "store/sqlite/cached_statement.h"
#include "store/sqlite/database.h"

namespace rapport::store {

Statement::Statement(Database& database, Cached* cached, sqlite3_stmt* handle,
                     std::optional<Error> error)
    : database_(&database), cached_(cached), handle_(handle), error_(std::move(error)) {}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      cached_(std::exchange(other.cached_, nullptr)),
      handle_(std::exchange(other.handle_, nullptr)),
      error_(std::move(other.error_)) {}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  sqlite3_reset(handle_);
  if (cached_ != nullptr) {
    sqlite3_clear_bindings(handle_);  // values must not outlive their use in memory
    cached_->in_use = false;
  } else {
    sqlite3_finalize(handle_);
  }
}

void Statement::keep_error(int code) {
  if (code != SQLITE_OK && !error_) error_ = database_->failure(code);
}

void Statement::reset() {
  if (handle_ != nullptr) sqlite3_reset(handle_);  // repeats the error that step() has returned
}

void Statement::bind_integer(int index, int64_t value) {
  if (handle_ != nullptr) keep_error(sqlite3_bind_int64(handle_, index, value));
}

void Statement::bind_at(int index, double value) {
  if (handle_ != nullptr) keep_error(sqlite3_bind_double(handle_, index, value));
}

void Statement::bind_at(int index, std::string_view text) {
  if (handle_ == nullptr) return;
  const char* bytes = text.empty() ? "" : text.data();  // a null pointer would bind NULL
  keep_error(
      sqlite3_bind_text64(handle_, index, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_at(int index, Blob blob) {
  if (handle_ == nullptr) return;
  const char* bytes = blob.bytes.empty() ? "" : blob.bytes.data();
  keep_error(sqlite3_bind_blob64(handle_, index, bytes, blob.bytes.size(), SQLITE_TRANSIENT));
}

void Statement::bind_at(int index, std::nullptr_t) {
  if (handle_ != nullptr) keep_error(sqlite3_bind_null(handle_, index));
}

Result<bool> Statement::step() {
  if (error_) return *error_;
  CHECK(handle_ != nullptr);
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = database_->failure(code);
  sqlite3_reset(handle_);
  return error;
}

Result<void> Statement::run() {
  for (;;) {
    TRY_ASSIGN(const bool row, step());
    if (row) continue;
    reset();
    return {};
  }
}

int64_t Statement::changes() const {
  return sqlite3_changes64(sqlite3_db_handle(handle_));
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(handle_, column);
}

std::string_view Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
}

std::string_view Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

}  // namespace rapport::store
