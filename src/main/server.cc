#include "main/server.h"

#include <fmt/format.h>

#include <chrono>

#include "api/routes/routes.h"
#include "base/text.h"
#include "flow/rebuild.h"
#include "main/proxy.h"
#include "model/company.h"
#include "net/curl_transport.h"

namespace rapport {

namespace {
constexpr Micros kDrainLimit = seconds(5);
constexpr int kOpenTries = 500;
constexpr Micros kSignEvery = minutes(1);
constexpr Micros kUpkeepEvery = millis(500), kBetweenCheckpoints = millis(25);
constexpr uint64_t kLowSpace = 64ull << 20;  // less: not ready, and an alarm
}  // namespace

Server::Server(Settings settings, Environment environment, Failpoints& failpoints,
               Reporter& reporter, std::unique_ptr<const expr::Zones> zones)
    : settings_(std::move(settings)),
      environment_(std::move(environment)),
      failpoints_(failpoints),
      reporter_(reporter),
      folder_{settings_.data},
      zones_(std::move(zones)),
      engine_(decide::first_basics(), zones_.get()) {}

Result<std::unique_ptr<Server>> Server::open(Settings settings, Environment environment,
                                             Failpoints& failpoints, Reporter& reporter,
                                             std::vector<api::Route> own) {
  TRY_ASSIGN(auto zones, expr::open_system_zones());
  std::unique_ptr<Server> server(new Server(std::move(settings), std::move(environment), failpoints,
                                            reporter, std::move(zones)));
  server->routes_ = std::move(own);
  auto all = api::all_routes();
  for (api::Route& route : all) server->routes_.push_back(std::move(route));
  TRY(server->open_stores());
  TRY(server->open_runner());
  TRY(server->open_erasure());
  TRY(server->open_api());
  return server;
}

Result<void> Server::open_stores() {
  TRY(make_data_folder(disk_, random_, folder_));
  TRY_ASSIGN(lock_, FolderLock::take(folder_));
  TRY_ASSIGN(const Key master, master_key(disk_, folder_, environment_));
  TRY_ASSIGN(control_, access::Control::open(folder_.control(), "", master, clock_, random_));
  store::EventLogOptions options{folder_.root, "", master, settings_.segment_mebibytes << 20};
  TRY_ASSIGN(log_, store::EventLog::open(std::move(options), disk_, clock_, random_, failpoints_,
                                         metrics_, reporter_));
  intake::IntakeOptions intake;
  intake.default_region = settings_.default_region;
  intake.max_past = settings_.max_past;
  intake.max_lag_events = settings_.max_lag_events;
  intake_ = std::make_unique<intake::Intake>(*log_, clock_, random_, metrics_, intake);
  return {};
}

// A handle cannot be opened in the moments when another one holds the whole file, as while it is
// rid of removed rows: then it is tried again.
Result<std::unique_ptr<store::State>> Server::open_state(WorkspaceId workspace,
                                                         store::StateMode mode) {
  TRY(control_->workspace(workspace));
  for (int tries = 1;; ++tries) {
    auto state = store::open_sqlite_state(folder_.state(workspace), "", mode);
    if (state.ok() || state.error().code != Code::kUnavailable || tries == kOpenTries) return state;
    clock_.sleep(millis(20));
  }
}

Result<void> Server::open_runner() {
  flow::RunnerOptions options;
  options.threads = flow::Threads::kMore;
  runner_ = std::make_unique<flow::Runner>(
      *log_, engine_,
      [this](WorkspaceId id, store::StateMode mode) { return open_state(id, mode); }, clock_,
      failpoints_, metrics_, reporter_, options,
      [this](WorkspaceId id, const store::Cursor& cursor) { applied(id, cursor); });
  TRY_ASSIGN(const auto workspaces, control_->workspaces());
  std::vector<WorkspaceId> ids;
  for (const auto& workspace : workspaces) ids.push_back(workspace.id);
  TRY(runner_->open(ids, [this](WorkspaceId id, const std::string& reason) {
    return rebuild_state(id, reason);
  }));
  return {};
}

Result<void> Server::open_api() {
  gate_ = std::make_unique<access::Gate>(
      *control_, *log_,
      [this](WorkspaceId id) -> Result<std::shared_ptr<store::State>> {
        TRY_ASSIGN(auto state, open_state(id, store::StateMode::kRead));
        return std::shared_ptr<store::State>(std::move(state));
      },
      &reporter_);
  const auto transport = [this](const ProxySettings& proxy) {
    return net::make_curl_transport(transport_options(settings_, proxy, disk_, environment_));
  };
  transport_ = transport(settings_.proxy);
  connections_ = std::make_unique<Connections>(
      settings_,
      ConnectionPorts{disk_, clock_, random_, reporter_, metrics_, failpoints_, *transport_,
                      *control_, *log_, *intake_, *runner_,
                      [this](WorkspaceId id) { return open_state(id, store::StateMode::kRead); },
                      environment_, transport});
  declaring_ = std::make_unique<api::Declaring>(*intake_, *runner_, *log_, engine_, clock_);
  context_ = std::make_unique<api::Context>(api::Context{*control_, *gate_, *intake_, *log_,
                                                         *runner_, clock_, metrics_, reporter_,
                                                         *declaring_, operations()});
  router_ = std::make_unique<api::Router>(*context_, routes_);
  service_ = std::make_unique<api::Service>(*context_, *router_, failpoints_, api::ServiceOptions{},
                                            [this](const Error& error) { fail(error); });
  TRY_ASSIGN(http_, net::Server::listen(settings_.http, *service_, metrics_));
  return {};
}

Server::~Server() {
  stopping_ = true;
  if (connections_) connections_->stop();
  if (runner_) runner_->stop();
  upkeep_woken_.notify_all();
  for (std::thread* thread : {&runner_thread_, &upkeep_thread_})
    if (thread->joinable()) thread->join();
  if (service_) service_->stop();
}

uint16_t Server::port() const {
  return http_->port();
}

void Server::fail(const Error& error) {
  {
    std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = error;
  }
  reporter_.report(Level::kError, "server.failed",
                   Json::object()
                       .set("error", error.message)
                       .set("next", "the process ends; start it again to recover"));
  http_->stop();
}

void Server::stop() {
  if (stopping_.exchange(true)) return;
  reporter_.report(Level::kInfo, "server.draining");
  service_->drain();
  http_->drain(kDrainLimit);
}

Result<void> Server::run() {
  runner_thread_ = std::thread([this] {
    name_this_thread("fold", Urgency::kCanWait);
    runner_->run();
    if (log_->broken()) fail({Code::kIo, "the log cannot be written"});
  });
  upkeep_thread_ = std::thread([this] {
    name_this_thread("upkeep", Urgency::kCanWait);
    upkeep();
  });
  std::thread starting([this] {
    resume_erasures();
    declare_at_start();
    auto held = restored_hold();
    if (held.ok() && !held->empty()) {
      reporter_.report(Level::kWarning, "connections.paused", Json::object().set("why", *held));
      connections_->hold(*held);
      return;
    }
    if (auto started = connections_->start(); !started.ok())
      reporter_.report(Level::kError, "connections.failed",
                       Json::object().set("error", started.error().message));
  });
  reporter_.report(Level::kInfo, "server.started",
                   Json::object()
                       .set("address", settings_.http.address)
                       .set("port", port())
                       .set("data", settings_.data));
  http_->run();
  stopping_ = true;
  starting.join();
  connections_->stop();
  runner_->stop();
  runner_thread_.join();
  upkeep_woken_.notify_all();
  upkeep_thread_.join();
  service_->stop();
  {
    std::lock_guard lock(failure_mutex_);
    if (failure_) return *failure_;
  }
  keep_up();
  upkeep_states_.clear();
  TRY(log_->flush_ids());
  reporter_.report(Level::kInfo, "server.stopped");
  return {};
}

void Server::applied(WorkspaceId workspace, const store::Cursor& cursor) {
  intake_->set_lag(runner_->lag());
  if (service_) service_->applied(workspace, cursor.sequence);
  if (connections_) connections_->wake();
  {
    std::lock_guard lock(upkeep_mutex_);
    changed_.insert(workspace);
  }
  upkeep_woken_.notify_all();
}

// Checkpoints are many and small: a large one keeps the log's syncs waiting for the disk.
void Server::upkeep() {
  Micros next{0};
  while (!stopping_) {
    if (clock_.monotonic() >= next) {
      keep_up();
      next = clock_.monotonic() + kUpkeepEvery;
    }
    std::set<WorkspaceId> changed;
    {
      std::unique_lock lock(upkeep_mutex_);
      upkeep_woken_.wait_for(lock, std::chrono::microseconds(kUpkeepEvery.value),
                             [&] { return stopping_ || !changed_.empty(); });
      changed.swap(changed_);
    }
    for (WorkspaceId workspace : changed) note_upkeep("checkpoint", checkpoint(workspace));
    if (!stopping_) clock_.sleep(kBetweenCheckpoints);
  }
}

void Server::note_upkeep(std::string_view what, const Result<void>& result) {
  if (result.ok()) return;
  reporter_.report(Level::kWarning, "upkeep.failed",
                   Json::object().set("what", what).set("error", result.error().message));
}

// Each piece of work stands alone: a failure of one is reported and does not keep the others.
void Server::keep_up() {
  note_upkeep("index", log_->flush_ids_if_large());
  const auto workspaces = control_->workspaces();
  if (!workspaces.ok()) return note_upkeep("workspaces", workspaces.error());
  const bool sign = stopping_ || clock_.monotonic() - heads_signed_at_ > kSignEvery;
  if (sign) heads_signed_at_ = clock_.monotonic();
  for (const auto& workspace : *workspaces) {
    const auto head = log_->log().head(workspace.id);
    if (sign && head.sequence.value != 0)
      note_upkeep("signed head", control_->sign_head(workspace.id, head));
    note_upkeep("checkpoint", checkpoint(workspace.id));
  }
  if (auto space = disk_.free_space(folder_.root); space.ok())
    metrics_.gauge("rapport_disk_free_bytes", "Free space of the data folder's disk.")
        .set(static_cast<int64_t>(*space));
}

// Off the runner's thread, so that it never waits for the disk.
Result<void> Server::checkpoint(WorkspaceId workspace) {
  auto& state = upkeep_states_[workspace];
  if (!state) {
    auto opened = open_state(workspace, store::StateMode::kRead);
    if (!opened.ok() && opened.error().code == Code::kNotFound) return {};  // deleted meanwhile
    TRY_ASSIGN(state, std::move(opened));
  }
  failpoints_.reach("checkpoint.before");
  return state->checkpoint();
}

std::vector<std::string> Server::not_ready() {
  std::vector<std::string> reasons;
  if (stopping_) reasons.push_back("the server is shutting down");
  if (log_->broken()) reasons.push_back("the log cannot be written; restart the server");
  if (log_->disk_full()) reasons.push_back("the disk is full; free some space");
  if (auto space = disk_.free_space(folder_.root); space.ok() && *space < kLowSpace)
    reasons.push_back("less than 64 MiB are free on the data disk");
  return reasons;
}

}  // namespace rapport
