#include "store/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "store/backup_files.h"
#include "store/base_file.h"
#include "store/log_segment.h"

namespace rapport::store {
namespace {

constexpr uint64_t kAll = ~uint64_t{0};
constexpr int kTries = 3;  // an erasure may take away a base that is being copied

class Backup {
 public:
  Backup(const BackupParts& parts, Disk& disk, const Clock& clock, const std::string& destination,
         const Progress& progress)
      : parts_(parts),
        disk_(disk),
        clock_(clock),
        destination_(destination),
        progress_(progress, bytes_of_log(parts.log.log().end())) {}
  Result<Manifest> run();

 private:
  static uint64_t bytes_of_log(const LogPoint& end) {
    return (segment_of(end.position) - kFirstSegment) * (64ULL << 20) + offset_of(end.position);
  }
  Result<void> copy_bases();
  Result<void> copy_newest_base(const std::string& name);
  Result<void> copy_log(Position end);
  Result<void> copy_from_data(const std::string& path, uint64_t bytes);
  // Enters a file that is in the destination already.
  Result<void> note(std::string path);
  Result<void> sync_folders();

  const BackupParts& parts_;
  Disk& disk_;
  const Clock& clock_;
  const std::string& destination_;
  CopyProgress progress_;
  Manifest manifest_;
};

// The order matters: the log is newer than every base, and the keys are newer than the log, so that
// whatever is in it can be read.
Result<Manifest> Backup::run() {
  TRY(expect_empty(disk_, destination_, {}));
  for (const char* folder : {"/log", "/bases", "/keys"})
    TRY(disk_.make_folders(destination_ + folder));
  manifest_.version = parts_.version;
  manifest_.at = clock_.now();
  TRY(copy_bases());
  const LogPoint end = parts_.log.log().end();
  manifest_.heads = end.heads;
  TRY(copy_log(end.position));
  TRY(parts_.log.keys().copy_to(destination_ + "/" + std::string(kKeysFile)));
  TRY(note(std::string(kKeysFile)));
  TRY(parts_.copy_control(destination_ + "/control.db"));
  TRY(note("control.db"));
  if (disk_.exists(parts_.data_folder + "/tombstones")) TRY(copy_from_data("tombstones", kAll));
  TRY(sync_folders());
  TRY(write_file(disk_, destination_ + "/" + std::string(kManifest), encode_manifest(manifest_)));
  return std::move(manifest_);
}

Result<void> Backup::copy_bases() {
  const std::string folder = parts_.data_folder + "/bases";
  if (!disk_.exists(folder)) return {};
  TRY_ASSIGN(const auto names, disk_.list(folder));
  for (const std::string& name : names) TRY(copy_newest_base(name));
  return {};
}

Result<void> Backup::copy_newest_base(const std::string& name) {
  for (int i = 1;; ++i) {
    TRY_ASSIGN(const auto base, newest_base(disk_, parts_.data_folder + "/bases/" + name));
    if (!base) return {};
    TRY(disk_.make_folders(destination_ + "/bases/" + name));
    const std::string file = base->path.substr(base->path.rfind('/') + 1);
    Result<void> copied = copy_from_data("bases/" + name + "/" + file, kAll);
    const bool is_gone = !copied.ok() && copied.error().code == Code::kNotFound;
    if (!is_gone || i == kTries) return copied;
  }
}

// Closed segments never change; of the open one, what is committed.
Result<void> Backup::copy_log(Position end) {
  const std::string folder = parts_.data_folder + "/log";
  TRY_ASSIGN(const auto numbers, list_segments(disk_, folder));
  for (uint64_t number : numbers) {
    if (number > segment_of(end) || end == position_of(number, 0)) break;
    const std::string path = segment_path("log", number);
    TRY(copy_from_data(path, number == segment_of(end) ? offset_of(end) : kAll));
  }
  return {};
}

Result<void> Backup::copy_from_data(const std::string& path, uint64_t bytes) {
  TRY_ASSIGN(BackupFile file, copy_with_hash(disk_, parts_.data_folder + "/" + path,
                                             destination_ + "/" + path, bytes, progress_));
  file.path = path;
  manifest_.files.push_back(std::move(file));
  return {};
}

Result<void> Backup::note(std::string path) {
  TRY_ASSIGN(BackupFile file,
             copy_with_hash(disk_, destination_ + "/" + path, "", kAll, progress_));
  file.path = std::move(path);
  manifest_.files.push_back(std::move(file));
  return {};
}

Result<void> Backup::sync_folders() {
  TRY_ASSIGN(const auto workspaces, disk_.list(destination_ + "/bases"));
  for (const std::string& name : workspaces)
    TRY(disk_.sync_folder(destination_ + "/bases/" + name));
  for (const char* folder : {"/log", "/bases", "/keys", ""})
    TRY(disk_.sync_folder(destination_ + folder));
  return {};
}

Error damaged_file(const std::string& path, std::string_view what) {
  return corrupt(
      fmt::format("the backup is damaged: '{}' {}. Take another backup; nothing was changed", path,
                  what),
      path);
}

}  // namespace

Result<Manifest> write_backup(const BackupParts& parts, Disk& disk, const Clock& clock,
                              const std::string& destination, const Progress& progress) {
  return Backup(parts, disk, clock, destination, progress).run();
}

Result<Manifest> read_manifest(Disk& disk, const std::string& backup) {
  const std::string path = backup + "/" + std::string(kManifest);
  if (!disk.exists(path))
    return not_found(
        fmt::format("'{}' is not there: '{}' is no backup, or one that was not "
                    "finished",
                    path, backup));
  TRY_ASSIGN(const std::string text, read_file(disk, path));
  return decode_manifest(text, path);
}

Result<Manifest> check_backup(Disk& disk, const std::string& backup, const Progress& progress) {
  TRY_ASSIGN(Manifest manifest, read_manifest(disk, backup));
  uint64_t all = 0;
  for (const BackupFile& file : manifest.files) all += file.bytes;
  CopyProgress shown(progress, all);
  for (const BackupFile& file : manifest.files) {
    const std::string path = backup + "/" + file.path;
    if (file.path == kKeysFile && !disk.exists(path)) continue;
    if (!disk.exists(path)) return damaged_file(path, "is missing");
    TRY_ASSIGN(const BackupFile found, copy_with_hash(disk, path, "", kAll, shown));
    if (found.bytes != file.bytes)
      return damaged_file(
          path, fmt::format("has {} bytes, it was written with {}", found.bytes, file.bytes));
    if (found.sha256 != file.sha256) return damaged_file(path, "was changed (SHA-256 differs)");
  }
  TRY_ASSIGN(const LogReport log, check_log(disk, backup + "/log", {}, manifest.heads));
  if (!log.findings.empty()) {
    const LogFinding& f = log.findings.front();
    return damaged_file(f.file, fmt::format("is wrong at workspace {}, event {}: {}",
                                            f.workspace.value, f.sequence.value, f.what));
  }
  return manifest;
}

}  // namespace rapport::store
