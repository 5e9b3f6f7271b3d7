#include "base/disk.h"

#include <fmt/format.h>

namespace rapport {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> write_and_sync(Disk& disk, const std::string& path, std::string_view bytes) {
  TRY_ASSIGN(auto file, disk.open(path, OpenMode::kCreate));
  TRY(file->truncate(0));
  TRY(file->write(0, bytes));
  return file->sync();
}

}  // namespace

Result<std::string> read_file(Disk& disk, const std::string& path) {
  TRY_ASSIGN(const auto file, disk.open(path, OpenMode::kRead));
  TRY_ASSIGN(const uint64_t size, file->size());
  std::string out(size, '\0');
  TRY_ASSIGN(const size_t n, file->read(0, out));
  out.resize(n);
  return out;
}

Result<void> write_file(Disk& disk, const std::string& path, std::string_view bytes) {
  const std::string fresh = path + ".new";
  Result<void> done = write_and_sync(disk, fresh, bytes);
  if (done.ok()) done = disk.rename(fresh, path);
  if (!done.ok()) {
    disk.remove(fresh).ignore("the first error is the one to report; a rest is overwritten");
    return done;
  }
  return disk.sync_folder(folder_of(path));
}

}  // namespace rapport
