// Online backup and restore.
//
// A backup is a folder:
//   log/           all segments up to a committed end
//   bases/<w>/     the newest base of each workspace
//   control.db     credentials and settings
//   tombstones     what was erased
//   keys/keys.db   subject keys; a folder of its own, to be kept for a shorter time than the rest
//   manifest.json  size and SHA-256 of every file, log heads, version and time; written last
// State and message-id index are not in it: both are made anew from bases and log. The master key
// is not in it either: without it a backup is unreadable, so keep it apart.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/event_log.h"
#include "store/tombstones.h"

namespace rapport::store {

struct BackupFile {
  std::string path;  // within the backup
  uint64_t bytes = 0;
  Hash sha256{};
};
struct Manifest {
  std::string version;  // of the program that wrote it
  Micros at;
  std::map<WorkspaceId, Head> heads;
  std::vector<BackupFile> files;
};

struct BackupParts {
  EventLog& log;
  std::string data_folder;  // with log/, bases/<workspace>/ and tombstones
  std::string version;
  // Writes a consistent, durable copy of control.db to this path.
  std::function<Result<void>(const std::string& path)> copy_control;
};

// Copies a running server's data to `destination`, a folder that is empty or not there. All events
// whose commit returned before the call are in it. A backup without manifest.json is unfinished.
Result<Manifest> write_backup(const BackupParts& parts, Disk& disk, const Clock& clock,
                              const std::string& destination, const Progress& progress);

Result<Manifest> read_manifest(Disk& disk, const std::string& backup);
// Compares every file with the manifest and checks the log and its heads. kCorrupt names the first
// bad file (`where`). A backup whose folder keys/ was removed checks too.
Result<Manifest> check_backup(Disk& disk, const std::string& backup, const Progress& progress);

struct RestoreOptions {
  std::string backup;
  std::string destination;  // empty or not there; may hold master.key and lock
  Key master{};
  std::string sqlite_vfs;
  std::string keys_from;                // a newer backup whose keys are taken; empty: its own
  std::vector<std::string> tombstones;  // further files, e.g. of the data folder that was lost
};
struct RestoreReport {
  Manifest manifest;
  std::vector<Tombstone> tombstones;  // all that are known, from all sources
  size_t reapplied = 0;               // of these, whose keys the backup still held
  size_t refused = 0;                 // lines of tombstone files that do not check
};
// Makes a data folder of a backup. A damaged backup is refused before anything is written. The keys
// of everything that is named in the tombstones of the backup, of the backups beside it and of the
// given files are destroyed before the folder can be opened. Bases may still hold erased contacts:
// all that the file tombstones names is to be erased again before the server serves
// (read_restored()).
Result<RestoreReport> restore_backup(const RestoreOptions& options, Disk& disk, const Clock& clock,
                                     Random& random, Failpoints& failpoints,
                                     const Progress& progress);

// What is to be done before a restored data folder serves: erase again, pause connections.
struct Restored {
  std::string backup;
  Micros backup_at, restored_at;
};
Result<std::optional<Restored>> read_restored(Disk& disk, const std::string& data_folder);
Result<void> clear_restored(Disk& disk, const std::string& data_folder);

}  // namespace rapport::store
