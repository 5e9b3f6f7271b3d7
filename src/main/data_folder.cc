#include "main/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace rapport {

std::string DataFolder::state(WorkspaceId workspace) const {
  return fmt::format("{}/{}.db", state_folder(), workspace.value);
}

std::string DataFolder::bases(WorkspaceId workspace) const {
  return fmt::format("{}/bases/{}", root, workspace.value);
}

Result<void> make_data_folder(Disk& disk, Random& random, const DataFolder& folder) {
  TRY(disk.make_folders(folder.root));
  TRY(disk.make_folders(folder.state_folder()));
  TRY(disk.make_folders(folder.root + "/bases"));
  if (disk.exists(folder.key_file())) return {};
  Key key{};
  random.fill(key);
  const std::string_view bytes(reinterpret_cast<const char*>(key.data()), key.size());
  return write_file(disk, folder.key_file(), to_hex(bytes) + "\n");
}

namespace {

Result<Key> read_key(std::string_view text, std::string_view where) {
  const std::string_view clean = trim(text);
  auto bytes = clean.size() == 64 ? from_hex(clean) : from_base64(clean);
  if (!bytes || bytes->size() != sizeof(Key))
    return invalid(fmt::format("{} must hold 32 bytes as 64 hex digits or base64; make one with "
                               "`openssl rand -hex 32`",
                               where),
                   "master_key");
  Key key{};
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return key;
}

}  // namespace

Result<Key> master_key(Disk& disk, const DataFolder& folder, const Environment& environment) {
  if (const auto text = environment("RAPPORT_MASTER_KEY"))
    return read_key(*text, "RAPPORT_MASTER_KEY");
  auto text = read_file(disk, folder.key_file());
  if (!text.ok())
    return Error{Code::kNotFound,
                 fmt::format("no master key: neither RAPPORT_MASTER_KEY nor {} is there; "
                             "run `rapport init --data {}`",
                             folder.key_file(), folder.root)};
  return read_key(*text, folder.key_file());
}

Result<std::unique_ptr<FolderLock>> FolderLock::take(const DataFolder& folder) {
  const std::string path = folder.root + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return io_error(fmt::format("cannot open {}: is the folder there?", path));
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    ::close(file);
    return Error{
        Code::kConflict,
        fmt::format("{} is in use by another rapport process; stop it first", folder.root)};
  }
  return std::unique_ptr<FolderLock>(new FolderLock(file));
}

FolderLock::~FolderLock() {
  ::close(file_);
}

}  // namespace rapport
