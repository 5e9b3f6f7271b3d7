// Sends what has changed to one connected system. One thread calls step(); it holds no lock and no
// state that a crash could lose: everything it must know comes from the folded state.
#pragma once

#include <deque>
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
#include "connect/backlog.h"
#include "connect/breaker.h"
#include "connect/definitions.h"
#include "connect/directory.h"
#include "connect/journal.h"
#include "connect/manifest.h"
#include "connect/off_peak.h"
#include "connect/plan.h"
#include "connect/recover.h"
#include "connect/remote.h"
#include "connect/source.h"
#include "connect/view.h"
#include "store/state.h"

namespace rapport::connect {

struct PushOptions {
  WorkspaceId workspace;
  std::string connection;            // id
  std::string base_url;              // empty: the manifest's
  std::vector<std::string> sends;    // types of record
  Json settings = Json::object();    // switches, as mappings read them
  bool look_up = true;               // before a record is written for the first time
  Making making = Making::kAllowed;  // of properties that its own mapping names
  Key hash_key{};                    // of the workspace; never changes
  std::optional<Micros> settle;      // instead of the manifest's
  // Whether usual work may be sent at that time; urgent work always may. Empty: at all times.
  std::function<WindowState(Micros)> window = {};
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
  Remote::SecretRefused secret_refused;  // may be empty
  std::shared_ptr<QuotaLedger> ledger;   // null: one of its own, kept nowhere
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

  // One bounded piece of work: some look-ups, some hundred records, cut short when something urgent
  // comes. Errors are of the log or the state; what the remote does wrong is dealt with inside.
  Result<Progress> step();

  // Why nothing, or nothing of some type, is sent at present, for people; empty when all is well.
  std::string halted() const;
  // Credentials or permissions may have been put right: do not wait for the next try.
  void try_again();
  // {state, why, next_try_at, failures_in_a_row, unknown, quota, records, over_s, records_per_s,
  // problems: texts about what is left out while all else goes on}.
  // What is told of records is of the last minutes in which they could be sent.
  // state: sending, idle, paused, off_peak, quota, backing_off, open, halted.
  Json status();

 private:
  enum class Gate { kOpen, kUrgentOnly, kShut };
  Result<Gate> gate(Micros now, Micros& until);
  bool in_window(Micros now);
  Result<bool> serve(const Backlog::Picked& picked, const std::set<model::RecordKey>& open);
  Result<void> report_unsent(Plan& plan);
  Result<std::optional<Failure>> prepare();
  Result<Plan> make_plan(const Backlog::Picked& picked, std::optional<Failure>& failure);
  void sort_out(const Plan& plan);
  Result<void> postpone(const Work& work, const Failure& failure);
  void note_served(const Plan& plan);
  void failed(const Failure& failure, const std::string& type, model::Urgency urgency);
  void halt(const Failure& failure);
  void resume();
  Result<Progress> rest(Micros also);

  std::shared_ptr<const Manifest> manifest_;
  WorkspaceId workspace_;
  PushPorts ports_;
  PlanSettings settings_;
  std::function<WindowState(Micros)> window_;
  Remote remote_;
  Directories directories_;
  Definitions definitions_;
  Planner planner_;
  Journal journal_;
  Recovery recovery_;
  Backlog backlog_;
  Breaker breaker_;
  std::string state_ = "idle";
  std::string halted_, paused_;
  Json left_out_ = Json::array();  // as the state has it
  bool recalled_ = false;
  std::string last_failure_;  // of the connection, while it fails
  size_t unknown_ = 0;        // records whose last write has no outcome yet
  struct Block {
    std::string why;
    Micros until;
  };
  std::map<std::string, Block> blocked_;  // by type of record
  Micros quota_until_, all_quota_until_;  // usual work, and all work, waits for the quota
  Micros halted_until_;
  Micros closed_at_, opens_at_;                    // outside the window; else 0
  std::deque<std::pair<Micros, int64_t>> served_;  // usual records in open time
  Gauge& halted_gauge_;
  Gauge& unknown_gauge_;
};

}  // namespace rapport::connect
