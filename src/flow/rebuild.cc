#include "flow/rebuild.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "flow/write_behind.h"

namespace rapport::flow {

using Item = store::EventLog::Follower::Item;

namespace {

constexpr size_t kChunk = 1024;
constexpr size_t kChunksAhead = 16;

// Gives the workspace's events in chunks; an empty chunk is the end.
class Source {
 public:
  Source(store::EventLog& log, WorkspaceId workspace, Position from, Sequence last)
      : follower_(log.follow(from)), workspace_(workspace), last_(last) {}

  Result<std::vector<Item>> next() {
    std::vector<Item> chunk;
    while (chunk.size() < kChunk && !finished_) {
      TRY_ASSIGN(auto item, follower_->next());
      if (!item) break;
      if (item->event.workspace != workspace_) continue;
      finished_ = item->event.sequence >= last_;
      chunk.push_back(std::move(*item));
    }
    return chunk;
  }

 private:
  std::unique_ptr<store::EventLog::Follower> follower_;
  WorkspaceId workspace_;
  Sequence last_;
  bool finished_ = false;
};

// The same, read by a thread of its own that stays a bounded number of chunks ahead.
class SourceAhead {
 public:
  explicit SourceAhead(Source source) : source_(std::move(source)), thread_([this] { read(); }) {}
  ~SourceAhead() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Result<std::vector<Item>> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty(); });
    auto chunk = std::move(ready_.front());
    if (chunk.ok() && !chunk->empty()) ready_.pop_front();
    changed_.notify_all();
    return chunk;
  }

 private:
  void read() {
    for (;;) {
      auto chunk = source_.next();
      const bool last = !chunk.ok() || chunk->empty();
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || ready_.size() < kChunksAhead; });
      if (stop_) return;
      ready_.push_back(std::move(chunk));
      changed_.notify_all();
      if (last) return;
    }
  }

  Source source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Result<std::vector<Item>>> ready_;
  bool stop_ = false;
  std::thread thread_;  // last: starts when the rest is ready
};

template <class Chunks>
Result<RebuildReport> fold_all(Chunks& chunks, Fold& fold, const RebuildOptions& options,
                               uint64_t all) {
  RebuildReport report;
  for (;;) {
    TRY_ASSIGN(auto chunk, chunks.next());
    if (chunk.empty()) break;
    for (const Item& item : chunk) report.erased += item.erased ? 1 : 0;
    report.events += chunk.size();
    TRY(fold.fold(chunk));
    if (fold.unwritten() >= options.events_per_write ||
        fold.changed_records() >= options.records_per_write)
      TRY(fold.apply());
    if (options.progress) options.progress(report.events, all);
  }
  TRY(fold.apply());
  report.cursor = fold.cursor();
  return report;
}

Result<RebuildReport> fold_into(store::EventLog& log, WorkspaceId workspace,
                                store::FoldedState& fresh, const decide::Engine& engine,
                                const RebuildOptions& options) {
  Fold fold(
      fresh, engine, [&log](std::span<const Position> at) { return log.read(at); },
      options.kept_records);
  TRY(fold.open());
  const Sequence last = log.log().head(workspace).sequence;
  if (fold.cursor().sequence >= last) return RebuildReport{0, 0, fold.cursor()};
  const uint64_t all = last.value - fold.cursor().sequence.value;
  Source source(log, workspace, options.from, last);
  if (options.threads == Threads::kOne) return fold_all(source, fold, options, all);
  SourceAhead ahead(std::move(source));
  return fold_all(ahead, fold, options, all);
}

}  // namespace

Result<RebuildReport> rebuild(store::EventLog& log, WorkspaceId workspace, store::State& fresh,
                              const decide::Engine& engine, RebuildOptions options) {
  if (options.threads == Threads::kOne) return fold_into(log, workspace, fresh, engine, options);
  Worker worker(options.threads);
  WriteBehind behind(fresh, nullptr, worker,
                     [&](const store::Changes& changes) { return fresh.apply(changes); });
  TRY_ASSIGN(auto report, fold_into(log, workspace, behind, engine, options));
  TRY(behind.wait());
  return report;
}

}  // namespace rapport::flow
