// Follows the log of one shard and folds every workspace in it. One thread calls step(); the rest
// of the public functions may be called from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "flow/fold.h"
#include "flow/write_behind.h"

namespace rapport::flow {

struct RunnerOptions {
  // A write follows once so many events were folded, so many records changed or so much time has
  // passed, over all workspaces; at the latest at the end of the log. The larger a write, the fewer
  // pages it costs per event: the same ones are hit again and again.
  size_t max_events = 32'768;
  size_t max_records = 40'000;
  Micros max_time = millis(1000);
  // After a batch smaller than this the runner rests, so that under load it writes larger ones.
  size_t small_batch = 4096;
  Micros rest = millis(10);
  Threads threads = Threads::kOne;
};

class Runner {
 public:
  // Gives a handle of a workspace's state; kNotFound when the workspace was deleted. One to write,
  // and with Threads::kMore one to read beside it.
  using OpenState =
      std::function<Result<std::unique_ptr<store::State>>(WorkspaceId, store::StateMode)>;
  // Called on the runner's thread once what was folded is written.
  using Applied = std::function<void(WorkspaceId, const store::Cursor&)>;

  Runner(store::EventLog& log, const decide::Engine& engine, OpenState open_state, Clock& clock,
         Failpoints& failpoints, Metrics& metrics, Reporter& reporter, RunnerOptions options,
         Applied applied);
  ~Runner();

  // Opens these workspaces' states and finds where to follow the log from. State that does not
  // belong to this log (cursor ahead, other chain hash, other fold version) is given to `rebuild`.
  using Rebuild = std::function<Result<void>(WorkspaceId, const std::string& reason)>;
  Result<void> open(const std::vector<WorkspaceId>& workspaces, const Rebuild& rebuild);

  // Folds and writes what is committed, up to one batch; appends a tick where a timer is due.
  // Returns the number of events folded: 0 means the end of the log was reached.
  Result<size_t> step();
  // When step() has work again even if no event comes: the next timer, or a second from now.
  Result<Micros> next_work();

  store::Cursor cursor(WorkspaceId workspace) const;  // as written
  uint64_t lag() const;  // committed events not yet folded, all workspaces
  // Runs `work` on the runner's thread between steps, with the workspace's state up to date with
  // all that was committed before the call. From the runner's own thread: at once.
  Result<void> with_state(WorkspaceId workspace,
                          const std::function<Result<void>(store::State&)>& work);
  // As above without waiting for it.
  void later(WorkspaceId workspace, std::function<Result<void>(store::State&)> work);
  // Returns when the workspace's state shows this event; kTimeout after `limit`, kUnavailable when
  // the runner stops. In one-threaded use it folds until then.
  Result<void> wait_for(WorkspaceId workspace, Sequence sequence, Micros limit);
  void add(WorkspaceId workspace);     // a new workspace
  void remove(WorkspaceId workspace);  // closes its state, at the latest with the next step

  // The loop of the runner's thread: step until stop(), waiting for wake() when there is nothing.
  void run();
  void wake();
  void stop();

 private:
  struct Task {
    WorkspaceId workspace;
    std::function<Result<void>(store::State&)> work;
    std::shared_ptr<class Outcome> outcome;  // null: nobody waits
  };
  struct Tenant {
    std::unique_ptr<store::State> state, reader;
    std::unique_ptr<WriteBehind> behind;
    std::unique_ptr<Fold> fold;
    size_t events_under_way = 0;  // of the write under way
    store::Cursor cursor_under_way;
  };
  Result<Tenant*> tenant(WorkspaceId workspace);
  Result<void> write(store::State& state, const store::Changes& changes);
  Result<void> finish(WorkspaceId workspace, Tenant& tenant);
  Result<void> finish_all();
  struct Folded {
    size_t events = 0;
    bool all = false;  // that are committed
  };
  Result<Folded> fold_some();  // folds what fits one write
  bool write_is_due(size_t events, Micros start) const;
  Result<std::vector<store::EventLog::Follower::Item>> read_chunk();
  Result<void> fold_chunk(std::vector<store::EventLog::Follower::Item>& chunk);
  Result<void> apply_all();  // begins the writes
  Result<void> tick();
  Result<void> run_tasks();
  Error reopen(const Error& why);
  bool belongs(const Tenant& tenant, WorkspaceId workspace, std::string& why) const;

  store::EventLog& log_;
  const decide::Engine& engine_;
  OpenState open_state_;
  Clock& clock_;
  Failpoints& failpoints_;
  Reporter& reporter_;
  RunnerOptions options_;
  Applied applied_;
  Counter& folded_;
  Histogram& apply_seconds_;
  Gauge& lag_gauge_;

  Worker writer_;
  std::map<WorkspaceId, Tenant> tenants_;  // runner's thread
  std::unique_ptr<store::EventLog::Follower> follower_;
  Micros next_tick_check_{0};

  mutable std::mutex mutex_;
  std::condition_variable woken_;
  std::map<WorkspaceId, store::Cursor> written_;
  std::deque<Task> tasks_;
  std::vector<WorkspaceId> to_remove_;
  bool wake_ = false, stop_ = false, running_ = false;
};

}  // namespace rapport::flow
