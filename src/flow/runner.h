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

namespace rapport::flow {

struct RunnerOptions {
  size_t max_events = 16'384;  // folded before a write, over all workspaces
  // After a batch smaller than this the runner rests, so that under load it writes larger ones: a
  // write costs per page, and the same pages are hit again and again.
  size_t small_batch = 4096;
  Micros rest = millis(10);
};

class Runner {
 public:
  // Gives the writing handle of a workspace's state; kNotFound when the workspace was deleted.
  using OpenState = std::function<Result<std::unique_ptr<store::State>>(WorkspaceId)>;
  // Called on the runner's thread after each write.
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
    std::unique_ptr<store::State> state;
    std::unique_ptr<Fold> fold;
  };
  Result<Tenant*> tenant(WorkspaceId workspace);
  Result<void> fold_batch(std::vector<store::EventLog::Follower::Item>& batch);
  Result<void> apply_all();
  Result<void> tick();
  Result<void> run_tasks();
  Result<void> reopen(const Error& why);
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
