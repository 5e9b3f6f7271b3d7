// Writes what a push does into the log, and waits until it is folded.
#pragma once

#include <functional>
#include <string>

#include "base/failpoint.h"
#include "base/random.h"
#include "connect/outcome.h"

namespace rapport::connect {

// Durable when it returns: Intake::append.
using Append = std::function<Result<Sequence>(model::Event)>;
// Returns when the state shows everything up to this event.
using WaitFolded = std::function<Result<void>(Sequence)>;

class Journal {
 public:
  Journal(WorkspaceId workspace, std::string connection, Append append, WaitFolded wait_folded,
          Clock& clock, Random& random, Failpoints& failpoints)
      : workspace_(workspace),
        connection_(std::move(connection)),
        append_(std::move(append)),
        wait_folded_(std::move(wait_folded)),
        clock_(clock),
        random_(random),
        failpoints_(failpoints) {}

  // Durable before the write leaves. Gives the call's id. All tasks are of one object.
  Result<std::string> start(const Plan& plan, std::span<Task* const> tasks,
                            std::string_view operation);
  Result<void> done(const OutcomeEvent& outcome);
  Result<void> edits_ended(const std::vector<EndedEdit>& ended);
  // Waits for the fold of all that was written.
  Result<void> settle();

 private:
  WorkspaceId workspace_;
  std::string connection_;
  Append append_;
  WaitFolded wait_folded_;
  Clock& clock_;
  Random& random_;
  Failpoints& failpoints_;
  Sequence last_;         // written, perhaps not folded
  bool outcome_ = false;  // an outcome is among them
};

}  // namespace rapport::connect
