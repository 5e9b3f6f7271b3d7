// The connections of all workspaces: their manifests, their settings in the log, and one thread
// each that pushes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "access/control.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/logging.h"
#include "connect/push.h"
#include "flow/runner.h"
#include "intake/intake.h"
#include "main/settings.h"
#include "store/event_log.h"

namespace rapport {

// Reads connectors/<vendor>/manifest.yaml; kNotFound lists the vendors there are.
Result<std::shared_ptr<const connect::Manifest>> find_manifest(Disk& disk,
                                                               const std::string& connectors,
                                                               const std::string& vendor);
// The same with the connection's own mapping. Errors name the line in the settings.
Result<std::shared_ptr<const connect::Manifest>> find_manifest(Disk& disk,
                                                               const std::string& connectors,
                                                               const ConnectionSettings& settings);
// The folder of manifests: as set, else beside the program or in the source tree.
std::string connectors_folder(Disk& disk, const Settings& settings);

// Whether the connection's switches let that type of record out.
bool sends_type(const ConnectionSettings& settings, std::string_view type);
// Properties of connection.configured for this manifest.
Json connection_properties(const ConnectionSettings& settings, const connect::Manifest& manifest);
connect::Mapper mapper();

struct ConnectionPorts {
  Disk& disk;
  Clock& clock;
  Random& random;
  Reporter& reporter;
  Metrics& metrics;
  Failpoints& failpoints;
  Transport& transport;
  access::Control& control;
  store::EventLog& log;
  intake::Intake& intake;
  flow::Runner& runner;
  std::function<Result<std::unique_ptr<store::State>>(WorkspaceId)> open_state;
  Environment environment;
  // For connections that have a proxy of their own.
  std::function<std::unique_ptr<Transport>(const ProxySettings&)> make_transport;
};

class Connections {
 public:
  Connections(const Settings& settings, ConnectionPorts ports);
  ~Connections();
  // Appends connection.configured where the settings differ from the state, and starts pushing.
  Result<void> start();
  void hold(std::string why);  // instead of start(): nothing is pushed
  void wake();                 // there may be marks
  void stop();                 // finishes the calls under way
  Json describe(WorkspaceId workspace);
  // Where to send the user who authorises it. kConflict where its token is given in the settings.
  Result<std::string> authorize(WorkspaceId workspace, std::string_view id);
  // The user came back to /oauth/callback. Gives the connection's id.
  Result<std::string> authorized(std::string_view state, std::string_view code);
  // KU-81: asks the vendor whose account the credentials open.
  Result<Json> test(WorkspaceId workspace, std::string_view id);
  // What a person wants sent instead of what is mapped, checked: the properties of push.edited.
  // `record` is a contact, ticket … of this state; `object` may be empty where only one is made of
  // it. `values` as connect::check_edits takes them.
  Result<Json> check_edits(WorkspaceId workspace, std::string_view id, store::State& state,
                           const model::RecordKey& record, std::string_view object,
                           const Json& values);
  // Somebody has put something right: no connection of the workspace waits for its next try.
  void try_again(WorkspaceId workspace);

 private:
  struct Running {
    ConnectionSettings settings;
    WorkspaceId workspace;
    std::shared_ptr<const connect::Manifest> manifest;
    std::unique_ptr<store::State> state;
    Json switches = Json::object();  // as mappings read them
    Key hash_key{};
    std::unique_ptr<Transport> own_transport;  // with a proxy of its own, or null
    std::unique_ptr<connect::OAuth> oauth;     // where its tokens come from, or null
    std::shared_ptr<connect::QuotaLedger> quota;
    std::unique_ptr<connect::Push> push;
    std::mutex mutex;
    std::condition_variable woken;
    bool wake = false;
    Json status;             // of the push, under mutex
    bool try_again = false;  // under mutex
    std::thread thread;
  };
  Result<void> start_one(const ConnectionSettings& settings);
  Result<Sequence> configure(Running& running);
  Result<std::string> secret(const Running& running) const;
  Result<std::string> secret_of(const std::string& env, const std::string& file,
                                const std::string& connection) const;
  Transport& transport(const Running& running) const;
  std::unique_ptr<connect::OAuth> make_oauth(const Running& running);
  Result<Running*> find(WorkspaceId workspace, std::string_view id);
  Result<std::shared_ptr<connect::QuotaLedger>> ledger(const Running& running);
  void tell_quota(const std::string& connection, const std::string& vendor,
                  const Result<void>& saved);
  void close_ledgers();
  void run(Running& running);
  Json describe_one(Running& running);

  const Settings& settings_;
  ConnectionPorts ports_;
  mutable std::mutex mutex_;  // of running_ and held_
  std::vector<std::unique_ptr<Running>> running_;
  // By vendor, address and where the credentials come from: those share one quota.
  std::map<std::string, std::shared_ptr<connect::QuotaLedger>> ledgers_;
  std::atomic<bool> stop_{false};
  std::string held_;
};

}  // namespace rapport
