// One connection to one SQLite file: opening, statements, transactions, copies, and the mapping of
// SQLite's errors to ours (kDiskFull, kIo, kCorrupt, kUnavailable for a lock held too long).
//
// A connection is used by one thread at a time; several connections may share a file. Every page
// that goes into the file is rid of the bytes of removed rows first (scrubbing_vfs.h), and removed
// cells are overwritten (secure_delete), whatever the pragmas say.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "store/sqlite/statement.h"

struct sqlite3;

namespace rapport::store {

class ScrubbingVfs;
class Transaction;
class Savepoint;

enum class TransactionKind { kRead, kWrite };

class Database {
 public:
  // Opens the file, made when missing, and sets the pragmas in order, e.g. "journal_mode=WAL".
  // `vfs` is a SQLite VFS name, empty for the default one.
  static Result<std::unique_ptr<Database>> open(const std::string& path, const std::string& vfs,
                                                std::initializer_list<std::string_view> pragmas);
  ~Database();
  Database(const Database&) = delete;

  // The cached statement of this text, with its first parameters bound.
  template <class... Values>
  Statement statement(std::string_view sql, const Values&... values) {
    Statement s = prepare(sql);
    if constexpr (sizeof...(values) > 0) s.bind(values...);
    return s;
  }
  // One statement without rows.
  template <class... Values>
  Result<void> run(std::string_view sql, const Values&... values) {
    return statement(sql, values...).run();
  }
  // Several statements without parameters, e.g. a schema.
  Result<void> run_script(const std::string& sql);
  // First column of the first row; kNotFound when there is none.
  Result<int64_t> integer(std::string_view sql);

  // kWrite takes the write lock at once. Ends without effect unless committed.
  Result<Transaction> begin(TransactionKind kind);
  // A unit inside a transaction that can fail alone.
  Result<Savepoint> savepoint();

  enum class Checkpoint {
    kBeside,    // what can be moved without waiting for anybody, which may be nothing
    kTruncate,  // all, and the WAL is empty afterwards; waits for readers
  };
  struct CheckpointResult {
    int64_t frames = 0, moved = 0;  // pages in the WAL, and how many of them are in the file
  };
  // kUnavailable when kTruncate had to wait too long.
  Result<CheckpointResult> checkpoint(Checkpoint kind);

  // Consistent, synced copy of the committed content to a new file; others may read and write.
  Result<void> copy_to(const std::string& path);
  // SQLite's own check of the file's structure; kCorrupt with the first finding.
  Result<void> check_integrity();

  // Closing will leave the WAL as it is. For use after a failed sync, which closing would repeat.
  void keep_wal();

  const std::string& path() const { return path_; }
  // A sync failed: nothing may be written any more, the process must stop.
  bool broken() const { return broken_; }

 private:
  friend class Statement;
  friend class Transaction;
  friend class Savepoint;
  Database(std::string path, std::string vfs, std::unique_ptr<ScrubbingVfs> scrubbing);
  Result<void> connect(std::initializer_list<std::string_view> pragmas);
  Statement prepare(std::string_view sql);
  Error failure(int code);

  struct Words {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::string path_, vfs_;
  std::unique_ptr<ScrubbingVfs> scrubbing_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<std::string, std::unique_ptr<Statement::Cached>, Words, std::equal_to<>>
      cache_;
  bool broken_ = false;
};

class Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  ~Transaction();  // rolls back unless committed
  Result<void> commit();

 private:
  friend class Database;
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

class Savepoint {
 public:
  Savepoint(Savepoint&& other) noexcept;
  ~Savepoint();  // undoes what was done since unless kept
  Result<void> keep();

 private:
  friend class Database;
  explicit Savepoint(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace rapport::store
