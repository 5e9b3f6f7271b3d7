// Folded state of one workspace in a SQLite file.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "store/sqlite/database.h"
#include "store/sqlite/posting_table.h"
#include "store/sqlite/record_table.h"
#include "store/sqlite/work_tables.h"
#include "store/state.h"

namespace rapport::store {

// Any thread may call; calls on one handle wait for each other, except that checkpoint(), digest()
// and snapshot() have connections of their own and run beside them.
class SqliteState final : public State {
 public:
  static Result<std::unique_ptr<SqliteState>> open(const std::string& path, const std::string& vfs,
                                                   StateMode mode);
  ~SqliteState() override;

  Result<Cursor> cursor() override;
  Result<std::vector<std::optional<model::Record>>> load(
      std::span<const model::RecordKey> keys) override;
  Result<Page> list(const PageRequest& request) override;
  Result<void> apply(const Changes& changes) override;
  Result<std::vector<model::Timer>> timers_due(Micros until, int limit) override;
  Result<std::vector<Posting>> postings(const std::string& list, Sequence after, int limit,
                                        PageRequest::Order order) override;
  Result<std::vector<model::Mark>> marks(const std::string& connection, int limit) override;
  Result<std::vector<DueMark>> due_marks(const MarkRequest& request) override;
  Result<std::vector<DueMark>> marks_of(const std::string& connection,
                                        std::span<const model::RecordKey> records) override;
  Result<int64_t> count_marks(const std::string& connection) override;
  Result<std::optional<Micros>> next_attempt(const std::string& connection) override;
  Result<void> set_attempt(const model::Mark& mark, const Attempt& attempt) override;
  Result<int64_t> count(const std::string& type) override;
  Result<Hash> digest() override;
  Result<void> snapshot(const std::string& path) override;
  Result<void> scrub() override;
  Result<void> checkpoint() override;

 private:
  SqliteState(std::unique_ptr<Database> database, std::string path, std::string vfs,
              StateMode mode);
  Result<void> make_schema();
  Result<void> write(const Changes& changes);
  Result<void> write_all(const Changes& changes);
  Result<void> move_wal();
  Result<void> commit_built();
  // While building everything is in one transaction.
  Result<std::optional<Transaction>> begin_reading();
  Result<void> write_cursor(const Cursor& cursor);
  Result<std::unique_ptr<Database>> open_beside() const;
  Result<void> refuse_when_broken() const;

  const std::string path_, vfs_;
  const StateMode mode_;
  std::mutex mutex_;  // of all below up to the blank line
  std::unique_ptr<Database> database_;
  RecordTable records_;
  PostingTable postings_;
  TimerTable timers_;
  MarkTable marks_;
  std::optional<Transaction> building_;

  std::mutex checkpoint_mutex_;  // taken before the others
  std::mutex turnstile_;         // who waits for mutex_ here is not overtaken by apply() again
  std::unique_ptr<Database> checkpointer_;
  std::atomic<bool> broken_{false};
};

}  // namespace rapport::store
