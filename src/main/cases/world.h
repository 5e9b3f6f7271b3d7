// Where a case happens: intake, log, runner and state as the server has them, in a folder of its
// own, on one thread, under a clock that moves when told.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "base/metrics.h"
#include "base/posix_disk.h"
#include "base/system.h"
#include "decide/engine.h"
#include "decide/pack/read_pack.h"
#include "flow/runner.h"
#include "intake/intake.h"
#include "main/cases/case.h"
#include "main/cases/case_clock.h"
#include "main/cases/observed.h"

namespace rapport::cases {

enum class Delivery : uint8_t { kOnce, kTwice };

class World {
 public:
  // An empty workspace in an empty folder, which is left behind. `engine` is shared by worlds;
  // `largest` is about how many bytes the largest event has.
  World(std::string folder, const decide::Engine& engine, Micros start, Delivery delivery,
        size_t largest);
  ~World();

  Result<void> open();
  // Ends and begins again, as a server does that is started anew.
  Result<void> reopen();

  // The server's own events. Applied when it returns.
  Result<void> append(std::string_view type, Json properties);
  // One tracking call as JSON, with or without messageId. Applied when it returns. kInvalid when it
  // was quarantined, with the reason.
  Result<void> receive(Json call);
  // The clock moves; whatever falls due on the way happens at its time.
  Result<void> move_to(Micros moment);

  Micros now() const { return clock_.now(); }
  Sequence last() const;
  Result<void> look(const std::function<void(store::State&)>& look);
  // Empty when folding the log again gives this very state; else what differs first.
  Result<std::string> rebuild_difference();

 private:
  void close();
  Result<void> settle();
  Result<void> refusal(Sequence sequence);

  const std::string folder_;
  const decide::Engine& engine_;
  CaseClock clock_;
  const Delivery delivery_;
  const uint64_t segment_bytes_;
  PosixDisk disk_;
  SystemRandom random_;
  NoFailpoints failpoints_;
  NoReporter reporter_;
  int64_t next_message_ = 1;

  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<flow::Runner> runner_;
};

inline constexpr WorkspaceId kWorkspace{1};

}  // namespace rapport::cases
