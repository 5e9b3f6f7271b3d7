// Erasing a person: the contact with all its subjects goes from the state, its keys are destroyed,
// so that what the log, older backups and bases still hold of it cannot be read by anybody.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/control.h"
#include "model/event.h"
#include "store/ids.h"
#include "store/keys.h"
#include "store/state.h"

namespace rapport::access {

// What an erasure needs of the running server. Each may be done again after it was done.
struct ErasureSteps {
  // Durable when it returns.
  std::function<Result<Sequence>(model::Event)> append;
  // Returns when the fold of this event is written to the state.
  std::function<Result<void>(WorkspaceId, Sequence)> wait_folded;
  // A handle that sees what the runner has written.
  std::function<Result<std::shared_ptr<store::State>>(WorkspaceId)> state;
  // Durable note in the data folder: a restored backup is erased again by it before it serves.
  std::function<Result<void>(WorkspaceId, const std::string& contact, std::span<const SubjectId>)>
      add_tombstone;
  // Subjects of quarantined events whose text holds one of these identifiers (an event that could
  // not be read belongs to no contact, but may tell of one).
  std::function<Result<std::set<SubjectId>>(WorkspaceId, const std::vector<std::string>&)>
      quarantined_with;
  // Takes a new base and removes the older ones, which still hold the contact.
  std::function<Result<void>(WorkspaceId)> renew_base;
  // Rids the files of the state of the bytes of removed rows (State::scrub of the writer).
  std::function<Result<void>(WorkspaceId)> scrub;
};

struct ErasureReport {
  std::vector<std::string> contacts;  // the one asked for, and those it had been merged into
  uint64_t subjects = 0;
  bool was_erased_before = false;
};

// One erasure at a time; any thread.
class Erasure {
 public:
  Erasure(ErasureSteps steps, store::Keys& keys, store::Ids& ids, Control& control);

  // `contact` may be a former id of a merged contact. When it returns without error, no file of the
  // data folder holds a readable byte of the contact; when it fails half-way, resume() or another
  // call goes on. kNotFound when there is no such contact and none was erased under this id;
  // kUnavailable (retryable) when its events keep arriving.
  Result<ErasureReport> erase(WorkspaceId workspace, std::string_view contact);

  // Brings to their end erasures that a crash or an error cut short; gives their number. Called at
  // start, when the runner runs.
  Result<int> resume(WorkspaceId workspace);

 private:
  using Targets = std::map<std::string, std::set<SubjectId>>;  // contact → its subjects
  Result<Targets> find(WorkspaceId workspace, std::string_view contact);
  Result<Targets> find_left(WorkspaceId workspace, const Targets& erased);
  Result<void> add_target(WorkspaceId workspace, store::State& state, const std::string& contact,
                          Targets& targets);
  Result<Targets> unfinished(WorkspaceId workspace, std::string_view contact);
  Result<void> forget(WorkspaceId workspace, Targets pending, Targets& erased);
  Result<void> append(WorkspaceId workspace, const std::string& contact,
                      const std::set<SubjectId>& subjects);
  Result<void> finish(WorkspaceId workspace, const Targets& erased);

  ErasureSteps steps_;
  store::Keys& keys_;
  store::Ids& ids_;
  Control& control_;
  std::mutex mutex_;
};

}  // namespace rapport::access
