// Writes without an outcome: the process died, or no answer came. Each is looked for at the remote
// until it is found, or until it is certain that it will not appear any more. Never repeated
// blindly.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/logging.h"
#include "connect/find.h"
#include "connect/journal.h"

namespace rapport::connect {

struct Recovered {
  bool worked = false;                       // an outcome was written
  std::optional<Failure> failure;            // look-ups do not work at present
  Micros again;                              // when the next look is due; only with open calls
  std::set<model::RecordKey> open;           // records that must not be written meanwhile
  std::vector<model::RecordKey> found = {};  // that the remote has, as is known now
};

class Recovery {
 public:
  // `settle`: how long after it was sent a write may still take effect.
  Recovery(const Manifest& manifest, const PlanSettings& settings, Micros settle,
           store::State& state, Planner& planner, Remote& remote, Journal& journal, Clock& clock,
           Reporter& reporter)
      : manifest_(manifest),
        settings_(settings),
        settle_(settle),
        state_(state),
        planner_(planner),
        remote_(remote),
        journal_(journal),
        clock_(clock),
        reporter_(reporter) {}

  // Looks at a few of the open calls that are due.
  Result<Recovered> step();

 private:
  struct Wait {
    Micros next;
    Micros span;
  };
  enum class Verdict { kConcluded, kLater };

  Result<Verdict> resolve(const model::Record& call, Recovered& recovered);
  Result<void> conclude(const model::Record& call, std::vector<Entry> entries);
  Micros next_look(const model::Record& call, Micros span) const;
  Micros given_up_at(const model::Record& call, const ObjectSpec& object) const;

  const Manifest& manifest_;
  const PlanSettings& settings_;
  Micros settle_;
  store::State& state_;
  Planner& planner_;
  Remote& remote_;
  Journal& journal_;
  Clock& clock_;
  Reporter& reporter_;
  std::map<std::string, Wait> waits_;  // by call
};

}  // namespace rapport::connect
