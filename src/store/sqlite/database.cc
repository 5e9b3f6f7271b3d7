#include "store/sqlite/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

#include "store/sqlite/cached_statement.h"
#include "store/sqlite/scrubbing_vfs.h"

namespace rapport::store {
namespace {

constexpr int kBusyMillis = 10'000;

struct Meaning {
  int code;  // SQLite's primary result code
  Code ours;
  Retryable retryable;
  std::string_view advice;
};
constexpr Meaning kMeanings[] = {
    {SQLITE_FULL, Code::kDiskFull, Retryable::kYes, "Free some disk space"},
    {SQLITE_IOERR, Code::kIo, Retryable::kYes, "Check the disk and the system's log"},
    {SQLITE_CANTOPEN, Code::kIo, Retryable::kNo, "Check that the folder exists and is writable"},
    {SQLITE_PERM, Code::kIo, Retryable::kNo, "Check who may read and write the file"},
    {SQLITE_AUTH, Code::kIo, Retryable::kNo, "Check who may read and write the file"},
    {SQLITE_READONLY, Code::kIo, Retryable::kNo, "It is open for reading only"},
    {SQLITE_CORRUPT, Code::kCorrupt, Retryable::kNo, "Run `rapport verify`"},
    {SQLITE_NOTADB, Code::kCorrupt, Retryable::kNo, "Run `rapport verify`"},
    {SQLITE_ERROR, Code::kCorrupt, Retryable::kNo, "It was not made by this version of Rapport"},
    {SQLITE_BUSY, Code::kUnavailable, Retryable::kYes, "Another process holds it; try again"},
    {SQLITE_LOCKED, Code::kUnavailable, Retryable::kYes, "It is in use; try again"},
    {SQLITE_INTERRUPT, Code::kUnavailable, Retryable::kYes, "Try again"},
    {SQLITE_PROTOCOL, Code::kUnavailable, Retryable::kYes, "Try again"},
    {SQLITE_TOOBIG, Code::kTooLarge, Retryable::kNo, "A value is too long to be stored"},
    {SQLITE_CONSTRAINT, Code::kConflict, Retryable::kNo, "The row is there already"},
};

bool is_failed_sync(int extended_code) {
  return extended_code == SQLITE_IOERR_FSYNC || extended_code == SQLITE_IOERR_DIR_FSYNC;
}

Error error_of(sqlite3* handle, const std::string& path, int code) {
  const int extended = handle == nullptr ? code : sqlite3_extended_errcode(handle);
  const char* words = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  for (const Meaning& m : kMeanings) {
    if (m.code != (code & 0xff)) continue;
    Error error{m.ours, fmt::format("{}: {} ({}). {}.", path, words, extended, m.advice),
                m.retryable};
    if (is_failed_sync(extended)) error.retryable = Retryable::kNo;
    return error;
  }
  BUG(fmt::format("{}: {} ({})", path, words, extended));
}

}  // namespace

Database::Database(std::string path, std::string vfs, std::unique_ptr<ScrubbingVfs> scrubbing)
    : path_(std::move(path)), vfs_(std::move(vfs)), scrubbing_(std::move(scrubbing)) {}

Database::~Database() {
  for (auto& [sql, cached] : cache_) sqlite3_finalize(cached->handle);
  sqlite3_close_v2(handle_);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const std::string& vfs,
                                                 std::initializer_list<std::string_view> pragmas) {
  TRY_ASSIGN(auto scrubbing, ScrubbingVfs::over(vfs));
  std::unique_ptr<Database> database(new Database(path, vfs, std::move(scrubbing)));
  TRY(database->connect(pragmas));
  return database;
}

Result<void> Database::connect(std::initializer_list<std::string_view> pragmas) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                         SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path_.c_str(), &handle_, kFlags, scrubbing_->name());
  if (code != SQLITE_OK) return failure(code);
  sqlite3_busy_timeout(handle_, kBusyMillis);
  TRY(run_script("PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;"));
  for (std::string_view pragma : pragmas) TRY(run_script(fmt::format("PRAGMA {};", pragma)));
  return run_script("PRAGMA secure_delete=ON;");
}

Error Database::failure(int code) {
  Error error = error_of(handle_, path_, code);
  if (handle_ != nullptr && is_failed_sync(sqlite3_extended_errcode(handle_))) {
    broken_ = true;
    keep_wal();
  }
  return error;
}

Statement Database::prepare(std::string_view sql) {
  auto found = cache_.find(sql);
  if (found != cache_.end() && !found->second->in_use) {
    found->second->in_use = true;
    return Statement(*this, found->second.get(), found->second->handle, std::nullopt);
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return Statement(*this, nullptr, nullptr, failure(code));
  if (found != cache_.end()) return Statement(*this, nullptr, handle, std::nullopt);
  auto cached = std::make_unique<Statement::Cached>();
  cached->handle = handle;
  cached->in_use = true;
  Statement::Cached* kept = cached.get();
  cache_.emplace(sql, std::move(cached));
  return Statement(*this, kept, handle, std::nullopt);
}

Result<void> Database::run_script(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Result<int64_t> Database::integer(std::string_view sql) {
  Statement s = prepare(sql);
  TRY_ASSIGN(const bool row, s.step());
  if (!row) return not_found(fmt::format("{}: no row", path_));
  return s.integer(0);
}

Result<Transaction> Database::begin(TransactionKind kind) {
  if (kind == TransactionKind::kRead) {
    TRY(run("BEGIN"));
    return Transaction(*this);
  }
  if (broken_) {
    return Error{Code::kIo,
                 fmt::format("{}: a sync failed, so nothing more is written. Restart.", path_)};
  }
  TRY(run("BEGIN IMMEDIATE"));
  return Transaction(*this);
}

Result<Savepoint> Database::savepoint() {
  TRY(run("SAVEPOINT unit"));
  return Savepoint(*this);
}

Result<Database::CheckpointResult> Database::checkpoint(Checkpoint kind) {
  const int mode =
      kind == Checkpoint::kTruncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  int frames = 0, moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, &frames, &moved);
  if (code == SQLITE_BUSY && kind == Checkpoint::kBeside) return CheckpointResult{};
  if (code != SQLITE_OK) return failure(code);
  return CheckpointResult{frames, moved};
}

Result<void> Database::copy_to(const std::string& path) {
  TRY_ASSIGN(auto target, open(path, vfs_, {"synchronous=FULL"}));
  sqlite3_backup* backup = sqlite3_backup_init(target->handle_, "main", handle_, "main");
  if (backup == nullptr) return target->failure(sqlite3_errcode(target->handle_));
  const int stepped = sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return error_of(nullptr, path, code);
  CHECK(stepped == SQLITE_DONE);
  return {};
}

Result<void> Database::check_integrity() {
  Statement s = prepare("PRAGMA integrity_check(1)");
  TRY_ASSIGN(const bool row, s.step());
  if (row && s.text(0) == "ok") return {};
  return corrupt(fmt::format("{}: {}. Run `rapport rebuild`.", path_,
                             row ? s.text(0) : std::string_view("no answer of the check")));
}

void Database::keep_wal() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ == nullptr || sqlite3_get_autocommit(database_->handle_) != 0) return;
  database_->run("ROLLBACK").ignore("the transaction ends with its locks in any case");
}

Result<void> Transaction::commit() {
  TRY(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

Savepoint::Savepoint(Savepoint&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Savepoint::~Savepoint() {
  if (database_ == nullptr || sqlite3_get_autocommit(database_->handle_) != 0) return;
  database_->run_script("ROLLBACK TO unit; RELEASE unit;")
      .ignore("the transaction around it fails then");
}

Result<void> Savepoint::keep() {
  TRY(database_->run("RELEASE unit"));
  database_ = nullptr;
  return {};
}

}  // namespace rapport::store
