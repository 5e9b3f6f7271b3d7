#include "flow/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace rapport::flow {

using Item = store::EventLog::Follower::Item;

namespace {
constexpr size_t kChunk = 2048;  // events in memory at once

Error stopping() {
  return {Code::kUnavailable, "the server is stopping", Retryable::kYes};
}
}  // namespace

// What a task came to, for the thread that waits for it.
class Outcome {
 public:
  void set(Result<void> result) {
    std::lock_guard lock(mutex_);
    result_ = std::move(result);
    done_.notify_all();
  }
  Result<void> wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return result_.has_value(); });
    return *result_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::optional<Result<void>> result_;
};

Runner::Runner(store::EventLog& log, const decide::Engine& engine, OpenState open_state,
               Clock& clock, Failpoints& failpoints, Metrics& metrics, Reporter& reporter,
               RunnerOptions options, Applied applied)
    : log_(log),
      engine_(engine),
      open_state_(std::move(open_state)),
      clock_(clock),
      failpoints_(failpoints),
      reporter_(reporter),
      options_(options),
      applied_(std::move(applied)),
      folded_(metrics.counter("rapport_events_folded_total", "Events folded into state.")),
      apply_seconds_(
          metrics.histogram("rapport_apply_seconds", "Time to write one batch of folded state.")),
      lag_gauge_(metrics.gauge("rapport_fold_lag_events", "Committed events not yet folded.")),
      writer_(options.threads) {}

Runner::~Runner() = default;

Result<Runner::Tenant*> Runner::tenant(WorkspaceId workspace) {
  if (auto it = tenants_.find(workspace); it != tenants_.end()) return &it->second;
  Tenant fresh;
  TRY_ASSIGN(fresh.state, open_state_(workspace, store::StateMode::kWrite));
  if (options_.threads == Threads::kMore) {
    TRY_ASSIGN(fresh.reader, open_state_(workspace, store::StateMode::kRead));
  }
  fresh.behind = std::make_unique<WriteBehind>(
      *fresh.state, fresh.reader.get(), writer_,
      [this, &state = *fresh.state](const auto& changes) { return write(state, changes); });
  fresh.fold = std::make_unique<Fold>(
      *fresh.behind, engine_, [this](std::span<const Position> at) { return log_.read(at); });
  TRY(fresh.fold->open());
  auto it = tenants_.emplace(workspace, std::move(fresh)).first;
  std::lock_guard lock(mutex_);
  written_[workspace] = it->second.fold->cursor();
  return &it->second;
}

bool Runner::belongs(const Tenant& tenant, WorkspaceId workspace, std::string& why) const {
  const auto& cursor = tenant.fold->cursor();
  const auto head = log_.log().head(workspace);
  if (cursor.sequence.value == 0) return true;
  if (cursor.fold_version != decide::kFoldVersion) {
    why = fmt::format("it was folded by engine version {}, this is {}", cursor.fold_version,
                      decide::kFoldVersion);
  } else if (cursor.sequence > head.sequence) {
    why = fmt::format("its cursor {} is ahead of the log's {}", cursor.sequence.value,
                      head.sequence.value);
  } else if (cursor.sequence == head.sequence && cursor.chain != head.chain) {
    why = "its chain hash is not the log's";
  }
  return why.empty();
}

Result<void> Runner::open(const std::vector<WorkspaceId>& workspaces, const Rebuild& rebuild) {
  const Position end = log_.log().end().position;
  Position from = end;
  for (WorkspaceId workspace : workspaces) {
    auto found = tenant(workspace);
    if (!found.ok() && found.error().code != Code::kCorrupt) return std::move(found).error();
    std::string why = found.ok() ? "" : found.error().message;
    Tenant* opened = found.ok() ? *found : nullptr;
    if (!opened || !belongs(*opened, workspace, why)) {
      reporter_.report(Level::kWarning, "state.rebuild",
                       Json::object().set("workspace", workspace.value).set("reason", why));
      tenants_.erase(workspace);
      TRY(rebuild(workspace, why));
      TRY_ASSIGN(opened, tenant(workspace));
    }
    const auto& cursor = opened->fold->cursor();
    if (cursor.sequence < log_.log().head(workspace).sequence) from = std::min(from, cursor.next);
  }
  follower_ = log_.follow(from);
  return {};
}

Result<void> Runner::fold_chunk(std::vector<Item>& chunk) {
  // Stable by workspace: the order inside each stays the log's.
  std::stable_sort(chunk.begin(), chunk.end(), [](const Item& a, const Item& b) {
    return a.event.workspace < b.event.workspace;
  });
  for (size_t i = 0; i < chunk.size();) {
    size_t j = i;
    while (j < chunk.size() && chunk[j].event.workspace == chunk[i].event.workspace) ++j;
    auto opened = tenant(chunk[i].event.workspace);
    if (opened.ok()) {
      TRY((*opened)->fold->fold(std::span(chunk).subspan(i, j - i)));
    } else if (opened.error().code != Code::kNotFound) {
      return opened.error();
    }  // else: the workspace was deleted, its events stay unread
    i = j;
  }
  return {};
}

Result<std::vector<Item>> Runner::read_chunk() {
  std::vector<Item> chunk;
  while (chunk.size() < kChunk) {
    TRY_ASSIGN(auto item, follower_->next());
    if (!item) break;
    chunk.push_back(std::move(*item));
  }
  return chunk;
}

bool Runner::write_is_due(size_t events, Micros start) const {
  if (events >= options_.max_events || clock_.monotonic() - start >= options_.max_time) return true;
  size_t records = 0;
  for (const auto& [workspace, tenant] : tenants_) records += tenant.fold->changed_records();
  return records >= options_.max_records;
}

Result<Runner::Folded> Runner::fold_some() {
  const Micros start = clock_.monotonic();
  Folded folded;
  while (!write_is_due(folded.events, start)) {
    TRY_ASSIGN(auto chunk, read_chunk());
    TRY(fold_chunk(chunk));
    folded.events += chunk.size();
    folded.all = chunk.size() < kChunk;
    if (folded.all) break;
  }
  return folded;
}

// On the writer's thread.
Result<void> Runner::write(store::State& state, const store::Changes& changes) {
  failpoints_.reach("runner.before_apply");
  const Micros start = clock_.monotonic();
  TRY(state.apply(changes));
  apply_seconds_.observe(static_cast<double>((clock_.monotonic() - start).value) / 1e6);
  failpoints_.reach("runner.after_apply");
  return {};
}

Result<void> Runner::apply_all() {
  for (auto& [workspace, tenant] : tenants_) {
    if (tenant.fold->unwritten() == 0) continue;
    TRY(finish(workspace, tenant));
    tenant.events_under_way = tenant.fold->unwritten();
    tenant.cursor_under_way = tenant.fold->cursor();
    TRY(tenant.fold->apply());
  }
  return {};
}

Result<void> Runner::finish(WorkspaceId workspace, Tenant& tenant) {
  TRY(tenant.behind->wait());
  if (tenant.events_under_way == 0) return {};
  folded_.add(std::exchange(tenant.events_under_way, 0));
  {
    std::lock_guard lock(mutex_);
    written_[workspace] = tenant.cursor_under_way;
  }
  if (applied_) applied_(workspace, tenant.cursor_under_way);
  return {};
}

Result<void> Runner::finish_all() {
  for (auto& [workspace, tenant] : tenants_) TRY(finish(workspace, tenant));
  return {};
}

// After a failed fold or write the memory is ahead of the disk: start again from what is written.
Error Runner::reopen(const Error& why) {
  reporter_.report(Level::kError, "fold.failed", Json::object().set("error", why.message));
  tenants_.clear();
  Position from = log_.log().end().position;
  std::map<WorkspaceId, store::Cursor> written;
  {
    std::lock_guard lock(mutex_);
    written = written_;
  }
  for (const auto& [workspace, cursor] : written)
    if (cursor.sequence < log_.log().head(workspace).sequence) from = std::min(from, cursor.next);
  follower_->seek(from);
  return why;
}

Result<size_t> Runner::step() {
  TRY(run_tasks());
  lag_gauge_.set(static_cast<int64_t>(lag()));
  auto folded = fold_some();
  auto done = folded.ok() ? apply_all() : Result<void>(folded.error());
  if (done.ok() && folded->all) done = finish_all();
  if (!done.ok()) return reopen(done.error());
  lag_gauge_.set(static_cast<int64_t>(lag()));
  TRY(tick());
  return folded->events;
}

Result<void> Runner::tick() {
  const Micros now = clock_.now();
  if (now < next_tick_check_ || log_.log().clock_jumped()) return {};
  Micros next = now + seconds(1);
  for (auto& [workspace, tenant] : tenants_) {
    // Events under way will fire the timers themselves.
    if (tenant.fold->cursor().sequence < log_.log().head(workspace).sequence) continue;
    TRY_ASSIGN(const auto due, tenant.fold->next_due());
    if (!due) continue;
    if (*due > now) {
      next = std::min(next, *due);
      continue;
    }
    model::Event event;
    event.workspace = workspace;
    event.origin = model::Origin::kServer;
    event.type = model::kTick;
    event.at = now;
    auto appended = log_.append(std::move(event));
    if (!appended.ok() && appended.error().code != Code::kDiskFull) return appended.error();
    if (appended.ok()) next = now;  // look again once it is folded
  }
  next_tick_check_ = next;
  return {};
}

Result<Micros> Runner::next_work() {
  return next_tick_check_;
}

Result<void> Runner::run_tasks() {
  for (;;) {
    Task task;
    {
      std::lock_guard lock(mutex_);
      for (WorkspaceId workspace : to_remove_) {
        tenants_.erase(workspace);
        written_.erase(workspace);
      }
      to_remove_.clear();
      if (tasks_.empty()) return {};
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    Result<void> result;
    auto opened = tenant(task.workspace);
    if (opened.ok()) result = finish(task.workspace, **opened);
    if (opened.ok() && result.ok()) {
      result = task.work(*(*opened)->state);
    } else if (!opened.ok()) {
      result = opened.error();
    }
    if (task.outcome) {
      task.outcome->set(std::move(result));
    } else if (!result.ok()) {
      reporter_.report(Level::kError, "state.task_failed",
                       Json::object().set("error", result.error().message));
    }
  }
}

store::Cursor Runner::cursor(WorkspaceId workspace) const {
  std::lock_guard lock(mutex_);
  auto it = written_.find(workspace);
  return it == written_.end() ? store::Cursor{} : it->second;
}

uint64_t Runner::lag() const {
  uint64_t lag = 0;
  std::lock_guard lock(mutex_);
  for (const auto& [workspace, cursor] : written_) {
    const uint64_t head = log_.log().head(workspace).sequence.value;
    if (head > cursor.sequence.value) lag += head - cursor.sequence.value;
  }
  return lag;
}

void Runner::later(WorkspaceId workspace, std::function<Result<void>(store::State&)> work) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back({workspace, std::move(work), nullptr});
  }
  wake();
}

Result<void> Runner::with_state(WorkspaceId workspace,
                                const std::function<Result<void>(store::State&)>& work) {
  const Sequence target = log_.log().head(workspace).sequence;
  TRY(wait_for(workspace, target, seconds(60)));
  auto outcome = std::make_shared<Outcome>();
  {
    std::lock_guard lock(mutex_);
    if (running_) {
      if (stop_) return stopping();
      tasks_.push_back({workspace, work, outcome});
    } else {
      outcome.reset();
    }
  }
  if (outcome) {
    wake();
    return outcome->wait();
  }
  TRY_ASSIGN(Tenant * opened, tenant(workspace));
  TRY(finish(workspace, *opened));
  return work(*opened->state);
}

Result<void> Runner::wait_for(WorkspaceId workspace, Sequence sequence, Micros limit) {
  std::unique_lock lock(mutex_);
  const auto there = [&] {
    auto it = written_.find(workspace);
    return it != written_.end() && it->second.sequence >= sequence;
  };
  if (sequence.value == 0) return {};
  while (!running_ && !there()) {  // one-threaded use: catch up here
    lock.unlock();
    TRY_ASSIGN(const size_t folded, step());
    lock.lock();
    if (folded == 0 && !there())
      return Error{Code::kTimeout, "the log ends before that event", Retryable::kYes};
  }
  wake_ = true;
  woken_.notify_all();
  woken_.wait_for(lock, std::chrono::microseconds(limit.value), [&] { return stop_ || there(); });
  if (there()) return {};
  if (stop_) return stopping();
  return Error{Code::kTimeout, "the fold is behind; try again later", Retryable::kYes};
}

void Runner::add(WorkspaceId workspace) {
  later(workspace, [](store::State&) { return Result<void>(); });
}

void Runner::remove(WorkspaceId workspace) {
  {
    std::lock_guard lock(mutex_);
    to_remove_.push_back(workspace);
  }
  wake();
}

void Runner::wake() {
  std::lock_guard lock(mutex_);
  wake_ = true;
  woken_.notify_all();
}

void Runner::stop() {
  std::lock_guard lock(mutex_);
  stop_ = true;
  woken_.notify_all();
}

void Runner::run() {
  {
    std::lock_guard lock(mutex_);
    running_ = true;
  }
  for (;;) {
    auto folded = step();
    if (!folded.ok() && log_.broken()) break;  // fail-stop: main ends the process
    const bool idle = !folded.ok() || *folded == 0;
    std::unique_lock lock(mutex_);
    woken_.notify_all();  // waiters for a cursor
    if (stop_) break;
    if (!idle) {
      if (*folded < options_.small_batch)
        woken_.wait_for(lock, std::chrono::microseconds(options_.rest.value),
                        [&] { return stop_ || !tasks_.empty(); });
      continue;
    }
    const Micros pause = std::clamp(next_tick_check_ - clock_.now(), millis(1), seconds(1));
    woken_.wait_for(lock, std::chrono::microseconds(pause.value),
                    [&] { return wake_ || stop_ || !tasks_.empty(); });
    wake_ = false;
  }
  std::lock_guard lock(mutex_);
  running_ = false;
  for (auto& task : tasks_)
    if (task.outcome) task.outcome->set(stopping());
  tasks_.clear();
  woken_.notify_all();
}

}  // namespace rapport::flow
