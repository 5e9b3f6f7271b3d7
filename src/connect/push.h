// Sends what has changed to one connected system. One thread calls step(); it holds no lock and no
// state that a crash could lose: everything it must know comes from the folded state.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/random.h"
#include "connect/journal.h"
#include "connect/manifest.h"
#include "connect/plan.h"
#include "connect/recover.h"
#include "connect/remote.h"
#include "connect/source.h"
#include "connect/view.h"
#include "store/state.h"

namespace rapport::connect {

struct PushOptions {
  WorkspaceId workspace;
  std::string connection;          // id
  std::string base_url;            // empty: the manifest's
  std::vector<std::string> sends;  // types of record
  Json settings = Json::object();  // switches, as mappings read them
  Key hash_key{};                  // of the workspace; never changes
  std::optional<Micros> settle;    // instead of the manifest's
};

// Everything a push touches. All must outlive it.
struct PushPorts {
  store::State& state;  // for reading
  Transport& transport;
  Clock& clock;
  Random& random;
  Reporter& reporter;
  Metrics& metrics;
  Failpoints& failpoints;
  ReadEvents read_events;  // EventLog::read
  Append append;           // Intake::append
  WaitFolded wait_folded;
  // State::set_attempt by whoever holds the writing handle. May take effect later.
  std::function<Result<void>(const model::Mark&, const store::Attempt&)> set_attempt;
  Remote::Secret secret;
  Mapper mapper;
};

struct Progress {
  bool worked = false;  // call again at once
  Micros until;         // else: when there may be work again, if no mark comes before
};

class Push {
 public:
  // When the first step runs, the state must show everything up to the log's head: a write that was
  // announced and is not folded yet would be sent twice.
  Push(std::shared_ptr<const Manifest> manifest, PushOptions options, PushPorts ports);
  ~Push();

  // One bounded piece of work: some look-ups and at most about a hundred records. Errors are of
  // the log or the state; what the remote does wrong is dealt with inside.
  Result<Progress> step();

  // Why nothing is sent at present, for people; empty when all is well.
  const std::string& halted() const { return halted_; }
  // Credentials or permissions may have been put right: do not wait for the next try.
  void try_again();

 private:
  struct Delay {
    Micros until;
    Micros span;  // of a record that waits for others; 0: its last call failed
  };
  Result<std::vector<store::DueMark>> pick(const std::set<model::RecordKey>& open);
  Result<bool> serve(const std::vector<store::DueMark>& marks);
  Result<void> report_unsent(Plan& plan);
  Result<void> defer_waiting(const Plan& plan);
  void wake_waiting();
  Result<void> postpone(const Work& work, const Failure& failure);
  void pause(const Failure& failure);
  void halt(const Failure& failure);
  void resume();
  Micros jitter(Micros most);
  Result<Progress> rest(Micros also);
  bool delayed(const model::Mark& mark);

  std::shared_ptr<const Manifest> manifest_;
  PushPorts ports_;
  PlanSettings settings_;
  Remote remote_;
  Planner planner_;
  Journal journal_;
  Recovery recovery_;
  std::string halted_;
  Micros paused_until_;
  int failures_ = 0;  // in a row, of the connection
  size_t turn_ = 0;   // object whose records come next
  std::map<model::RecordKey, std::pair<Sequence, Delay>> delays_;
  Gauge& halted_gauge_;
  Gauge& unknown_gauge_;
};

}  // namespace rapport::connect
