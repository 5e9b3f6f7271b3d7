// ids.db: what the index of message ids and identifiers keeps on disk.
#pragma once

#include <mutex>
#include <span>
#include <vector>

#include "store/ids.h"
#include "store/ids_bloom.h"
#include "store/ids_name.h"
#include "store/sqlite/database.h"

namespace rapport::store {

// Ids come in runs, one for each flush, sorted by hash, so that writing one only appends. Several
// runs make a generation, which has one Bloom filter.
struct Generation {
  int64_t first_run = 0, last_run = 0;  // none yet: last < first
  uint64_t ids = 0;
  Bloom bloom;
};

class IdsFile {
 public:
  static Result<std::unique_ptr<IdsFile>> open(const std::string& path, const std::string& vfs);

  Result<LogPoint> read_point();
  Result<std::vector<Generation>> read_generations();

  // Look-ups: any thread, also while another one writes.
  Result<std::optional<Sequence>> sequence_of(const IdName& id, const Generation& in);
  Result<std::optional<Ids::Bound>> bound(const IdName& identifier);
  // One answer for each, in order.
  Result<std::vector<std::optional<Ids::Bound>>> bound(std::span<const IdName> identifiers);

  // Writing: one thread at a time.
  struct IdRow {
    IdName id;
    Sequence sequence;
  };
  struct BindingRow {
    IdName identifier;
    Ids::Bound bound;
  };
  // All or nothing. `ids` are sorted by hash; `generation` is what holds them as its last run, or
  // null when there are none.
  Result<void> write(std::span<const IdRow> ids, std::span<const BindingRow> bindings,
                     const Generation* generation, const LogPoint& point);
  Result<void> unbind(WorkspaceId workspace, std::span<const SubjectId> subjects);
  Result<void> forget(WorkspaceId workspace);

 private:
  IdsFile() = default;
  Result<void> prepare();
  Result<std::optional<Ids::Bound>> find_bound(const IdName& identifier);  // reader_mutex_ is held
  Result<void> empty_wal();

  std::unique_ptr<Database> writer_;
  std::mutex reader_mutex_;
  std::unique_ptr<Database> reader_;
};

}  // namespace rapport::store
