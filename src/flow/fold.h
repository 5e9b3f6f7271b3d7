// Folds the events of one workspace: loads what a batch needs, decides in memory, and writes
// records, timers, outbox, postings and cursor in one transaction. One thread.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <vector>

#include "decide/engine.h"
#include "flow/cache.h"
#include "flow/timers.h"
#include "store/event_log.h"
#include "store/state.h"

namespace rapport::flow {

class Fold {
 public:
  // Reads events back by position, for steps that need a subject's history.
  using ReadEvents = std::function<Result<std::vector<model::Event>>(std::span<const Position>)>;

  static constexpr size_t kKeptRecords = 48'000;  // in memory between writes

  Fold(store::FoldedState& state, const decide::Engine& engine, ReadEvents read_events,
       size_t kept_records = kKeptRecords)
      : state_(state),
        engine_(engine),
        read_events_(std::move(read_events)),
        cache_(state, kept_records),
        timers_(state) {}

  Result<void> open();                                     // reads the cursor
  const store::Cursor& cursor() const { return cursor_; }  // in memory; apply() makes it stored

  // Folds events in order; those at or before the cursor are skipped. Unwritten until apply().
  // kCorrupt when an event does not follow the cursor.
  Result<void> fold(std::span<store::EventLog::Follower::Item> items);
  Result<void> apply();
  size_t unwritten() const { return events_unwritten_; }
  size_t changed_records() const { return cache_.changed(); }
  Result<std::optional<Micros>> next_due() { return timers_.next_due(); }

 private:
  Result<void> prefetch(std::span<store::EventLog::Follower::Item> items);
  Result<void> fold_one(store::EventLog::Follower::Item& item);
  Result<void> provide(const decide::Needs& needs);
  void absorb(const model::Event& event, decide::Decisions& decisions);

  store::FoldedState& state_;
  const decide::Engine& engine_;
  ReadEvents read_events_;
  Cache cache_;
  Timers timers_;
  store::Cursor cursor_;
  std::map<std::pair<std::string, model::RecordKey>, model::Mark> marks_;  // the latest
  std::map<std::pair<std::string, model::RecordKey>, Sequence> marks_removed_;
  std::vector<store::Posting> postings_;
  std::vector<std::string> lists_removed_;
  size_t events_unwritten_ = 0;
};

}  // namespace rapport::flow
