// The list of erased persons: one line each, appended and synced when somebody is erased, copied
// with every backup. A restore destroys the keys of everybody on any list it can find, so that an
// older backup does not bring an erased person back.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/disk.h"
#include "base/ids.h"
#include "base/time.h"

namespace rapport::store {

struct Tombstone {
  WorkspaceId workspace;
  std::string contact;
  std::vector<SubjectId> subjects;
  Micros at;
  bool operator==(const Tombstone&) const = default;
};

// Line: {"workspace":1,"contact":"con_…","subjects":[17],"at":"…"} and an HMAC-SHA-256 over it under
// a key derived from the master key. Durable when it returns.
Result<void> add_tombstone(Disk& disk, const std::string& path, const Key& master,
                           const Tombstone& tombstone);
// None when the file is missing. A line cut off by a crash at the end is passed over; a line that
// was changed is kCorrupt, with its number.
Result<std::vector<Tombstone>> read_tombstones(Disk& disk, const std::string& path,
                                               const Key& master);

}  // namespace rapport::store
