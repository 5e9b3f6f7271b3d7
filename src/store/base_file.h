// Bases: snapshots of a workspace's folded state at a sequence, from which a rebuild starts.
//
// A base is one SQLite file <folder>/<20-digit sequence>-<digest of its bytes>.base. It appears
// under this name only when it is whole and durable, and is checked by its digest before use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/disk.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "store/state.h"

namespace rapport::store {

struct Base {
  std::string path;
  Sequence sequence;
  Hash bytes_digest{};
  bool operator==(const Base&) const = default;
};

struct TakenBase {
  Base base;
  Cursor cursor;        // of the state in it
  Hash state_digest{};  // State::digest() of it, for the log
};

// Takes a base of the state as it is; others may read and write meanwhile. `vfs` is the SQLite VFS
// name that fits `disk`, empty for the default one. Two calls for one folder must not overlap.
Result<TakenBase> write_base(State& state, Disk& disk, const std::string& vfs,
                             const std::string& folder, Failpoints& failpoints);

// Bases by rising sequence; none when the folder is missing.
Result<std::vector<Base>> list_bases(Disk& disk, const std::string& folder);
Result<std::optional<Base>> newest_base(Disk& disk, const std::string& folder);
// kCorrupt when its bytes are not those that were written.
Result<void> check_base(Disk& disk, const Base& base);

// Puts a checked copy of the base at `state_path` in place of what is there, which nobody may have
// open. Durable when it returns; after a crash in between the state may be missing, never mixed.
// kCorrupt when the base is damaged: then the state is as it was.
Result<void> restore_base(Disk& disk, const Base& base, const std::string& state_path);

// Removes bases with a smaller sequence, and what an interrupted write_base left.
Result<void> remove_bases_before(Disk& disk, const std::string& folder, Sequence sequence);

}  // namespace rapport::store
