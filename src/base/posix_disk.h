// The disk of the machine.
#pragma once

#include "base/disk.h"

namespace rapport {

// Files are made readable for the owner only. A folder made by make_folders is durable when the
// call returns. Thread-safe.
class PosixDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> make_folders(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  bool exists(const std::string& path) override;
  Result<void> remove(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> sync_folder(const std::string& folder) override;
  Result<uint64_t> free_space(const std::string& folder) override;
};

}  // namespace rapport
