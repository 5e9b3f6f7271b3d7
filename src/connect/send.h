// Carries out a plan: look-ups, writes, links, removals, each with its outcome in the log.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/logging.h"
#include "connect/batch.h"
#include "connect/find.h"
#include "connect/journal.h"

namespace rapport::connect {

// Told when a call, or one item of it, has to be tried again later.
using Postpone = std::function<Result<void>(const Work& work, const Failure& failure)>;

class Sender {
 public:
  Sender(const Manifest& manifest, const PlanSettings& settings, Remote& remote, Journal& journal,
         Failpoints& failpoints, Reporter& reporter, Postpone postpone)
      : manifest_(manifest),
        settings_(settings),
        remote_(remote),
        journal_(journal),
        failpoints_(failpoints),
        reporter_(reporter),
        postpone_(std::move(postpone)) {}

  // Works until all is done or a call fails in a way that concerns the whole connection: that
  // failure is the value. Errors are of the log or the state.
  Result<std::optional<Failure>> carry_out(Plan& plan);

 private:
  using Stop = std::optional<Failure>;
  using Tasks = std::vector<Task*>;

  Result<Stop> write_new(Plan& plan, const Tasks& tasks);
  Result<Stop> look_up(Plan& plan, const Tasks& tasks, Tasks& missing);
  Result<Stop> create(Plan& plan, Task& task);
  Result<Stop> conclude_create(Plan& plan, Task& task, const std::string& call, Reply& reply);
  Result<Stop> send_all(Plan& plan, const CallSpec& call, const Tasks& tasks);
  Result<Stop> send_some(Plan& plan, const CallSpec& call, std::span<Task* const> tasks);
  Result<Stop> take_outcomes(Plan& plan, const CallSpec& call, std::span<Task* const> tasks,
                             const Reply& reply);
  Result<void> postpone(Plan& plan, std::span<Task* const> tasks, const Failure& failure);
  // The entry of a task that is settled, well or not.
  Entry settled(Plan& plan, const Task& task, const ItemOutcome& outcome);
  Entry refused(Plan& plan, const Task& task, const Failure& failure);

  const Manifest& manifest_;
  const PlanSettings& settings_;
  Remote& remote_;
  Journal& journal_;
  Failpoints& failpoints_;
  Reporter& reporter_;
  Postpone postpone_;
};

}  // namespace rapport::connect
