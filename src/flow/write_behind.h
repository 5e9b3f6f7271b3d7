// A state whose writes are carried out by a thread of their own, one behind the caller: while one
// batch is written the next is folded. Everything else waits until the write is done.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "store/state.h"

namespace rapport::flow {

// One caller. The error of a write is returned by a later call, at the latest by checkpoint().
class WriteBehind final : public store::State {
 public:
  explicit WriteBehind(store::State& state) : state_(state), thread_([this] { write(); }) {}
  ~WriteBehind() override;
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  Result<void> apply(const store::Changes& changes) override;

  Result<store::Cursor> cursor() override;
  Result<std::vector<std::optional<model::Record>>> load(
      std::span<const model::RecordKey> keys) override;
  Result<store::Page> list(const store::PageRequest& request) override;
  Result<std::vector<model::Timer>> timers_due(Micros until, int limit) override;
  Result<std::optional<Micros>> next_due() override;
  Result<std::vector<store::Posting>> postings(const std::string& list, Sequence after, int limit,
                                               store::PageRequest::Order order) override;
  Result<std::vector<model::Mark>> marks(const std::string& connection, int limit) override;
  Result<std::vector<store::DueMark>> due_marks(const std::string& connection, Micros now,
                                                int limit) override;
  Result<std::optional<Micros>> next_attempt(const std::string& connection) override;
  Result<void> set_attempt(const model::Mark& mark, const store::Attempt& attempt) override;
  Result<int64_t> count(const std::string& type) override;
  Result<Hash> digest() override;
  Result<void> snapshot(const std::string& path) override;
  Result<void> scrub() override;
  Result<void> checkpoint() override;

 private:
  void write();
  Result<void> wait();

  store::State& state_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<store::Changes> waiting_;  // taken when written
  std::optional<Error> failed_;
  bool stop_ = false;
  std::thread thread_;  // last: starts when the rest is ready
};

}  // namespace rapport::flow
