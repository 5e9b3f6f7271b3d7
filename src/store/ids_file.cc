#include "store/ids_file.h"

#include <fmt/format.h>

#include <cstring>

namespace rapport::store {
namespace {

constexpr int64_t kSchemaVersion = 1;
constexpr const char* kSchema =
    "CREATE TABLE ids(run INTEGER, hash BLOB, workspace INTEGER, sequence INTEGER NOT NULL,"
    " PRIMARY KEY(run, hash, workspace)) WITHOUT ROWID;"
    "CREATE TABLE generations(first_run INTEGER PRIMARY KEY, last_run INTEGER NOT NULL,"
    " ids INTEGER NOT NULL, bloom BLOB NOT NULL);"
    "CREATE TABLE bindings(workspace INTEGER, hash BLOB, subject INTEGER NOT NULL,"
    " claimed_by INTEGER NOT NULL, PRIMARY KEY(workspace, hash)) WITHOUT ROWID;"
    "CREATE INDEX binding_of ON bindings(workspace, subject);"
    "CREATE TABLE point(one INTEGER PRIMARY KEY CHECK(one = 1), heads BLOB NOT NULL);";

template <class T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
T take(std::string_view& in) {
  T value;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return value;
}

constexpr size_t kHeadBytes = 4 + 8 + 32 + 8;

std::string encode(const LogPoint& point) {
  std::string out;
  append(out, point.position.value);
  for (const auto& [workspace, head] : point.heads) {
    append(out, workspace.value);
    append(out, head.sequence.value);
    append(out, head.chain);
    append(out, head.received_at.value);
  }
  return out;
}

Result<LogPoint> decode(std::string_view in) {
  LogPoint point;
  if (in.size() < 8 || (in.size() - 8) % kHeadBytes != 0)
    return corrupt("ids.db holds a point of the log of the wrong length");
  point.position = {take<uint64_t>(in)};
  while (!in.empty()) {
    Head& head = point.heads[{take<uint32_t>(in)}];
    head.sequence = {take<uint64_t>(in)};
    head.chain = take<Hash>(in);
    head.received_at = {take<int64_t>(in)};
  }
  return point;
}

}  // namespace

Result<std::unique_ptr<IdsFile>> IdsFile::open(const std::string& path, const std::string& vfs) {
  std::unique_ptr<IdsFile> file(new IdsFile);
  const auto connect = [&] {
    return Database::open(path, vfs,
                          {"journal_mode=WAL", "synchronous=NORMAL", "cache_size=-8192"});
  };
  TRY_ASSIGN(file->writer_, connect());
  TRY(file->prepare());
  TRY_ASSIGN(file->reader_, connect());
  return file;
}

Result<void> IdsFile::prepare() {
  TRY_ASSIGN(const int64_t version, writer_->integer("PRAGMA user_version"));
  if (version == kSchemaVersion) return {};
  if (version != 0)
    return corrupt(
        fmt::format("ids.db has format {}, this program knows {}", version, kSchemaVersion));
  TRY_ASSIGN(Transaction transaction, writer_->begin(TransactionKind::kWrite));
  TRY(writer_->run_script(kSchema));
  TRY(writer_->run_script(fmt::format("PRAGMA user_version = {}", kSchemaVersion)));
  return transaction.commit();
}

Result<LogPoint> IdsFile::read_point() {
  Statement statement = writer_->statement("SELECT heads FROM point");
  TRY_ASSIGN(const bool row, statement.step());
  if (!row) return LogPoint();
  return decode(statement.blob(0));
}

Result<std::vector<Generation>> IdsFile::read_generations() {
  std::vector<Generation> all;
  Statement statement = writer_->statement(
      "SELECT first_run, last_run, ids, bloom FROM generations ORDER BY first_run");
  for (;;) {
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) return all;
    all.push_back({statement.integer(0), statement.integer(1),
                   static_cast<uint64_t>(statement.integer(2)), Bloom(statement.blob(3))});
    if (all.back().bloom.empty()) return corrupt("ids.db holds a filter of the wrong length");
  }
}

Result<std::optional<Sequence>> IdsFile::sequence_of(const IdName& id, const Generation& in) {
  const std::lock_guard lock(reader_mutex_);
  Statement find = reader_->statement(
      "SELECT sequence FROM ids WHERE run = ?1 AND hash = ?2 AND workspace = ?3");
  for (int64_t run = in.first_run; run <= in.last_run; ++run) {
    TRY_ASSIGN(const bool row, find.bind(run, Blob{bytes_of(id.hash)}, id.workspace).step());
    if (row) return std::optional(Sequence{static_cast<uint64_t>(find.integer(0))});
  }
  return std::optional<Sequence>();
}

Result<std::optional<Ids::Bound>> IdsFile::bound(const IdName& identifier) {
  const std::lock_guard lock(reader_mutex_);
  return find_bound(identifier);
}

// One transaction: taking and giving back the locks costs as much as a look-up.
Result<std::vector<std::optional<Ids::Bound>>> IdsFile::bound(std::span<const IdName> identifiers) {
  std::vector<std::optional<Ids::Bound>> all;
  all.reserve(identifiers.size());
  const std::lock_guard lock(reader_mutex_);
  TRY_ASSIGN(Transaction transaction, reader_->begin(TransactionKind::kRead));
  for (const IdName& identifier : identifiers) {
    TRY_ASSIGN(all.emplace_back(), find_bound(identifier));
  }
  TRY(transaction.commit());
  return all;
}

Result<std::optional<Ids::Bound>> IdsFile::find_bound(const IdName& identifier) {
  Statement find = reader_->statement(
      "SELECT subject, claimed_by FROM bindings WHERE workspace = ?1 AND hash = ?2",
      identifier.workspace, Blob{bytes_of(identifier.hash)});
  TRY_ASSIGN(const bool row, find.step());
  if (!row) return std::optional<Ids::Bound>();
  return std::optional(Ids::Bound{{static_cast<uint64_t>(find.integer(0))},
                                  {static_cast<uint64_t>(find.integer(1))}});
}

Result<void> IdsFile::write(std::span<const IdRow> ids, std::span<const BindingRow> bindings,
                            const Generation* generation, const LogPoint& point) {
  TRY_ASSIGN(Transaction transaction, writer_->begin(TransactionKind::kWrite));
  Statement add_id = writer_->statement("INSERT INTO ids VALUES(?1, ?2, ?3, ?4)");
  for (const IdRow& row : ids) {
    TRY(add_id
            .bind(generation->last_run, Blob{bytes_of(row.id.hash)}, row.id.workspace, row.sequence)
            .run());
  }
  Statement add_binding =
      writer_->statement("INSERT OR REPLACE INTO bindings VALUES(?1, ?2, ?3, ?4)");
  for (const BindingRow& row : bindings) {
    TRY(add_binding
            .bind(row.identifier.workspace, Blob{bytes_of(row.identifier.hash)}, row.bound.subject,
                  row.bound.claimed_by)
            .run());
  }
  if (generation != nullptr) {
    TRY(writer_->run("INSERT OR REPLACE INTO generations VALUES(?1, ?2, ?3, ?4)",
                     generation->first_run, generation->last_run, generation->ids,
                     Blob{generation->bloom.bytes()}));
  }
  TRY(writer_->run("INSERT OR REPLACE INTO point VALUES(1, ?1)", Blob{encode(point)}));
  return transaction.commit();
}

Result<void> IdsFile::unbind(WorkspaceId workspace, std::span<const SubjectId> subjects) {
  TRY_ASSIGN(Transaction transaction, writer_->begin(TransactionKind::kWrite));
  for (SubjectId subject : subjects)
    TRY(writer_->run("DELETE FROM bindings WHERE workspace = ?1 AND subject = ?2", workspace,
                     subject));
  TRY(transaction.commit());
  return empty_wal();
}

Result<void> IdsFile::forget(WorkspaceId workspace) {
  TRY_ASSIGN(Transaction transaction, writer_->begin(TransactionKind::kWrite));
  TRY(writer_->run("DELETE FROM bindings WHERE workspace = ?1", workspace));
  TRY(writer_->run("DELETE FROM ids WHERE workspace = ?1", workspace));
  TRY(transaction.commit());
  return empty_wal();
}

Result<void> IdsFile::empty_wal() {
  TRY_ASSIGN(const auto moved, writer_->checkpoint(Database::Checkpoint::kTruncate));
  CHECK(moved.moved == moved.frames);
  return {};
}

}  // namespace rapport::store
