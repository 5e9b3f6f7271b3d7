#include "sandbox/quota.h"

#include <fmt/format.h>

#include <algorithm>

namespace rapport::sandbox {

std::string QuotaWindow::policy_name() const {
  if (!policy.empty()) return policy;
  if (per == days(1)) return "DAILY";
  if (per == seconds(10)) return "TEN_SECONDLY_ROLLING";
  if (per == seconds(1)) return "SECONDLY";
  return fmt::format("{}_MILLISECONDS", per.value / 1000);
}

Micros Quota::start_of(const QuotaWindow& window, Micros wall) const {
  const int64_t since = wall.value - offset_.value;
  const int64_t into = (since % window.per.value + window.per.value) % window.per.value;
  return {wall.value - into};
}

Quota::Used& Quota::trimmed(const std::string& caller, const QuotaWindow& window, Moment now) {
  Used& used = used_[fmt::format("{}\n{}\n{}\n{}", caller, window.policy_name(), window.per.value,
                                 window.calls)];
  const auto gone = [&](const Batch& batch) {
    return window.edge == QuotaWindow::Edge::kAligned ? batch.at != start_of(window, now.wall)
                                                      : batch.at + window.per <= now.monotonic;
  };
  while (!used.batches.empty() && gone(used.batches.front())) {
    used.total -= used.batches.front().calls;
    used.batches.pop_front();
  }
  return used;
}

const QuotaWindow* Quota::admit(const std::string& caller, const std::vector<QuotaWindow>& windows,
                                CallKind kind, Moment now) {
  std::vector<const QuotaWindow*> counting;
  for (const QuotaWindow& window : windows) {
    if (window.counts == QuotaWindow::Counts::kSearches && kind != CallKind::kSearch) continue;
    if (trimmed(caller, window, now).total >= window.calls) return &window;
    counting.push_back(&window);
  }
  for (const QuotaWindow* window : counting) use(caller, *window, 1, now);
  return nullptr;
}

int64_t Quota::remaining(const std::string& caller, const QuotaWindow& window, Moment now) {
  return std::max<int64_t>(0, window.calls - trimmed(caller, window, now).total);
}

void Quota::use(const std::string& caller, const QuotaWindow& window, int64_t calls, Moment now) {
  Used& used = trimmed(caller, window, now);
  const Micros at =
      window.edge == QuotaWindow::Edge::kAligned ? start_of(window, now.wall) : now.monotonic;
  if (!used.batches.empty() && used.batches.back().at == at)
    used.batches.back().calls += calls;
  else
    used.batches.push_back({at, calls});
  used.total += calls;
}

}  // namespace rapport::sandbox
