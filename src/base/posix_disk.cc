#include "base/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace rapport {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

// What a failed call on `path` means; `doing` is a verb: "write", "open".
Error failure(int error, std::string_view doing, const std::string& path) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return {Code::kDiskFull,
              fmt::format("cannot {} '{}': {}. Free space on that disk; what is stored stays "
                          "readable and writing resumes by itself",
                          doing, path, reason(error)),
              Retryable::kYes};
    case ENOENT:
      return not_found(fmt::format("cannot {} '{}': it does not exist", doing, path));
    case EACCES:
    case EPERM:
    case EROFS:
      return {Code::kForbidden,
              fmt::format("cannot {} '{}': {}. Give the user that runs this program access to it",
                          doing, path, reason(error))};
    case EMFILE:
    case ENFILE:
      return io_error(fmt::format("cannot {} '{}': {}. Raise the limit of open files (ulimit -n)",
                                  doing, path, reason(error)));
    default:
      return {Code::kIo, fmt::format("cannot {} '{}': {}", doing, path, reason(error))};
  }
}

// Calls `f` until it is not interrupted by a signal.
template <class F>
auto uninterrupted(F f) {
  auto n = f();
  while (n < 0 && errno == EINTR) n = f();
  return n;
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Result<size_t> read(uint64_t offset, std::span<char> out) const override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = uninterrupted([&] {
        return ::pread(fd_, out.data() + done, out.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (n < 0) return failure(errno, "read", path_);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Result<void> write(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = uninterrupted(
          [&] { return ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (n < 0) return failure(errno, "write", path_);
      offset += static_cast<uint64_t>(n);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return {};
  }

  // Not repeated on EINTR or any error: after a failure the kernel may have dropped the pages and
  // a second call would report a success that is none.
  Result<void> sync() override {
    if (::fdatasync(fd_) != 0) return failure(errno, "sync", path_);
    return {};
  }

  Result<void> allocate(uint64_t size) override {
    TRY_ASSIGN(const uint64_t now, this->size());
    if (size <= now) return truncate(size);
    int error = EINTR;
    while (error == EINTR) error = ::posix_fallocate(fd_, 0, static_cast<off_t>(size));
    if (error == 0) return {};
    if (error == EOPNOTSUPP || error == EINVAL || error == ENOSYS) return truncate(size);
    return failure(error, "reserve space for", path_);
  }

  Result<void> truncate(uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(fd_, static_cast<off_t>(size)); }) != 0)
      return failure(errno, "set the size of", path_);
    return {};
  }

  Result<uint64_t> size() const override {
    struct stat s{};
    if (::fstat(fd_, &s) != 0) return failure(errno, "ask the size of", path_);
    return static_cast<uint64_t>(s.st_size);
  }

 private:
  int fd_;
  std::string path_;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT;
  }
  BUG("unknown open mode");
}

}  // namespace

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path, OpenMode mode) {
  const int fd =
      uninterrupted([&] { return ::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0600); });
  if (fd < 0) return failure(errno, "open", path);
  return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, path));
}

Result<void> PosixDisk::make_folders(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0700) == 0) {
      const size_t up = folder.find_last_of('/');
      TRY(sync_folder(up == std::string::npos ? "." : up == 0 ? "/" : folder.substr(0, up)));
    } else if (errno != EEXIST) {
      return failure(errno, "make folder", folder);
    }
    if (slash == std::string::npos) break;
  }
  struct stat s{};
  if (::stat(path.c_str(), &s) != 0) return failure(errno, "open folder", path);
  if (!S_ISDIR(s.st_mode)) return failure(ENOTDIR, "make folder", path);
  return {};
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& folder) {
  DIR* dir = ::opendir(folder.c_str());
  if (dir == nullptr) return failure(errno, "list", folder);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  const int error = errno;
  ::closedir(dir);
  if (error != 0) return failure(error, "list", folder);
  std::sort(names.begin(), names.end());
  return names;
}

bool PosixDisk::exists(const std::string& path) {
  struct stat s{};
  return ::stat(path.c_str(), &s) == 0;
}

Result<void> PosixDisk::remove(const std::string& path) {
  if (std::remove(path.c_str()) != 0) return failure(errno, "remove", path);
  return {};
}

Result<void> PosixDisk::rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return failure(errno, "rename", from);
  return {};
}

Result<void> PosixDisk::sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failure(errno, "open folder", folder);
  const int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (error != 0) return failure(error, "sync folder", folder);
  return {};
}

Result<uint64_t> PosixDisk::free_space(const std::string& folder) {
  struct statvfs s{};
  if (::statvfs(folder.c_str(), &s) != 0) return failure(errno, "ask the free space of", folder);
  return static_cast<uint64_t>(s.f_bavail) * s.f_frsize;
}

}  // namespace rapport
