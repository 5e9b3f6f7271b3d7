// A data folder opened without a server: for work that needs nobody else at it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "access/control.h"
#include "base/posix_disk.h"
#include "base/system.h"
#include "main/data_folder.h"
#include "main/settings.h"
#include "store/event_log.h"

namespace rapport {

class Offline {
 public:
  // Takes the folder's lock and opens credentials and log. kNotFound when the folder is no data
  // folder; kConflict when a server runs on it, and then how to ask that server instead.
  static Result<std::unique_ptr<Offline>> open(const Settings& settings,
                                               const Environment& environment);
  // The same, after making the folder and its master key where they are missing.
  static Result<std::unique_ptr<Offline>> make(const Settings& settings,
                                               const Environment& environment);

  const DataFolder& folder() const { return folder_; }
  Disk& disk() { return disk_; }
  Clock& clock() { return clock_; }
  Random& random() { return random_; }
  access::Control& control() { return *control_; }
  store::EventLog& log() { return *log_; }
  const Key& master() const { return master_; }

  // A new workspace with its keys; and the other way round, what Server::delete_workspace does.
  Result<access::Workspace> create_workspace(std::string_view name);
  Result<void> delete_workspace(std::string_view name);
  // The one named, or all when `name` is empty. kNotFound names those there are.
  Result<std::vector<access::Workspace>> workspaces(std::string_view name);

 private:
  explicit Offline(std::string root) : folder_{std::move(root)} {}
  Result<void> open_stores(const Settings& settings, const Environment& environment);

  DataFolder folder_;
  PosixDisk disk_;
  SystemClock clock_;
  SystemRandom random_;
  Metrics metrics_;
  NoFailpoints failpoints_;
  NoReporter reporter_;
  Key master_{};
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<access::Control> control_;
  std::unique_ptr<store::EventLog> log_;
};

// Removes all files of a workspace but its part of the log: state and bases.
Result<void> remove_workspace_files(Disk& disk, const DataFolder& folder, WorkspaceId workspace);

}  // namespace rapport
