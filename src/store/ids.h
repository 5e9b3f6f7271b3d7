// Two indexes derived from the log: message ids (so that an event is applied once, for ever) and
// identifiers → subjects. Newest entries in memory, the rest in ids.db, generation by generation
// with a Bloom filter each, so that a new id costs no read of the disk.
//
// Not durable by itself: a point of the log is saved with each flush, and at start the log is read
// from there (remember(), bind()). Losing the file costs a scan of the whole log, nothing else.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/result.h"
#include "model/event.h"
#include "store/log.h"

namespace rapport::store {

struct IdsSizes {
  size_t tail = 128 << 10;      // entries in memory before wants_flush()
  size_t generation = 1 << 20;  // message ids in a generation, at most
  size_t bits_per_id = 16;      // of a generation's Bloom filter
  size_t bindings_cached = 200'000;
};

class Ids {
 public:
  static Result<std::unique_ptr<Ids>> open(const std::string& path, const std::string& vfs,
                                           Failpoints& failpoints, IdsSizes sizes = {});
  ~Ids();

  LogPoint flushed() const;  // where catching up must start; empty heads on a new file

  // Sequence of the event that carried this message id, if any: it may be staged only, so commit
  // before telling anybody. Any thread, like all below.
  Result<std::optional<Sequence>> sequence_of(WorkspaceId workspace, const Digest16& message);
  // The same from memory alone: knows at least the last `sizes.tail` ids.
  std::optional<Sequence> lately(WorkspaceId workspace, const Digest16& message) const;
  void remember(WorkspaceId workspace, const Digest16& message, Sequence sequence);

  struct Bound {
    SubjectId subject;
    SubjectId claimed_by;
  };
  Result<std::optional<Bound>> bound(WorkspaceId workspace, const Digest16& identifier);
  // Says what sequence_of() and bound() will be asked next, so that they wait for less: reads what
  // is not in memory from the file at once. Gives the subjects that those identifiers are bound to.
  Result<std::vector<SubjectId>> expect(WorkspaceId workspace, std::span<const Digest16> messages,
                                        std::span<const Digest16> identifiers);
  // Made by the event `sequence`; replaces an earlier one.
  void bind(WorkspaceId workspace, const model::Binding& binding, Sequence sequence);

  // Erasure: removes every binding to these subjects, from memory and file (secure delete).
  Result<void> unbind(WorkspaceId workspace, std::span<const SubjectId> subjects);
  Result<void> forget(WorkspaceId workspace);

  // True when enough is in memory that flush() should be called (from a background thread).
  bool wants_flush() const;
  // Writes what was remembered up to `point`, which must be committed, and saves the point.
  // Look-ups and new entries go on meanwhile.
  Result<void> flush(const LogPoint& point);

 private:
  struct State;
  explicit Ids(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rapport::store
