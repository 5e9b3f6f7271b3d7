// Everything between a customer's event and a CRM record, on one thread and from one seed:
// customers send, the power goes, answers get lost, and in the end everything has to be right.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "base/metrics.h"
#include "connect/push.h"
#include "flow/runner.h"
#include "intake/intake.h"
#include "sandbox/hubspot.h"
#include "simulation/sim_disk.h"
#include "simulation/sqlite_vfs.h"
#include "testing/fakes.h"

namespace rapport::whole {

// Carries calls straight into the sandbox, loses some on the way there and some on the way back.
class SimNetwork final : public Transport {
 public:
  SimNetwork(HttpHandler& remote, ManualClock& clock, SeededRandom& random)
      : remote_(remote), clock_(clock), random_(random) {}
  Result<HttpResponse> send(const HttpRequest& request) override;
  void set_trouble(double probability) { trouble_ = probability; }
  uint64_t lost_answers() const { return lost_answers_; }

 private:
  HttpHandler& remote_;
  ManualClock& clock_;
  SeededRandom& random_;
  double trouble_ = 0;
  uint64_t lost_answers_ = 0;
};

// What the customers did, as they remember it.
struct Truth {
  struct Conversation {
    int customer = 0;
    std::vector<std::string> messages;  // texts in order
    bool escalated = false;
  };
  std::map<std::string, Conversation> conversations;
  std::set<std::string> acknowledged;  // message ids
};

class Spine {
 public:
  explicit Spine(uint64_t seed);
  ~Spine();

  // One random thing happens.
  void live();
  // No more trouble: runs until nothing is left to do. Says what does not settle.
  std::string settle();
  // Compares log, state and CRM with what the customers remember; one line per difference.
  std::vector<std::string> differences();

  uint64_t power_cuts() const { return power_cuts_; }
  uint64_t lost_answers() const { return network_.lost_answers(); }

 private:
  void open();
  void close();
  void crash();
  void customer_acts();
  void deliver();
  void pump(int steps);
  Result<void> configure();
  Result<Sequence> append(model::Event event);
  std::string digest(store::State& state);
  std::string rebuild_difference();  // empty: the rebuilt state is the live one
  void compare_log(std::vector<std::string>& out);
  void compare_crm(std::vector<std::string>& out);
  Json crm(const std::string& object);

  SeededRandom random_;
  ManualClock clock_;
  SeededRandom sandbox_random_;
  simulation::SimDisk disk_;
  std::unique_ptr<simulation::SqliteVfs> vfs_;
  sandbox::Hubspot remote_;
  SimNetwork network_;
  NoFailpoints failpoints_;
  KeepingReporter reporter_;
  std::shared_ptr<const connect::Manifest> manifest_;
  decide::Engine engine_;

  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<flow::Runner> runner_;
  std::unique_ptr<store::State> reading_;
  std::unique_ptr<connect::Push> push_;

  Truth truth_;
  std::vector<std::pair<std::string, std::vector<std::string>>> unsent_;  // body, message ids
  uint64_t next_message_ = 1;
  uint64_t power_cuts_ = 0;
};

}  // namespace rapport::whole
