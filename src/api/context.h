// What routes and commands work with. Owned and wired by main.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "access/control.h"
#include "access/gate.h"
#include "api/declaring.h"
#include "base/clock.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "flow/runner.h"
#include "intake/intake.h"
#include "store/event_log.h"

namespace rapport::api {

// Work on the whole server that main wires up, because it touches many rooms.
struct Operations {
  std::function<Result<Json>(WorkspaceId, std::string_view contact)> erase_contact;
  std::function<Result<access::Workspace>(std::string_view name)> create_workspace;
  std::function<Result<void>(WorkspaceId)> delete_workspace;
  std::function<Result<Json>(const std::string& destination)> backup;
  std::function<Result<Json>()> verify;  // of the live data folder
  std::function<Result<Json>(WorkspaceId)> take_base;
  std::function<Result<Json>(WorkspaceId)> digest;       // {sequence, digest}
  std::function<Result<Json>(WorkspaceId)> connections;  // state of each connection
  std::function<void(WorkspaceId)> try_again;            // connections do not wait any longer
  // Address for the user who authorises a connection; what he came back with; whose account it is.
  std::function<Result<std::string>(WorkspaceId, std::string_view id)> authorize;
  std::function<Result<std::string>(std::string_view state, std::string_view code)> authorized;
  std::function<Result<Json>(WorkspaceId, std::string_view id)> test_connection;
  // Values that a person gives for a record that was refused, as the properties of push.edited.
  std::function<Result<Json>(WorkspaceId, std::string_view connection, store::State&,
                             const model::RecordKey&, std::string_view object, const Json& values)>
      check_edits;
  std::function<std::vector<std::string>()> not_ready;  // reasons; empty: ready
  std::function<std::string()> remarks;                 // what does not keep it from being ready
  // What is active in a workspace has changed, and has so many problems.
  std::function<void(WorkspaceId, size_t problems)> packs_changed;
};

struct Context {
  access::Control& control;
  access::Gate& gate;
  intake::Intake& intake;
  store::EventLog& log;
  flow::Runner& runner;
  Clock& clock;
  Metrics& metrics;
  Reporter& reporter;
  Declaring& declaring;
  Operations operations;
};

}  // namespace rapport::api
