// What was erased, kept beside the data so that a restored backup is erased again before it serves.
//
// A file of lines, only ever appended to: `<HMAC in hex> <JSON object>`. It names subjects by
// number, nothing of the person.
#pragma once

#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/disk.h"
#include "base/ids.h"
#include "base/time.h"

namespace rapport::store {

struct Tombstone {
  WorkspaceId workspace;
  std::string contact;  // id of the erased contact; empty: the whole workspace was deleted
  std::vector<SubjectId> subjects;
  Micros at;
  bool operator==(const Tombstone&) const = default;
};

// Durable when it returns. One at a time for a file.
Result<void> add_tombstone(Disk& disk, const std::string& path, const Key& master,
                           const Tombstone& tombstone);

struct Tombstones {
  std::vector<Tombstone> all;
  size_t refused = 0;  // lines that were cut off by a crash or not written with this master key
};
// None when there is no such file.
Result<Tombstones> read_tombstones(Disk& disk, const std::string& path, const Key& master);

}  // namespace rapport::store
