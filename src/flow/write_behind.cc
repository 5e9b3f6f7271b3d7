#include "flow/write_behind.h"

#include <algorithm>
#include <memory>

#include "flow/slots.h"

namespace rapport::flow {

WriteBehind::~WriteBehind() {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [&] { return !under_way_; });
}

Result<void> WriteBehind::wait() {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [&] { return !under_way_; });
  if (failed_) return *failed_;
  return {};
}

Result<void> WriteBehind::apply(const store::Changes& changes) {
  TRY(wait());
  // Records share their fields with the caller's.
  auto own = std::make_shared<const store::Changes>(changes);
  if (reader_) {
    touched_.emplace(changes.puts.size() + changes.removals.size());
    for (const auto& put : changes.puts)
      touched_->add(hash_of(put.record.key.type, put.record.key.id));
    for (const auto& removed : changes.removals)
      touched_->add(hash_of(removed.key.type, removed.key.id));
  }
  under_way_ = true;
  worker_.post([this, own] { write(*own); });
  return {};
}

void WriteBehind::write(const store::Changes& changes) {
  const auto done = write_(changes);
  std::lock_guard lock(mutex_);
  if (!done.ok()) failed_ = done.error();
  under_way_ = false;
  written_.notify_all();
}

bool WriteBehind::under_way() const {
  std::lock_guard lock(mutex_);
  return under_way_;
}

bool WriteBehind::touches(std::span<const model::RecordKey> keys) const {
  return std::any_of(keys.begin(), keys.end(), [&](const model::RecordKey& key) {
    return touched_->may_contain(hash_of(key.type, key.id));
  });
}

Result<std::vector<std::optional<model::Record>>> WriteBehind::load(
    std::span<const model::RecordKey> keys) {
  if (reader_ && under_way() && !touches(keys)) return reader_->load(keys);
  TRY(wait());
  return state_.load(keys);
}

Result<store::Cursor> WriteBehind::cursor() {
  TRY(wait());
  return state_.cursor();
}

Result<store::Page> WriteBehind::list(const store::PageRequest& request) {
  TRY(wait());
  return state_.list(request);
}

Result<std::vector<model::Timer>> WriteBehind::timers_due(Micros until, int limit) {
  TRY(wait());
  return state_.timers_due(until, limit);
}

Result<std::vector<store::Posting>> WriteBehind::postings(const std::string& list, Sequence after,
                                                          int limit,
                                                          store::PageRequest::Order order) {
  TRY(wait());
  return state_.postings(list, after, limit, order);
}

}  // namespace rapport::flow
