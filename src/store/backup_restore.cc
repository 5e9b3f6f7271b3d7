#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "store/backup_files.h"

namespace rapport::store {
namespace {

constexpr std::string_view kRestored = "restored.json";
constexpr std::string_view kUnfinishedKeys = "keys.db.restoring";

std::string parent_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

class Restore {
 public:
  Restore(const RestoreOptions& options, Disk& disk, const Clock& clock, Random& random,
          Failpoints& failpoints, const Progress& progress)
      : options_(options),
        disk_(disk),
        clock_(clock),
        random_(random),
        failpoints_(failpoints),
        progress_(progress) {}
  Result<RestoreReport> run();

 private:
  Result<void> find_keys();
  Result<void> collect_tombstones();
  Result<void> add_tombstones(const std::string& path);
  Result<void> copy_files();
  Result<void> copy_file(const std::string& from, const BackupFile& file, const std::string& to);
  Result<void> erase_again();
  Result<bool> destroy(Keys& keys, const Tombstone& tombstone);
  Result<void> write_tombstones();
  Result<void> write_note();

  const RestoreOptions& options_;
  Disk& disk_;
  const Clock& clock_;
  Random& random_;
  Failpoints& failpoints_;
  const Progress& progress_;
  RestoreReport report_;
  std::string keys_backup_;
  BackupFile keys_file_;
};

// keys.db gets its name last: until then the folder does not open, so nothing that was erased can
// be served.
Result<RestoreReport> Restore::run() {
  TRY_ASSIGN(report_.manifest, check_backup(disk_, options_.backup, progress_));
  TRY(find_keys());
  TRY(collect_tombstones());
  TRY(expect_empty(disk_, options_.destination, {"master.key", "lock"}));
  TRY(copy_files());
  TRY(write_tombstones());
  TRY(erase_again());
  TRY(write_note());
  TRY(disk_.rename(options_.destination + "/" + std::string(kUnfinishedKeys),
                   options_.destination + "/keys.db"));
  TRY(disk_.sync_folder(options_.destination));
  return std::move(report_);
}

Result<void> Restore::find_keys() {
  keys_backup_ = options_.keys_from.empty() ? options_.backup : options_.keys_from;
  TRY_ASSIGN(const Manifest manifest, read_manifest(disk_, keys_backup_));
  const auto file = std::find_if(manifest.files.begin(), manifest.files.end(),
                                 [](const BackupFile& f) { return f.path == kKeysFile; });
  if (file == manifest.files.end() || !disk_.exists(keys_backup_ + "/" + std::string(kKeysFile)))
    return not_found(
        fmt::format("the backup '{}' holds no keys any more: name a newer backup to "
                    "take them from",
                    keys_backup_));
  keys_file_ = *file;
  return {};
}

Result<void> Restore::collect_tombstones() {
  std::vector<std::string> paths = options_.tombstones;
  paths.push_back(options_.backup + "/tombstones");
  paths.push_back(keys_backup_ + "/tombstones");
  const std::string beside = parent_of(options_.backup);
  TRY_ASSIGN(const auto names, disk_.list(beside));
  for (const std::string& name : names) {
    const std::string folder = beside + "/" + name;
    if (disk_.exists(folder + "/" + std::string(kManifest)))
      paths.push_back(folder + "/tombstones");
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  for (const std::string& path : paths) TRY(add_tombstones(path));
  return {};
}

Result<void> Restore::add_tombstones(const std::string& path) {
  const auto& given = options_.tombstones;
  if (!disk_.exists(path) && std::find(given.begin(), given.end(), path) != given.end())
    return not_found(fmt::format("the file of tombstones '{}' is not there", path));
  TRY_ASSIGN(Tombstones found, read_tombstones(disk_, path, options_.master));
  report_.refused += found.refused;
  for (Tombstone& tombstone : found.all) {
    auto& all = report_.tombstones;
    if (std::find(all.begin(), all.end(), tombstone) == all.end())
      all.push_back(std::move(tombstone));
  }
  return {};
}

Result<void> Restore::copy_files() {
  for (const BackupFile& file : report_.manifest.files) {
    if (file.path == kKeysFile || file.path == "tombstones") continue;
    TRY(disk_.make_folders(parent_of(options_.destination + "/" + file.path)));
    TRY(copy_file(options_.backup, file, file.path));
  }
  TRY(copy_file(keys_backup_, keys_file_, std::string(kUnfinishedKeys)));
  for (const BackupFile& file : report_.manifest.files) {
    const std::string folder = parent_of(options_.destination + "/" + file.path);
    if (disk_.exists(folder)) TRY(disk_.sync_folder(folder));
  }
  return {};
}

Result<void> Restore::copy_file(const std::string& from, const BackupFile& file,
                                const std::string& to) {
  CopyProgress quiet(nullptr, 0);
  const std::string path = from + "/" + file.path;
  TRY_ASSIGN(const BackupFile copied,
             copy_with_hash(disk_, path, options_.destination + "/" + to, ~uint64_t{0}, quiet));
  if (copied.sha256 == file.sha256) return {};
  return corrupt(
      fmt::format("'{}' is not what was backed up (SHA-256 differs): take another backup", path),
      path);
}

Result<void> Restore::erase_again() {
  const std::string path = options_.destination + "/" + std::string(kUnfinishedKeys);
  TRY_ASSIGN(const auto keys,
             Keys::open(path, options_.sqlite_vfs, options_.master, random_, failpoints_));
  for (const Tombstone& tombstone : report_.tombstones) {
    TRY_ASSIGN(const bool held, destroy(*keys, tombstone));
    report_.reapplied += held ? 1 : 0;
  }
  return {};
}

// True when some of the keys were still there.
Result<bool> Restore::destroy(Keys& keys, const Tombstone& tombstone) {
  const WorkspaceId workspace = tombstone.workspace;
  if (tombstone.contact.empty()) {
    const bool held = keys.find(workspace, {0}).ok();
    if (held) TRY(keys.destroy_workspace(workspace));
    return held;
  }
  std::vector<SubjectId> held;
  for (SubjectId subject : tombstone.subjects)
    if (subject.value != 0 && keys.find(workspace, subject).ok()) held.push_back(subject);
  if (!held.empty()) TRY(keys.destroy(workspace, held));
  return !held.empty();
}

Result<void> Restore::write_tombstones() {
  for (const Tombstone& tombstone : report_.tombstones)
    TRY(add_tombstone(disk_, options_.destination + "/tombstones", options_.master, tombstone));
  return {};
}

Result<void> Restore::write_note() {
  const Json note = Json::object()
                        .set("backup", options_.backup)
                        .set("backup_at", report_.manifest.at.value)
                        .set("restored_at", clock_.now().value);
  return write_file(disk_, options_.destination + "/" + std::string(kRestored),
                    to_pretty_text(note) + "\n");
}

}  // namespace

Result<RestoreReport> restore_backup(const RestoreOptions& options, Disk& disk, const Clock& clock,
                                     Random& random, Failpoints& failpoints,
                                     const Progress& progress) {
  return Restore(options, disk, clock, random, failpoints, progress).run();
}

Result<std::optional<Restored>> read_restored(Disk& disk, const std::string& data_folder) {
  const std::string path = data_folder + "/" + std::string(kRestored);
  if (!disk.exists(path)) return std::optional<Restored>();
  TRY_ASSIGN(const std::string text, read_file(disk, path));
  const auto json = parse_json(text);
  if (!json.ok()) return corrupt(fmt::format("'{}': {}", path, json.error().message), path);
  Restored restored;
  restored.backup = json->text("backup");
  restored.backup_at = {json->integer("backup_at")};
  restored.restored_at = {json->integer("restored_at")};
  return std::optional(std::move(restored));
}

Result<void> clear_restored(Disk& disk, const std::string& data_folder) {
  const std::string path = data_folder + "/" + std::string(kRestored);
  if (!disk.exists(path)) return {};
  TRY(disk.remove(path));
  return disk.sync_folder(data_folder);
}

}  // namespace rapport::store
