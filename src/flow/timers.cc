#include "flow/timers.h"

#include <algorithm>
#include <limits>

namespace rapport::flow {

using model::Timer;

namespace {
// Timers fetched at a time; four times as many make the window shorter again.
constexpr int kFetched = 4096;
constexpr Micros kForever{std::numeric_limits<int64_t>::max()};
}  // namespace

void Timers::drop_from_window(const std::string& id) {
  auto it = in_window_.find(id);
  if (it == in_window_.end()) return;
  window_.erase({it->second, id});
  in_window_.erase(it);
}

Result<void> Timers::widen(Micros until) {
  Micros end = kForever;
  std::vector<Timer> found;
  for (int limit = kFetched;; limit *= 4) {
    TRY_ASSIGN(found, state_.timers_due(end, limit));
    if (found.size() < static_cast<size_t>(limit)) break;
    if (found.back().due > until) {  // enough for now; the rest when its time comes
      end = found.back().due - Micros{1};
      break;
    }
  }
  for (auto& timer : found) {
    if (timer.due > end || timer.due <= window_end_ || changes_.contains(timer.id)) continue;
    in_window_[timer.id] = timer.due;
    window_.emplace(std::pair(timer.due, timer.id), std::move(timer));
  }
  for (const auto& [id, timer] : changes_) {
    if (!timer || timer->due > end || in_window_.contains(id)) continue;
    in_window_[id] = timer->due;
    window_.emplace(std::pair(timer->due, id), *timer);
  }
  window_end_ = end;
  return {};
}

// Keeps what is due by now and about kFetched timers more.
void Timers::shorten() {
  if (window_.size() <= 4 * kFetched) return;
  auto last = window_.upper_bound({asked_, {}});
  for (int i = 0; i < kFetched && last != window_.end(); ++i) ++last;
  if (last == window_.end()) return;
  window_end_ = std::max(asked_, last->first.first - Micros{1});
  for (auto it = window_.lower_bound({window_end_ + Micros{1}, {}}); it != window_.end();) {
    in_window_.erase(it->first.second);
    it = window_.erase(it);
  }
}

Result<std::vector<Timer>> Timers::due(Micros until) {
  if (until > window_end_) TRY(widen(until));
  asked_ = std::max(asked_, until);
  std::vector<Timer> due;
  for (auto it = window_.begin(); it != window_.end() && it->first.first <= until; ++it)
    due.push_back(it->second);
  return due;
}

Result<std::optional<Micros>> Timers::next_due() {
  if (window_.empty() && window_end_ < asked_) TRY(widen(asked_));
  while (window_.empty() && window_end_ < kForever) TRY(widen(window_end_ + Micros{1}));
  if (window_.empty()) return std::optional<Micros>();
  return std::optional(window_.begin()->first.first);
}

void Timers::change(const std::vector<Timer>& armed, const std::vector<std::string>& disarmed) {
  for (const auto& id : disarmed) {
    drop_from_window(id);
    changes_[id] = std::nullopt;
  }
  for (const auto& timer : armed) {
    drop_from_window(timer.id);
    changes_[timer.id] = timer;
    if (timer.due > window_end_) continue;
    in_window_[timer.id] = timer.due;
    window_.emplace(std::pair(timer.due, timer.id), timer);
  }
  shorten();
}

void Timers::collect(store::Changes& changes) const {
  for (const auto& [id, timer] : changes_) {
    if (timer) {
      changes.timers.push_back(*timer);
    } else {
      changes.timers_removed.push_back(id);
    }
  }
}

void Timers::written() {
  changes_.clear();
}

}  // namespace rapport::flow
