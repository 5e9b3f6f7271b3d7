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

// Whether something more urgent waits: then the rest is left for the next time.
using Interrupted = std::function<bool()>;

// kFull: what does not fill a call is left over, because more of its kind is on the way.
enum class Fill { kFull, kAny };

class Sender {
 public:
  Sender(const Manifest& manifest, const PlanSettings& settings, Remote& remote, Journal& journal,
         Failpoints& failpoints, Reporter& reporter, Fill fill, Postpone postpone,
         Interrupted interrupted)
      : manifest_(manifest),
        settings_(settings),
        remote_(remote),
        journal_(journal),
        failpoints_(failpoints),
        reporter_(reporter),
        fill_(fill),
        postpone_(std::move(postpone)),
        interrupted_(std::move(interrupted)) {}

  // Works until all is done or a call fails in a way that concerns the whole connection: that
  // failure is the value. Works of which something was not tried are marked left_over. Errors are
  // of the log or the state.
  Result<std::optional<Failure>> carry_out(Plan& plan);

 private:
  using Stop = std::optional<Failure>;
  using Tasks = std::vector<Task*>;

  using SendSome = std::function<Result<Stop>(std::span<Task* const>)>;

  void keep_full_batches(Plan& plan, Tasks& tasks);
  Result<Stop> in_batches(Plan& plan, const CallSpec& call, const Tasks& tasks,
                          const SendSome& send);
  Result<Stop> write_new(Plan& plan, const Tasks& tasks);
  Result<Stop> look_up(Plan& plan, const Tasks& tasks, Tasks& missing);
  Result<Stop> create_all(Plan& plan, const CallSpec& call, const Tasks& tasks);
  Result<Stop> create_some(Plan& plan, const CallSpec& spec, std::span<Task* const> tasks);
  Result<Stop> conclude_refused(Plan& plan, const CallSpec& spec, std::span<Task* const> tasks,
                                const std::string& call, const Failure& failure);
  Result<Stop> conclude_created(Plan& plan, std::span<Task* const> tasks, const std::string& call,
                                const std::vector<ItemOutcome>& outcomes);
  void report_unknown(const Task& task, const std::string& call, const Failure& failure);
  void leave(Plan& plan, std::span<Task* const> tasks);
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
  Fill fill_;
  Postpone postpone_;
  Interrupted interrupted_;
};

}  // namespace rapport::connect
