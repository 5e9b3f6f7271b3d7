// Folds a workspace's log again from a base (or from the first event) into a fresh state.
#pragma once

#include <functional>

#include "flow/fold.h"
#include "flow/worker.h"

namespace rapport::flow {

struct RebuildOptions {
  Position from;  // position of the first event to fold
  Threads threads = Threads::kMore;
  // Fewer and larger writes are cheaper, since the same records change again and again; together
  // with the records kept between writes they stay well under 1 GB.
  size_t events_per_write = 131'072;
  size_t records_per_write = 200'000;
  size_t kept_records = 400'000;
  std::function<void(uint64_t done, uint64_t all)> progress;  // events of this workspace
};
struct RebuildReport {
  uint64_t events = 0;  // folded
  uint64_t erased = 0;  // only their envelope is left
  store::Cursor cursor;
};

// `fresh` is empty or restored from a base (then its cursor tells where to go on, and
// options.from is its cursor.next). Folds up to the committed end at the time of the call. Sends
// nothing: once-effects are marks, and a mark is served by comparing with what the remote holds.
Result<RebuildReport> rebuild(store::EventLog& log, WorkspaceId workspace, store::State& fresh,
                              const decide::Engine& engine, RebuildOptions options);

}  // namespace rapport::flow
