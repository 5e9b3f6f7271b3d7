#include "main/offline.h"

#include <fmt/format.h>

namespace rapport {

Result<std::unique_ptr<Offline>> Offline::open(const Settings& settings,
                                               const Environment& environment) {
  std::unique_ptr<Offline> made(new Offline(settings.data));
  if (!made->disk_.exists(made->folder_.control()))
    return not_found(
        fmt::format("{} is no data folder (there is no control.db in it); name one with "
                    "--data, or make one with `rapport init --data {}`",
                    settings.data, settings.data));
  TRY(made->open_stores(settings, environment));
  return made;
}

Result<std::unique_ptr<Offline>> Offline::make(const Settings& settings,
                                               const Environment& environment) {
  std::unique_ptr<Offline> made(new Offline(settings.data));
  TRY(make_data_folder(made->disk_, made->random_, made->folder_));
  TRY(made->open_stores(settings, environment));
  return made;
}

Result<void> Offline::open_stores(const Settings& settings, const Environment& environment) {
  auto lock = FolderLock::take(folder_);
  if (!lock.ok()) {
    Error error = std::move(lock).error();
    if (error.code == Code::kConflict)
      error.message = fmt::format(
          "a server runs on {}: stop it, or ask it with --url http://localhost:8080 and --key KEY "
          "where the command has them",
          folder_.root);
    return error;
  }
  lock_ = std::move(lock).value();
  TRY_ASSIGN(master_, master_key(disk_, folder_, environment));
  TRY_ASSIGN(control_, access::Control::open(folder_.control(), "", master_, clock_, random_));
  store::EventLogOptions options{folder_.root, "", master_, settings.segment_mebibytes << 20};
  TRY_ASSIGN(log_, store::EventLog::open(std::move(options), disk_, clock_, random_, failpoints_,
                                         metrics_, reporter_));
  return {};
}

Result<access::Workspace> Offline::create_workspace(std::string_view name) {
  TRY_ASSIGN(auto made, control_->create_workspace(name));
  TRY(log_->keys().add_workspace(made.id));
  return made;
}

// Keys first: from then on nothing of the workspace can be read, whatever else fails.
Result<void> Offline::delete_workspace(std::string_view name) {
  TRY_ASSIGN(const auto known, control_->workspace(name));
  TRY(control_->remove_workspace(known.id));
  TRY(log_->keys().destroy_workspace(known.id));
  TRY(log_->ids().forget(known.id));
  return remove_workspace_files(disk_, folder_, known.id);
}

Result<std::vector<access::Workspace>> Offline::workspaces(std::string_view name) {
  TRY_ASSIGN(auto all, control_->workspaces());
  if (name.empty()) return all;
  std::string known;
  for (auto& one : all) {
    if (one.name == name) return std::vector{one};
    known += (known.empty() ? "" : ", ") + one.name;
  }
  return not_found(fmt::format("there is no workspace '{}'; there are: {}", name,
                               known.empty() ? "none" : known));
}

Result<void> remove_workspace_files(Disk& disk, const DataFolder& folder, WorkspaceId workspace) {
  for (const char* suffix : {"", "-wal", "-shm"})
    if (const std::string path = folder.state(workspace) + suffix; disk.exists(path))
      TRY(disk.remove(path));
  const std::string bases = folder.bases(workspace);
  if (!disk.exists(bases)) return {};
  TRY_ASSIGN(const auto files, disk.list(bases));
  for (const auto& file : files) TRY(disk.remove(bases + "/" + file));
  return {};
}

}  // namespace rapport
