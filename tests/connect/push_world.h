// One workspace, one connection, one vendor: everything real but clock, disk and network.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connect/push.h"
#include "decide/engine.h"
#include "flow/runner.h"
#include "intake/intake.h"
#include "sandbox/hubspot.h"
#include "simulation/sim_disk.h"
#include "simulation/sqlite_vfs.h"
#include "store/event_log.h"
#include "testing/fakes.h"

namespace rapport::connect {

// Thrown where the process is to die.
struct Crash {};

// Dies at the n-th time a name is reached.
class CrashingFailpoints final : public Failpoints {
 public:
  void crash_at(std::string name, int nth) {
    name_ = std::move(name);
    left_ = nth;
  }
  void reach(std::string_view name) override {
    if (name == name_ && left_ > 0 && --left_ == 0) throw Crash{};
  }
  bool done() const { return left_ == 0; }

 private:
  std::string name_;
  int left_ = 0;
};

// Calls the sandbox directly. `before` may answer instead, or fail.
class DirectTransport final : public Transport {
 public:
  using Before = std::function<std::optional<Result<HttpResponse>>(const HttpRequest&)>;
  DirectTransport(HttpHandler& remote, ManualClock& clock) : remote_(remote), clock_(clock) {}
  Result<HttpResponse> send(const HttpRequest& request) override;
  Before before;
  std::vector<std::string> calls;  // "POST /crm/v3/objects/notes"
  Micros latency = {};             // of every call
  // When each call was sent, and how long its answer asked to wait.
  std::vector<std::pair<Micros, Micros>> asked_to_wait;

 private:
  HttpHandler& remote_;
  ManualClock& clock_;
};

class PushWorld {
 public:
  explicit PushWorld(sandbox::SandboxOptions options = default_options());
  ~PushWorld();
  static sandbox::SandboxOptions default_options();

  // One tracking call, answered and committed.
  void identify(const std::string& user, const std::string& email, Json traits = Json::object());
  void track(const std::string& user, const std::string& event, Json properties);
  void group(const std::string& user, const std::string& group, Json traits);
  void say(const std::string& user, const std::string& conversation, const std::string& text);
  void erase(const std::string& contact);
  void send_batch(const Json::Array& calls);  // tracking calls, each with its type

  // Runs fold and push until nothing is left; a crash closes and opens everything again. Moves the
  // clock where nothing else helps, by at most `patience` in all. Says what is left over.
  std::string settle(Micros patience = hours(2));
  Result<Progress> step();  // fold, then one step of the push
  void fold();
  void restart();
  // The disk loses power at the n-th change from now on; then step() is an error, until
  // power_back() has opened everything again.
  void power_off_at(uint64_t change) { disk_.power_off_at(change); }
  bool power_is_off() const { return disk_.is_off(); }
  void power_back();

  // What the vendor has: records of a type, each with "id", "properties".
  std::vector<Json> remote(const std::string& type);
  std::string property(const std::string& type, const std::string& name, size_t index = 0);
  // Ids of `to` records associated with a record.
  std::vector<std::string> neighbours(const std::string& from, const std::string& id,
                                      const std::string& to);
  // Applied writes of an action on an object, "create contacts".
  int effects(const std::string& action, const std::string& object);
  int calls(const std::string& prefix) const;
  void lose_next(int count, const std::string& path_prefix);
  Json vendor(const std::string& method, const std::string& path, const Json& body = {});

  void retry(const Json& records);  // push.retried
  // A connection's own mapping, from the next step on.
  const Manifest& manifest() const { return *manifest_; }
  void customise(const std::string& yaml, Making making = Making::kAllowed);
  // push.edited of a contact, checked as the API does it; the error when it is refused.
  std::string edit_contact(const std::string& id, const Json& values);
  std::vector<model::Record> records(const std::string& type);
  std::vector<model::Mark> marks();

  ManualClock clock;
  SeededRandom random{1};
  sandbox::Hubspot hubspot;
  DirectTransport transport;
  CrashingFailpoints failpoints;
  KeepingReporter reporter;
  Metrics metrics;
  std::string token = "token";
  std::unique_ptr<Push> push;
  Json settings = Json::object();  // of the connection, from the next restart on
  std::vector<std::string> sends = {"contact", "account", "conversation", "ticket", "deal", "task"};
  std::function<WindowState(Micros)> window;  // of off-peak hours; asked with every step

 private:
  void open();
  void close();
  void configure();
  PushPorts ports();

  simulation::SimDisk disk_{1};
  std::unique_ptr<simulation::SqliteVfs> vfs_;
  decide::Engine engine_;
  std::shared_ptr<const Manifest> manifest_;
  Making making_ = Making::kAllowed;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<flow::Runner> runner_;
  std::unique_ptr<store::State> reading_;
  std::shared_ptr<QuotaLedger> ledger_;
  Json quota_use_;  // outlives crashes
  int next_message_ = 0;
};

}  // namespace rapport::connect
