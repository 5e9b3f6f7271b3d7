// The one choke point between tenants. Routes and commands get a Tenant from the Gate or get
// nothing: no other code opens a workspace's state or reads its events for a caller.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access/control.h"
#include "base/logging.h"
#include "model/event.h"
#include "model/record.h"
#include "store/event_log.h"
#include "store/state.h"

namespace rapport::access {

// One caller inside one workspace. Everything read through it belongs to that workspace.
class Tenant {
 public:
  Tenant(Principal principal, std::shared_ptr<store::State> state, store::EventLog& log,
         Reporter* reporter = nullptr);
  const Principal& principal() const { return principal_; }
  WorkspaceId workspace() const { return principal_.workspace; }
  bool may(Scope scope) const;

  store::State& state() { return *state_; }
  // kNotFound also when the record exists in another workspace: the answers are the same bytes.
  Result<model::Record> record(std::string_view type, std::string_view id);
  // Events by posting list; drops (and reports as a bug) any that belongs elsewhere.
  Result<std::vector<model::Event>> events(const std::string& list, Sequence after, int limit,
                                           store::PageRequest::Order order);
  // This workspace's events after a sequence, in order; erased ones have no type.
  Result<std::vector<model::Event>> events_after(Sequence after, int limit);

 private:
  Principal principal_;
  std::shared_ptr<store::State> state_;
  store::EventLog& log_;
  Reporter* reporter_;
};

class Gate {
 public:
  // Opens the read handle of a workspace's state; called with the workspace of a principal only.
  using OpenState = std::function<Result<std::shared_ptr<store::State>>(WorkspaceId)>;
  // `reporter` is told when an event of another workspace had to be dropped.
  Gate(Control& control, store::EventLog& log, OpenState open_state, Reporter* reporter = nullptr);

  // kUnauthenticated, or kForbidden naming the missing scope and the scopes the key has.
  Result<Principal> authenticate(std::string_view secret, Scope needed);
  // As above, and inside the principal's workspace. An admin key without workspace is refused.
  Result<Tenant> admit(std::string_view secret, Scope needed);
  void forget(WorkspaceId workspace);  // after deletion: closes its handle

 private:
  Control& control_;
  store::EventLog& log_;
  OpenState open_state_;
  Reporter* reporter_;
  struct Handles;
  std::shared_ptr<Handles> handles_;
};

}  // namespace rapport::access
