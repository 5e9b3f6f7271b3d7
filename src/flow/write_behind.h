// What a fold reads and writes, with the writes carried out by a worker, one behind the fold: while
// one batch is written the next is folded.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "base/key_filter.h"
#include "flow/worker.h"
#include "store/state.h"

namespace rapport::flow {

// One caller. The error of a write is returned by every later call.
class WriteBehind final : public store::FoldedState {
 public:
  using Write = std::function<Result<void>(const store::Changes&)>;
  // `write` applies a batch to `state`, on the worker. `reader`, where there is one, is another
  // handle of the same state: records that the write under way does not touch are loaded through it
  // meanwhile. All else waits until the write is done.
  WriteBehind(store::FoldedState& state, store::FoldedState* reader, Worker& worker, Write write)
      : state_(state), reader_(reader), worker_(worker), write_(std::move(write)) {}
  ~WriteBehind() override;  // when the write under way is done
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  Result<void> apply(const store::Changes& changes) override;
  Result<void> wait();  // until all is written

  Result<store::Cursor> cursor() override;
  Result<std::vector<std::optional<model::Record>>> load(
      std::span<const model::RecordKey> keys) override;
  Result<store::Page> list(const store::PageRequest& request) override;
  Result<std::vector<model::Timer>> timers_due(Micros until, int limit) override;
  Result<std::vector<store::Posting>> postings(const std::string& list, Sequence after, int limit,
                                               store::PageRequest::Order order) override;

 private:
  void write(const store::Changes& changes);
  bool under_way() const;
  bool touches(std::span<const model::RecordKey> keys) const;

  store::FoldedState& state_;
  store::FoldedState* reader_;
  Worker& worker_;
  Write write_;
  std::optional<KeyFilter> touched_;  // by the write under way; kept for the reader only
  mutable std::mutex mutex_;
  std::condition_variable written_;
  bool under_way_ = false;
  std::optional<Error> failed_;
};

}  // namespace rapport::flow
