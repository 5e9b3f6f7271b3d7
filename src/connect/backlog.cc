#include "connect/backlog.h"

#include <algorithm>

namespace rapport::connect {
namespace {

constexpr int kPage = 1000;             // marks read at a time
constexpr size_t kMostAside = 100'000;  // about 30 MB
constexpr Micros kNever{std::numeric_limits<int64_t>::max()};
constexpr Micros kGoThrough = seconds(30);
constexpr Micros kLongestWait = minutes(1);  // for others; then it is looked at again anyhow

}  // namespace

void Backlog::put_aside(const model::Mark& mark, Micros until, bool waits) {
  if (aside_.size() >= kMostAside && !aside_.contains(mark.record)) return;
  aside_[mark.record] = {mark.version, until, waits};
  first_back_ = std::min(first_back_, until);
}

void Backlog::delay(const model::Mark& mark, Micros until) {
  put_aside(mark, until, false);
}

void Backlog::wait(const model::Mark& mark, std::span<const model::RecordKey> others, Micros now) {
  if (mark.urgency == model::Urgency::kUrgent) promoted_.insert(others.begin(), others.end());
  put_aside(mark, now + kLongestWait, true);
  if (!aside_.contains(mark.record)) return;
  for (const model::RecordKey& other : others) waiters_[other].insert(mark.record);
}

void Backlog::again(const model::RecordKey& record) {
  ready_.insert(record);
}

void Backlog::written(const model::RecordKey& record) {
  const auto found = waiters_.find(record);
  if (found == waiters_.end()) return;
  for (const model::RecordKey& waiter : found->second) {
    const auto aside = aside_.find(waiter);
    if (aside == aside_.end() || !aside->second.waits) continue;
    aside_.erase(aside);
    ready_.insert(waiter);
  }
  waiters_.erase(found);
}

void Backlog::block(const std::string& type, Micros until) {
  blocked_[type] = until;
}

void Backlog::unblock() {
  blocked_.clear();
}

bool Backlog::blocked(const std::string& type, Micros now) const {
  const auto found = blocked_.find(type);
  return found != blocked_.end() && now < found->second;
}

bool Backlog::usable(const store::DueMark& due, Micros now,
                     const std::set<model::RecordKey>& open) {
  const model::RecordKey& record = due.mark.record;
  if (open.contains(record)) {
    ready_.insert(record);  // when its write has an outcome
    return false;
  }
  if (now < due.attempt.not_before) return false;
  const auto found = aside_.find(record);
  if (found == aside_.end()) return true;
  if (found->second.version == due.mark.version && now < found->second.until) return false;
  aside_.erase(found);
  return true;
}

// What was aside long enough is ready; now and then all marks are gone through again.
void Backlog::bring_back(Micros now) {
  if (first_back_ <= now) {
    first_back_ = kNever;
    for (auto it = aside_.begin(); it != aside_.end();) {
      if (now < it->second.until) {
        first_back_ = std::min(first_back_, it->second.until);
        ++it;
        continue;
      }
      ready_.insert(it->first);
      it = aside_.erase(it);
    }
  }
  if (now < gone_through_ + kGoThrough && now >= gone_through_) return;
  gone_through_ = now;
  places_.clear();
  std::erase_if(waiters_, [&](const auto& waiter) {
    return std::none_of(waiter.second.begin(), waiter.second.end(),
                        [&](const auto& record) { return aside_.contains(record); });
  });
}

Result<std::vector<store::DueMark>> Backlog::urgent(const std::string& type, Micros now,
                                                    const std::set<model::RecordKey>& open,
                                                    size_t most) {
  std::vector<store::DueMark> marks;
  store::MarkRequest request;
  request.connection = connection_;
  request.type = type;
  request.urgency = model::Urgency::kUrgent;
  request.now = now;
  request.limit = kPage;
  TRY_ASSIGN(auto due, state_.due_marks(request));
  for (store::DueMark& one : due) {
    if (marks.size() == most) break;
    if (usable(one, now, open)) marks.push_back(std::move(one));
  }
  return marks;
}

Result<std::vector<store::DueMark>> Backlog::promoted(Micros now,
                                                      const std::set<model::RecordKey>& open) {
  std::vector<store::DueMark> marks;
  while (!promoted_.empty() && marks.empty()) {
    const model::RecordKey record = *promoted_.begin();
    promoted_.erase(promoted_.begin());
    if (blocked(record.type, now)) continue;
    TRY_ASSIGN(auto found, state_.marks_of(connection_, std::vector{record}));
    if (!found.empty() && usable(found[0], now, open)) marks.push_back(std::move(found[0]));
  }
  return marks;
}

Result<std::vector<store::DueMark>> Backlog::ready(const std::string& type, Micros now,
                                                   const std::set<model::RecordKey>& open,
                                                   size_t most) {
  std::vector<model::RecordKey> keys;
  const auto take = [&](const std::string& after, const std::string& up_to) {
    for (auto it = ready_.upper_bound({type, after}); it != ready_.end() && it->type == type;) {
      if (keys.size() == most || (!up_to.empty() && it->id > up_to)) return;
      const bool free = !open.contains(*it);
      if (free) keys.push_back(*it);
      it = free ? ready_.erase(it) : std::next(it);
    }
  };
  std::string& last = ready_up_to_[type];
  take(last, "");
  if (keys.size() < most && !last.empty()) take("", last);
  if (!keys.empty()) last = keys.back().id;
  TRY_ASSIGN(auto marks, state_.marks_of(connection_, keys));
  std::erase_if(marks, [&](const store::DueMark& due) { return !usable(due, now, open); });
  return marks;
}

Result<void> Backlog::scan(const std::string& type, Micros now,
                           const std::set<model::RecordKey>& open, size_t most,
                           std::vector<store::DueMark>& marks) {
  std::set<std::string> have;
  for (const store::DueMark& one : marks) have.insert(one.mark.record.id);
  Place& place = places_[type];
  while (marks.size() < most) {
    store::MarkRequest request{.connection = connection_,
                               .type = type,
                               .now = now,
                               .after_version = place.version,
                               .after_id = place.id,
                               .limit = kPage};
    TRY_ASSIGN(auto page, state_.due_marks(request));
    const bool last = page.size() < static_cast<size_t>(kPage);
    for (store::DueMark& due : page) {
      if (marks.size() == most) return {};
      place = {due.mark.version, due.mark.record.id};
      if (!have.contains(due.mark.record.id) && usable(due, now, open))
        marks.push_back(std::move(due));
    }
    if (last) return {};
  }
  return {};
}

Result<bool> Backlog::has_urgent(Micros now, const std::set<model::RecordKey>& open) {
  if (!promoted_.empty()) return true;
  for (const std::string& type : types_) {
    if (blocked(type, now)) continue;
    TRY_ASSIGN(const auto marks, urgent(type, now, open, 1));
    if (!marks.empty()) return true;
  }
  return false;
}

Result<Backlog::Picked> Backlog::pick(Micros now, Which which,
                                      const std::set<model::RecordKey>& open, size_t most) {
  bring_back(now);
  Picked picked{.marks = {}, .urgency = model::Urgency::kUrgent, .more = false};
  TRY_ASSIGN(picked.marks, promoted(now, open));
  if (!picked.marks.empty()) return picked;
  for (const std::string& type : types_) {
    if (blocked(type, now)) continue;
    TRY_ASSIGN(picked.marks, urgent(type, now, open, most));
    if (!picked.marks.empty()) return picked;
  }
  picked.urgency = model::Urgency::kUsual;
  if (which == Which::kUrgentOnly) return picked;
  for (size_t i = 0; i < types_.size(); ++i) {
    const std::string& type = types_[(turn_ + i) % types_.size()];
    if (blocked(type, now)) continue;
    TRY_ASSIGN(picked.marks, ready(type, now, open, most));
    TRY(scan(type, now, open, most, picked.marks));
    if (picked.marks.empty()) continue;
    picked.more = picked.marks.size() == most;
    turn_ = (turn_ + i + 1) % types_.size();
    return picked;
  }
  return picked;
}

Micros Backlog::next(Micros now, Micros most) const {
  Micros until = std::min(most, first_back_);
  for (const auto& [type, end] : blocked_)
    if (end > now) until = std::min(until, end);
  return std::max(until, now + millis(1));
}

}  // namespace rapport::connect
