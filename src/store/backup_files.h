// The manifest of a backup and the copying of files with their hashes.
#pragma once

#include "store/backup.h"

namespace rapport::store {

inline constexpr std::string_view kManifest = "manifest.json";
inline constexpr std::string_view kKeysFile = "keys/keys.db";

std::string encode_manifest(const Manifest& manifest);
Result<Manifest> decode_manifest(std::string_view text, const std::string& path);

// Shows progress over several files.
class CopyProgress {
 public:
  CopyProgress(Progress progress, uint64_t all) : progress_(std::move(progress)), all_(all) {}
  void add(uint64_t bytes) {
    done_ += bytes;
    if (progress_) progress_(std::min(done_, all_), all_);
  }

 private:
  Progress progress_;
  uint64_t all_, done_ = 0;
};

// Copies the first `bytes` of a file (all when fewer), durable but for its name; gives size and
// hash of the copy. `to` empty: only reads.
Result<BackupFile> copy_with_hash(Disk& disk, const std::string& from, const std::string& to,
                                  uint64_t bytes, CopyProgress& progress);

// Refuses a folder that holds anything but the `allowed` names.
Result<void> expect_empty(Disk& disk, const std::string& folder,
                          std::initializer_list<std::string_view> allowed);

}  // namespace rapport::store
