// Places where the contract tests open a State: the same tests run on every store.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/state.h"

namespace rapport::store {

class StatePlace {
 public:
  virtual ~StatePlace() = default;
  virtual Result<std::unique_ptr<State>> open(StateMode mode) = 0;
  // Opens a snapshot, given by the name that was handed to State::snapshot.
  virtual Result<std::unique_ptr<State>> open_snapshot(const std::string& path) = 0;
  virtual std::string snapshot_path(const std::string& name) = 0;
  // All bytes of all files there are, snapshots too.
  virtual std::string all_bytes() = 0;
};

struct StateStore {
  std::string name;
  std::function<std::unique_ptr<StatePlace>()> make;
};

}  // namespace rapport::store
