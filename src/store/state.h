// Folded state of one workspace, and the operational tables beside it. One interface for every
// store; one contract suite (state_contract_test) runs on each.
//
// Folded tables (in the digest, rebuildable from the log): records, entries, timers, marks.
// Derived (rebuildable, not in the digest): postings, which hold positions in the log.
// Operational (losable): attempts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/result.h"
#include "model/record.h"

namespace rapport::store {

// How far the fold has come. `chain` is the log's chain hash at `sequence`.
struct Cursor {
  Sequence sequence;
  Hash chain{};
  Micros received_at;
  Position next;             // where the following record starts in the log
  int64_t fold_version = 0;  // of the engine that folded
  bool operator==(const Cursor&) const = default;
};

struct PutRecord {
  model::Record record;
  std::vector<model::IndexEntry> entries_removed, entries_added;  // against the version before
};
struct RemovedRecord {
  model::RecordKey key;
  std::vector<model::IndexEntry> entries_removed;
};
// An event filed under a list, e.g. "subject/17" or "conversation/cnv_…".
struct Posting {
  std::string list;
  Sequence sequence;
  Position position;
};

// All effects of a batch of events, applied in one transaction together with the cursor. Of each
// kind the removals come first; a record, timer or mark stands at most once among the puts.
struct Changes {
  Cursor cursor;
  std::vector<PutRecord> puts;
  std::vector<RemovedRecord> removals;
  std::vector<model::Timer> timers;
  std::vector<std::string> timers_removed;  // ids
  std::vector<model::Mark> marks;           // replaces the version of the same row
  std::vector<model::Mark> marks_removed;   // removes the row when its version is <= this one's
  std::vector<Posting> postings;
  std::vector<std::string> lists_removed;
};

// Work for one connection: a mark and what is known of earlier tries.
struct Attempt {
  int count = 0;
  Micros not_before;
  std::string error;  // class and message of the last failure
};
struct DueMark {
  model::Mark mark;
  Attempt attempt;
};

// Which marks are due: those of one type of record in the order (version, id), after the given one.
struct MarkRequest {
  std::string connection;
  std::string type;
  model::Urgency urgency = model::Urgency::kUsual;
  Micros now;  // without those that are to be tried later
  Sequence after_version;
  std::string after_id;
  int limit = 100;
};

struct PageRequest {
  std::string type;
  std::string field;  // with value: only records with that entry; empty: all of the type
  std::string value;
  std::string after;  // cursor of the last row seen; empty: from the start
  int limit = 50;     // 1 to 1000
  enum class Order { kNewest, kOldest } order = Order::kNewest;  // by created, then id
};
struct Page {
  std::vector<model::Record> records;
  std::string next;  // empty: no more
};

// What folding needs of a state.
class FoldedState {
 public:
  virtual ~FoldedState() = default;
  virtual Result<Cursor> cursor() = 0;
  // Same order as the keys; nullopt for what does not exist.
  virtual Result<std::vector<std::optional<model::Record>>> load(
      std::span<const model::RecordKey> keys) = 0;
  virtual Result<Page> list(const PageRequest& request) = 0;
  virtual Result<void> apply(const Changes& changes) = 0;

  virtual Result<std::vector<model::Timer>> timers_due(Micros until, int limit) = 0;  // (due, id)
  // Events of a list; `after` exclusive (0: from the start; newest first: before, 0 = from the
  // end).
  virtual Result<std::vector<Posting>> postings(const std::string& list, Sequence after, int limit,
                                                PageRequest::Order order) = 0;
};

class State : public FoldedState {
 public:
  virtual Result<std::vector<model::Mark>> marks(const std::string& connection, int limit) = 0;
  virtual Result<std::vector<DueMark>> due_marks(const MarkRequest& request) = 0;
  // Those of these records that have one, due or not.
  virtual Result<std::vector<DueMark>> marks_of(const std::string& connection,
                                                std::span<const model::RecordKey> records) = 0;
  virtual Result<int64_t> count_marks(const std::string& connection) = 0;
  virtual Result<std::optional<Micros>> next_attempt(const std::string& connection) = 0;
  virtual Result<void> set_attempt(const model::Mark& mark, const Attempt& attempt) = 0;
  virtual Result<int64_t> count(const std::string& type) = 0;

  // SHA-256 over the folded tables, rows in primary-key order, in canonical form. Equal state
  // gives equal digests on every store.
  virtual Result<Hash> digest() = 0;
  // A consistent snapshot as of the cursor, written to a new file; safe while others read.
  virtual Result<void> snapshot(const std::string& path) = 0;
  // Leaves no byte of removed rows in file or WAL.
  virtual Result<void> scrub() = 0;
  // Moves the WAL into the file, in steps, off the writer's path.
  virtual Result<void> checkpoint() = 0;
};

// Opens state/<workspace>.db, made when missing. Two handles on one file see each other's commits:
// one writes (the runner), others read. `vfs` is a SQLite VFS name, empty for the default one.
// kBuild is for a file that nobody else has open and nobody misses: several times faster, but what
// was applied is there for others, and after a crash, only when checkpoint() has returned; a file
// whose building was cut short must be removed.
enum class StateMode { kWrite, kRead, kBuild };
Result<std::unique_ptr<State>> open_sqlite_state(const std::string& path, const std::string& vfs,
                                                 StateMode mode);

}  // namespace rapport::store
