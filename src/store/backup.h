// Backups of a data folder: taken while it is served, restored into an empty one.
//
//   <backup>/manifest.json   version, time, heads, size and SHA-256 of every file
//   <backup>/log/…           segments up to the end at the time of the call
//   <backup>/keys/keys.db    subject keys; apart, so that they can be kept for a shorter time
//   <backup>/control.db, <backup>/bases/<workspace>/…, <backup>/tombstones
//
// State and indexes are not in it: the first start after a restore folds them from base and log.
// The master key is never in it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "store/event_log.h"
#include "store/tombstones.h"

namespace rapport::store {

struct BackupSource {
  std::string folder;                        // data folder
  std::string control = "control.db";        // its name in there
  std::function<Result<void>(const std::string& path)> copy_control;  // consistent copy
};

struct BackupReport {
  uint64_t files = 0, bytes = 0;
  std::vector<std::pair<WorkspaceId, Sequence>> heads;
};

// `destination` must be missing or empty (kConflict). A backup that was interrupted has no manifest
// and is refused by restore.
Result<BackupReport> back_up(EventLog& log, const BackupSource& source, Disk& disk, Clock& clock,
                             const std::string& destination);

// Compares every file with the manifest; kCorrupt names the first that differs.
Result<BackupReport> check_backup(Disk& disk, const std::string& backup);

// Checks the backup, copies it into `folder` (missing or empty), and gives the tombstones found in
// it, in its newer siblings and in `more` (files); the caller destroys their keys before serving.
Result<std::vector<Tombstone>> restore(Disk& disk, const std::string& backup,
                                       const std::string& folder, const Key& master,
                                       const std::vector<std::string>& more);

}  // namespace rapport::store
