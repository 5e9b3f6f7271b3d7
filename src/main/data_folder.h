// The data folder of a server: where each file is, who may open it, and its master key.
#pragma once

#include <memory>
#include <string>

#include "base/crypto.h"
#include "base/disk.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "main/settings.h"

namespace rapport {

struct DataFolder {
  std::string root;
  std::string control() const { return root + "/control.db"; }
  std::string state_folder() const { return root + "/state"; }
  std::string state(WorkspaceId workspace) const;
  std::string bases(WorkspaceId workspace) const;
  std::string tombstones() const { return root + "/tombstones"; }
  std::string key_file() const { return root + "/master.key"; }
};

// Makes the folder and, when there is none, a master key in it (readable by the owner only).
Result<void> make_data_folder(Disk& disk, Random& random, const DataFolder& folder);

// RAPPORT_MASTER_KEY (64 hex digits or base64 of 32 bytes) or the key file. kInvalid tells which of
// the two is wrong and how a right one looks.
Result<Key> master_key(Disk& disk, const DataFolder& folder, const Environment& environment);

// Held while a process has the folder open for writing: a second one is refused (kConflict).
class FolderLock {
 public:
  static Result<std::unique_ptr<FolderLock>> take(const DataFolder& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

}  // namespace rapport
