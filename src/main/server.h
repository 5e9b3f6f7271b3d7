// The server of one data folder: opens everything, wires the rooms together, runs the threads.
//
//   net thread (the caller of run)   reads requests, stages and commits events, answers
//   workers                          all other API requests
//   runner                           folds the log into state
//   one per connection               pushes
//   upkeep                           index flushes, checkpoints, signed heads, disk space
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "access/control.h"
#include "access/erasure.h"
#include "access/gate.h"
#include "api/context.h"
#include "api/router.h"
#include "api/service.h"
#include "base/posix_disk.h"
#include "base/system.h"
#include "decide/engine.h"
#include "flow/runner.h"
#include "intake/intake.h"
#include "main/connections.h"
#include "main/data_folder.h"
#include "main/refold.h"
#include "main/settings.h"
#include "net/server.h"

namespace rapport {

class Server {
 public:
  // Opens (and makes, when `settings.data` is empty) the data folder and binds the port. `own`
  // routes go before those of every server; they must outlive it.
  static Result<std::unique_ptr<Server>> open(Settings settings, Environment environment,
                                              Failpoints& failpoints, Reporter& reporter,
                                              std::vector<api::Route> own = {});
  ~Server();

  uint16_t port() const;
  api::Context& context() { return *context_; }
  // Serves until stop() or until the log cannot be written any more; then the error says so.
  Result<void> run();
  void stop();  // any thread: answers what is under way, then run() returns

 private:
  Server(Settings settings, Environment environment, Failpoints& failpoints, Reporter& reporter,
         std::unique_ptr<const expr::Zones> zones);
  Result<void> open_stores();
  Result<void> open_runner();
  Result<void> open_api();
  Result<std::unique_ptr<store::State>> open_state(WorkspaceId workspace, store::StateMode mode);
  Result<void> open_erasure();
  void resume_erasures();
  Result<void> add_tombstone(WorkspaceId workspace, const std::string& contact,
                             std::span<const SubjectId> subjects);
  Result<std::string> restored_hold();  // why connections have to wait; empty: they need not
  Result<void> rebuild_state(WorkspaceId workspace, const std::string& reason);
  api::Operations operations();
  Result<access::Workspace> create_workspace(std::string_view name);
  Result<void> delete_workspace(WorkspaceId workspace);
  Result<Json> erase_contact(WorkspaceId workspace, std::string_view contact);
  Result<Json> take_base(WorkspaceId workspace);
  Result<Json> digest(WorkspaceId workspace);
  Result<Json> backup(const std::string& destination);
  Result<Json> verify();
  Result<std::set<SubjectId>> quarantined_with(WorkspaceId workspace,
                                               const std::vector<std::string>& identifiers);
  std::vector<std::string> not_ready();
  std::string remarks();
  // At start: what the log has to say of engine and packs before connections push.
  void declare_at_start();
  Result<void> note_engine(WorkspaceId workspace);
  Result<void> activate_configured();
  Result<void> look_at_packs(const access::Workspace& workspace);
  void note_problems(WorkspaceId workspace, size_t problems);
  void applied(WorkspaceId workspace, const store::Cursor& cursor);
  void upkeep();
  void keep_up();
  void note_upkeep(std::string_view what, const Result<void>& result);
  Result<void> checkpoint(WorkspaceId workspace);
  void fail(const Error& error);

  Settings settings_;
  Environment environment_;
  std::vector<api::Route> routes_;
  Failpoints& failpoints_;
  Reporter& reporter_;
  DataFolder folder_;
  PosixDisk disk_;
  SystemClock clock_;
  SystemRandom random_;
  Metrics metrics_;
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<access::Control> control_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<const expr::Zones> zones_;
  decide::Engine engine_;
  std::unique_ptr<flow::Runner> runner_;
  std::unique_ptr<access::Gate> gate_;
  std::unique_ptr<access::Erasure> erasure_;
  std::unique_ptr<Connections> connections_;
  std::unique_ptr<api::Declaring> declaring_;
  std::unique_ptr<api::Context> context_;
  std::unique_ptr<api::Router> router_;
  std::unique_ptr<api::Service> service_;
  std::unique_ptr<net::Server> http_;
  std::thread runner_thread_, upkeep_thread_;
  std::map<WorkspaceId, std::unique_ptr<store::State>> upkeep_states_;  // upkeep's thread
  Micros heads_signed_at_{0};
  std::mutex upkeep_mutex_;
  std::set<WorkspaceId> changed_;  // since their last checkpoint
  std::condition_variable upkeep_woken_;
  std::atomic<bool> stopping_{false};
  std::optional<Error> failure_;
  std::mutex failure_mutex_;
  std::mutex broken_mutex_;
  std::map<WorkspaceId, size_t> broken_;  // whose packs have problems: how many
};

}  // namespace rapport
