#include "flow/write_behind.h"

namespace rapport::flow {

WriteBehind::~WriteBehind() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void WriteBehind::write() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || waiting_; });
    if (!waiting_) return;
    lock.unlock();
    auto written = state_.apply(*waiting_);
    lock.lock();
    if (!written.ok()) failed_ = written.error();
    waiting_.reset();
    changed_.notify_all();
  }
}

Result<void> WriteBehind::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !waiting_; });
  if (failed_) return *failed_;
  return {};
}

Result<void> WriteBehind::apply(const store::Changes& changes) {
  TRY(wait());
  store::Changes own = changes;  // records share their fields with the caller's
  std::lock_guard lock(mutex_);
  waiting_ = std::move(own);
  changed_.notify_all();
  return {};
}

Result<store::Cursor> WriteBehind::cursor() {
  TRY(wait());
  return state_.cursor();
}

Result<std::vector<std::optional<model::Record>>> WriteBehind::load(
    std::span<const model::RecordKey> keys) {
  TRY(wait());
  return state_.load(keys);
}

Result<store::Page> WriteBehind::list(const store::PageRequest& request) {
  TRY(wait());
  return state_.list(request);
}

Result<std::vector<model::Timer>> WriteBehind::timers_due(Micros until, int limit) {
  TRY(wait());
  return state_.timers_due(until, limit);
}

Result<std::optional<Micros>> WriteBehind::next_due() {
  TRY(wait());
  return state_.next_due();
}

Result<std::vector<store::Posting>> WriteBehind::postings(const std::string& list, Sequence after,
                                                          int limit,
                                                          store::PageRequest::Order order) {
  TRY(wait());
  return state_.postings(list, after, limit, order);
}

Result<std::vector<model::Mark>> WriteBehind::marks(const std::string& connection, int limit) {
  TRY(wait());
  return state_.marks(connection, limit);
}

Result<std::vector<store::DueMark>> WriteBehind::due_marks(const std::string& connection,
                                                           Micros now, int limit) {
  TRY(wait());
  return state_.due_marks(connection, now, limit);
}

Result<std::optional<Micros>> WriteBehind::next_attempt(const std::string& connection) {
  TRY(wait());
  return state_.next_attempt(connection);
}

Result<void> WriteBehind::set_attempt(const model::Mark& mark, const store::Attempt& attempt) {
  TRY(wait());
  return state_.set_attempt(mark, attempt);
}

Result<int64_t> WriteBehind::count(const std::string& type) {
  TRY(wait());
  return state_.count(type);
}

Result<Hash> WriteBehind::digest() {
  TRY(wait());
  return state_.digest();
}

Result<void> WriteBehind::snapshot(const std::string& path) {
  TRY(wait());
  return state_.snapshot(path);
}

Result<void> WriteBehind::scrub() {
  TRY(wait());
  return state_.scrub();
}

Result<void> WriteBehind::checkpoint() {
  TRY(wait());
  return state_.checkpoint();
}

}  // namespace rapport::flow
