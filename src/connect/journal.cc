#include "connect/journal.h"

#include <array>

#include "base/text.h"

namespace rapport::connect {

Result<std::string> Journal::start(const Plan& plan, std::span<Task* const> tasks,
                                   std::string_view operation) {
  std::array<uint8_t, 16> bytes{};
  random_.fill(bytes);
  const std::string call =
      "call_" + to_base32({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  TRY_ASSIGN(last_, append_(started_event(workspace_, clock_.now(), connection_, call, operation,
                                          plan, tasks)));
  failpoints_.reach("push.started.durable");
  return call;
}

Result<void> Journal::done(const OutcomeEvent& outcome) {
  TRY_ASSIGN(last_, append_(done_event(workspace_, clock_.now(), connection_, outcome)));
  outcome_ = true;
  failpoints_.reach("push.outcome.appended");
  return {};
}

Result<void> Journal::edits_ended(const std::vector<EndedEdit>& ended) {
  TRY_ASSIGN(last_, append_(edits_ended_event(workspace_, clock_.now(), connection_, ended)));
  return {};
}

Result<void> Journal::settle() {
  if (last_ == Sequence{}) return {};
  TRY(wait_folded_(last_));
  last_ = {};
  if (outcome_) failpoints_.reach("push.outcome.folded");
  outcome_ = false;
  return {};
}

}  // namespace rapport::connect
