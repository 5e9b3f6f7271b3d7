#include "store/sqlite/sqlite_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/page_cursor.h"
#include "store/state_digest.h"

namespace rapport::store {
namespace {

constexpr int64_t kSchemaVersion = 3;
// In pages of 4 KiB: when a checkpoint may hold the writer, and what it should leave for that.
constexpr int64_t kLongWal = 16'384, kShortRest = 512;
constexpr int kPassesBeside = 3;

// `chain` is binary. One row, number 1.
constexpr std::string_view kCursorSchema = R"sql(
    CREATE TABLE cursor(
      one INTEGER PRIMARY KEY CHECK(one = 1),
      sequence INTEGER NOT NULL,
      chain BLOB NOT NULL,
      received_at INTEGER NOT NULL,
      next INTEGER NOT NULL,
      fold_version INTEGER NOT NULL);
  )sql";

std::string_view cache_size(StateMode mode) {
  switch (mode) {
    case StateMode::kRead:
      return "cache_size=-2048";
    case StateMode::kWrite:
      return "cache_size=-16384";
    case StateMode::kBuild:
      return "cache_size=-262144";
  }
  BUG("a mode without a cache size");
}

Result<void> check_request(const PageRequest& request) {
  if (request.limit < 1 || request.limit > 1000) {
    return invalid("The limit must be between 1 and 1000.", "limit");
  }
  return {};
}

}  // namespace

SqliteState::SqliteState(std::unique_ptr<Database> database, std::string path, std::string vfs,
                         StateMode mode)
    : path_(std::move(path)),
      vfs_(std::move(vfs)),
      mode_(mode),
      database_(std::move(database)),
      records_(*database_),
      postings_(*database_),
      timers_(*database_),
      marks_(*database_) {}

SqliteState::~SqliteState() {
  if (!broken_) return;
  database_->keep_wal();
  if (checkpointer_) checkpointer_->keep_wal();
}

Result<std::unique_ptr<SqliteState>> SqliteState::open(const std::string& path,
                                                       const std::string& vfs, StateMode mode) {
  const bool builds = mode == StateMode::kBuild;
  TRY_ASSIGN(auto database,
             Database::open(path, vfs,
                            {"page_size=4096", builds ? "journal_mode=OFF" : "journal_mode=WAL",
                             builds ? "synchronous=FULL" : "synchronous=NORMAL",
                             "wal_autocheckpoint=0", cache_size(mode)}));
  std::unique_ptr<SqliteState> state(new SqliteState(std::move(database), path, vfs, mode));
  TRY(state->make_schema());
  if (mode == StateMode::kRead) TRY(state->database_->run_script("PRAGMA query_only=ON;"));
  return state;
}

Result<void> SqliteState::make_schema() {
  TRY_ASSIGN(int64_t version, database_->integer("PRAGMA user_version"));
  if (version == 0) {
    TRY_ASSIGN(auto transaction, database_->begin(TransactionKind::kWrite));
    TRY_ASSIGN(version, database_->integer("PRAGMA user_version"));
    if (version != 0) return {};  // another handle was faster
    for (const std::string& schema :
         {std::string(RecordTable::schema()), PostingTable::schema(),
          std::string(TimerTable::schema()), std::string(MarkTable::schema()),
          std::string(kCursorSchema)}) {
      TRY(database_->run_script(schema));
    }
    TRY(database_->run_script(fmt::format("PRAGMA user_version={};", kSchemaVersion)));
    return transaction.commit();
  }
  if (version == kSchemaVersion) return {};
  if (version < kSchemaVersion)
    return corrupt(
        fmt::format("{}: was made by an older Rapport (schema {}, now {}), so it has to "
                    "be folded again: `rapport rebuild` does, and so does a start",
                    path_, version, kSchemaVersion));
  return Error{Code::kUnsupported,
               fmt::format("{}: has schema {}, this Rapport knows {}. Use the newer Rapport, or "
                           "remove the file and run `rapport rebuild`.",
                           path_, version, kSchemaVersion)};
}

Result<void> SqliteState::refuse_when_broken() const {
  if (!broken_) return {};
  return Error{Code::kIo,
               fmt::format("{}: a write failed, so nothing more is written. Restart.", path_)};
}

Result<std::unique_ptr<Database>> SqliteState::open_beside() const {
  return Database::open(path_, vfs_, {"synchronous=NORMAL", "wal_autocheckpoint=0"});
}

Result<Cursor> SqliteState::cursor() {
  std::lock_guard lock(mutex_);
  Statement s =
      database_->statement("SELECT sequence, chain, received_at, next, fold_version FROM cursor");
  TRY_ASSIGN(const bool row, s.step());
  Cursor cursor;
  if (!row) return cursor;
  const std::string_view chain = s.blob(1);
  if (chain.size() != cursor.chain.size()) {
    return corrupt(fmt::format("{}: the cursor is damaged. Run `rapport rebuild`.", path_));
  }
  cursor.sequence.value = static_cast<uint64_t>(s.integer(0));
  std::ranges::copy(chain, cursor.chain.begin());
  cursor.received_at.value = s.integer(2);
  cursor.next.value = static_cast<uint64_t>(s.integer(3));
  cursor.fold_version = s.integer(4);
  return cursor;
}

Result<std::vector<std::optional<model::Record>>> SqliteState::load(
    std::span<const model::RecordKey> keys) {
  std::lock_guard lock(mutex_);
  TRY_ASSIGN(const auto transaction, begin_reading());
  return records_.load(keys);
}

Result<Page> SqliteState::list(const PageRequest& request) {
  TRY(check_request(request));
  RecordTable::Range range{
      {request.type, request.field, request.value}, {}, request.order, request.limit + 1};
  if (!request.after.empty()) {
    TRY_ASSIGN(const PageEnd end, decode_page_cursor(request));
    range.after = RecordTable::Row{end.created, end.id};
  }
  std::lock_guard lock(mutex_);
  TRY_ASSIGN(const auto transaction, begin_reading());
  TRY_ASSIGN(auto rows, records_.list(range));
  const bool more = rows.size() > static_cast<size_t>(request.limit);
  if (more) rows.pop_back();
  std::vector<model::RecordKey> keys;
  for (const auto& row : rows) keys.push_back({request.type, row.id});
  TRY_ASSIGN(auto records, records_.load(keys));
  Page page;
  for (auto& record : records) {
    if (record) page.records.push_back(std::move(*record));
  }
  if (more) page.next = encode_page_cursor(request, {rows.back().created, rows.back().id});
  return page;
}

Result<void> SqliteState::apply(const Changes& changes) {
  TRY(refuse_when_broken());
  {
    std::lock_guard wait_behind_checkpoint(turnstile_);
  }
  std::lock_guard lock(mutex_);
  auto written = write(changes);
  if (database_->broken()) broken_ = true;
  return written;
}

Result<std::optional<Transaction>> SqliteState::begin_reading() {
  if (building_) return std::optional<Transaction>();
  TRY_ASSIGN(auto transaction, database_->begin(TransactionKind::kRead));
  return std::optional<Transaction>(std::move(transaction));
}

Result<void> SqliteState::write(const Changes& changes) {
  if (!building_) {
    TRY_ASSIGN(auto transaction, database_->begin(TransactionKind::kWrite));
    if (mode_ != StateMode::kBuild) {
      TRY(write_all(changes));
      return transaction.commit();
    }
    building_.emplace(std::move(transaction));
  }
  auto written = write_all(changes);
  if (!written) broken_ = true;  // there is no journal to undo a half
  return written;
}

Result<void> SqliteState::commit_built() {
  TRY(refuse_when_broken());
  std::lock_guard lock(mutex_);
  if (!building_) return {};
  auto committed = building_->commit();
  if (!committed) broken_ = true;
  building_.reset();
  return committed;
}

Result<void> SqliteState::write_all(const Changes& changes) {
  TRY(records_.apply(changes.removals, changes.puts));
  TRY(timers_.apply(changes.timers_removed, changes.timers));
  TRY(marks_.apply(changes.marks_removed, changes.marks));
  TRY(postings_.apply(changes.lists_removed, changes.postings));
  return write_cursor(changes.cursor);
}

Result<void> SqliteState::write_cursor(const Cursor& cursor) {
  return database_->run(
      "INSERT OR REPLACE INTO cursor(one, sequence, chain, received_at, next, fold_version)"
      " VALUES(1, ?1, ?2, ?3, ?4, ?5)",
      cursor.sequence, Blob{bytes_of(cursor.chain)}, cursor.received_at, cursor.next,
      cursor.fold_version);
}

Result<std::vector<model::Timer>> SqliteState::timers_due(Micros until, int limit) {
  std::lock_guard lock(mutex_);
  return timers_.due(until, limit);
}

Result<std::vector<Posting>> SqliteState::postings(const std::string& list, Sequence after,
                                                   int limit, PageRequest::Order order) {
  std::lock_guard lock(mutex_);
  TRY_ASSIGN(const auto transaction, begin_reading());
  return postings_.read(list, after, limit, order);
}

Result<std::vector<model::Mark>> SqliteState::marks(const std::string& connection, int limit) {
  std::lock_guard lock(mutex_);
  return marks_.of(connection, limit);
}

Result<std::vector<DueMark>> SqliteState::due_marks(const MarkRequest& request) {
  std::lock_guard lock(mutex_);
  return marks_.due(request);
}

Result<std::vector<DueMark>> SqliteState::marks_of(const std::string& connection,
                                                   std::span<const model::RecordKey> records) {
  std::lock_guard lock(mutex_);
  TRY_ASSIGN(const auto transaction, begin_reading());
  return marks_.of_records(connection, records);
}

Result<int64_t> SqliteState::count_marks(const std::string& connection) {
  std::lock_guard lock(mutex_);
  return marks_.count(connection);
}

Result<std::optional<Micros>> SqliteState::next_attempt(const std::string& connection) {
  std::lock_guard lock(mutex_);
  TRY_ASSIGN(const auto transaction, begin_reading());
  return marks_.next_attempt(connection);
}

Result<void> SqliteState::set_attempt(const model::Mark& mark, const Attempt& attempt) {
  TRY(refuse_when_broken());
  std::lock_guard lock(mutex_);
  return marks_.set_attempt(mark, attempt);
}

Result<int64_t> SqliteState::count(const std::string& type) {
  std::lock_guard lock(mutex_);
  return records_.count(type);
}

Result<Hash> SqliteState::digest() {
  TRY(commit_built());
  TRY_ASSIGN(const auto database, open_beside());
  TRY_ASSIGN(auto transaction, database->begin(TransactionKind::kRead));
  StateDigest digest;
  const auto add = [&](const auto&... row) { digest.add(row...); };
  RecordTable records(*database);
  TRY(records.each_record(add));
  TRY(records.each_entry(add));
  TRY(TimerTable(*database).each(add));
  TRY(MarkTable(*database).each(add));
  return digest.finish();
}

Result<void> SqliteState::snapshot(const std::string& path) {
  TRY(commit_built());
  TRY_ASSIGN(const auto database, open_beside());
  return database->copy_to(path);
}

Result<void> SqliteState::scrub() {
  TRY(commit_built());
  std::lock_guard no_checkpoint(checkpoint_mutex_);
  std::lock_guard first_in_line(turnstile_);
  std::lock_guard lock(mutex_);
  auto result = database_->checkpoint(Database::Checkpoint::kTruncate);
  if (database_->broken()) broken_ = true;
  TRY(result);
  return {};
}

Result<void> SqliteState::checkpoint() {
  TRY(commit_built());
  if (mode_ == StateMode::kBuild) return {};
  std::lock_guard lock(checkpoint_mutex_);
  if (!checkpointer_) {
    TRY_ASSIGN(checkpointer_, open_beside());
  }
  auto moved = move_wal();
  if (checkpointer_->broken()) broken_ = true;
  return moved;
}

// The WAL starts anew only when all of it was moved, which a busy writer never leaves time for: it
// is held for the rest of a long WAL, after passes beside it have made that rest short.
Result<void> SqliteState::move_wal() {
  constexpr auto kBeside = Database::Checkpoint::kBeside;
  TRY_ASSIGN(auto last, checkpointer_->checkpoint(kBeside));
  if (last.frames < kLongWal) return {};
  for (int pass = 0; pass < kPassesBeside; ++pass) {
    TRY_ASSIGN(const auto next, checkpointer_->checkpoint(kBeside));
    const bool short_rest = next.frames - last.frames < kShortRest;
    last = next;
    if (short_rest) break;
  }
  std::lock_guard first_in_line(turnstile_);
  std::lock_guard hold_writer(mutex_);
  TRY(checkpointer_->checkpoint(kBeside));
  return {};
}

Result<std::unique_ptr<State>> open_sqlite_state(const std::string& path, const std::string& vfs,
                                                 StateMode mode) {
  TRY_ASSIGN(auto state, SqliteState::open(path, vfs, mode));
  return std::unique_ptr<State>(std::move(state));
}

}  // namespace rapport::store
