// The disk, handed in: PosixDisk in the server, a disk that loses power in tests.
//
// What a File promises is what POSIX promises and no more: written bytes survive a power cut only
// after sync(), a new or renamed name only after Disk::sync_folder of its parent.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rapport {

class File {
 public:
  virtual ~File() = default;
  // Reads up to out.size() bytes; fewer only at the end of the file. Thread-safe with all below.
  virtual Result<size_t> read(uint64_t offset, std::span<char> out) const = 0;
  // Writes all bytes or fails (kDiskFull, kIo); after a failure an unknown part is written.
  virtual Result<void> write(uint64_t offset, std::string_view bytes) = 0;
  // fdatasync. A failure is final: the caller must not sync this file again (kIo, not retryable).
  virtual Result<void> sync() = 0;
  // Reserves space and sets the size, new bytes read as zero.
  virtual Result<void> allocate(uint64_t size) = 0;
  virtual Result<void> truncate(uint64_t size) = 0;
  virtual Result<uint64_t> size() const = 0;
};

enum class OpenMode { kRead, kReadWrite, kCreate };  // kCreate: read-write, made when missing

class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Durable when it returns, with all folders above.
  virtual Result<void> make_folders(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;  // names, sorted
  virtual bool exists(const std::string& path) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> sync_folder(const std::string& folder) = 0;
  virtual Result<uint64_t> free_space(const std::string& folder) = 0;  // bytes
};

// Whole small files; write is atomic and durable (temporary file, sync, rename, sync folder).
Result<std::string> read_file(Disk& disk, const std::string& path);
Result<void> write_file(Disk& disk, const std::string& path, std::string_view bytes);

}  // namespace rapport
