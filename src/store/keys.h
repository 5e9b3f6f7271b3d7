// Subject keys: one AES-256 key per subject, made in durable blocks ahead so that a new subject
// costs no sync. Destroying a key makes all that was sealed under it unreadable, in every copy of
// the log. File keys.db (SQLite, WAL, FULL, secure_delete); keys rest wrapped under the master key,
// 64 to a row, so that destroying one overwrites it in its place.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"

namespace rapport::store {

class Keys {
 public:
  // `vfs` is a SQLite VFS name, empty for the default one.
  static Result<std::unique_ptr<Keys>> open(const std::string& path, const std::string& vfs,
                                            const Key& master, Random& random,
                                            Failpoints& failpoints);
  ~Keys();

  // Makes the workspace's own key (subject 0) and its hash key; both are needed before use.
  Result<void> add_workspace(WorkspaceId workspace);
  // Key of the keyed hashes of message ids and identifiers in this workspace.
  Result<Key> hash_key(WorkspaceId workspace);

  // A subject whose key is durable. Never blocks on the disk except when the block made ahead is
  // used up. Numbers grow; a number is never given twice, also not after a crash.
  Result<SubjectId> allocate(WorkspaceId workspace);
  // True when a block is more than half used up; refill() then makes the next ones, from a
  // background thread.
  bool wants_refill() const;
  Result<void> refill();
  // kNotFound when the key was destroyed (or never was). Cached; any thread.
  Result<Key> find(WorkspaceId workspace, SubjectId subject);
  // Says which keys will be looked for next: reads at once what is not in memory.
  Result<void> expect(WorkspaceId workspace, std::span<const SubjectId> subjects);
  // Durable when it returns, and gone from the file, its WAL and the cache.
  Result<void> destroy(WorkspaceId workspace, std::span<const SubjectId> subjects);
  Result<void> destroy_workspace(WorkspaceId workspace);
  // True after the disk failed a write: like a broken log, the process must stop.
  bool broken() const;
  // Consistent copy for backup (SQLite backup API), safe while serving.
  Result<void> copy_to(const std::string& path);

 private:
  struct State;
  explicit Keys(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rapport::store
