// Steps over a state as it is, in memory: what would be decided, without writing anything.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "decide/engine.h"
#include "flow/cache.h"
#include "store/state.h"

namespace rapport::flow {

// One thread. The state may be written by others meanwhile: what was read once is not read again.
class Rehearsal {
 public:
  using ReadEvents = std::function<Result<std::vector<model::Event>>(std::span<const Position>)>;

  // All three must outlive it.
  Rehearsal(store::FoldedState& state, const decide::Engine& engine, ReadEvents read_events);

  // Folds the event on top of the state and of the steps before; gives it the next sequence.
  // `due` are timers that fire first.
  Result<decide::Decisions> step(model::Event event, std::span<const model::Timer> due = {});
  // Reads the state as those steps have left it. Called again until all it asks for is loaded: it
  // must have no effect but the last time.
  Result<void> read(Micros now, const std::function<void(const decide::Step&)>& look);
  // As it was before the first step; nullopt where there was none.
  Result<std::optional<model::Record>> before(const model::RecordKey& key);

  Sequence next_sequence() const { return next_; }

 private:
  Result<void> open();
  Result<void> provide(const decide::Needs& needs);

  store::FoldedState& state_;
  const decide::Engine& engine_;
  ReadEvents read_events_;
  Cache cache_;
  bool open_ = false;
  Sequence next_{0};
  Micros received_{0};
};

}  // namespace rapport::flow
