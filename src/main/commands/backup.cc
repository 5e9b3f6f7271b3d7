// `rapport backup` and `rapport restore`.
#include "store/backup.h"

#include <fmt/format.h>

#include <set>

#include "main/api_client.h"
#include "main/backing_up.h"
#include "main/commands/commands.h"
#include "main/commands/table.h"
#include "main/offline.h"

namespace rapport {

namespace {

struct Options {
  std::string to, from, master_key;
  std::vector<std::string> tombstones;
};

Result<Json> backup_here(const Shell& shell, const std::string& to) {
  TRY_ASSIGN(const auto settings, shell.settings());
  TRY_ASSIGN(auto folder, Offline::open(settings, shell.environment));
  const store::BackupParts parts{
      folder->log(), folder->folder().root, kVersion,
      [&](const std::string& path) { return folder->control().copy_to(path); }};
  ProgressLine progress("backing up", shell.json);
  TRY_ASSIGN(const auto manifest, store::write_backup(parts, folder->disk(), folder->clock(), to,
                                                      [&](uint64_t done, uint64_t all) {
                                                        progress.show(done >> 20, all >> 20, "MiB");
                                                      }));
  return describe_backup(manifest, to);
}

int backup(const Shell& shell, const Options& options) {
  const auto report = shell.asks_server() ? ApiClient(shell.server_url(), shell.server_key())
                                                .call("POST", "/api/v1/backups",
                                                      Json::object().set("destination", options.to))
                                          : backup_here(shell, options.to);
  if (!report.ok()) return shell.fail(report.error());
  return shell.done(
      *report,
      fmt::format("{} files, {} bytes in {}.\nThe master key is not in it: keep that "
                  "somewhere else. Check it: rapport verify --backup {}",
                  report->integer("files"), report->integer("bytes"), options.to, options.to));
}

// The key of the server that was backed up, into the new folder where it is to stay.
Result<void> place_master_key(Disk& disk, const DataFolder& folder, const Options& options) {
  if (options.master_key.empty()) return {};
  TRY_ASSIGN(const std::string text, read_file(disk, options.master_key));
  TRY(disk.make_folders(folder.root));
  if (disk.exists(folder.key_file()))
    return Error{Code::kConflict,
                 fmt::format("{} exists; leave out --master-key to use it", folder.key_file())};
  return write_file(disk, folder.key_file(), text);
}

// People erased after the backup was taken: their keys went with the restore; bases and state that
// may still show them go too, so that the next start folds without them.
Result<void> fold_without_erased(Offline& folder, const store::RestoreReport& report) {
  if (report.reapplied == 0) return {};
  std::set<WorkspaceId> touched;
  for (const auto& one : report.tombstones) touched.insert(one.workspace);
  for (WorkspaceId workspace : touched)
    TRY(remove_workspace_files(folder.disk(), folder.folder(), workspace));
  return {};
}

Result<Json> restore_here(const Shell& shell, const Options& options) {
  TRY_ASSIGN(const auto settings, shell.settings());
  const DataFolder folder{settings.data};
  PosixDisk disk;
  SystemRandom random;
  if (disk.exists(folder.control()))
    return Error{
        Code::kConflict,
        fmt::format("{} is a data folder already; restore into an empty one", folder.root)};
  TRY(place_master_key(disk, folder, options));
  auto master = master_key(disk, folder, shell.environment);
  if (!master.ok()) {
    Error error = std::move(master).error();
    error.message =
        "the master key of the server that was backed up is needed: set "
        "RAPPORT_MASTER_KEY or give its file with --master-key (" +
        error.message + ")";
    return error;
  }
  SystemClock clock;
  NoFailpoints failpoints;
  ProgressLine progress("restoring", shell.json);
  store::RestoreOptions wanted;
  wanted.backup = options.from;
  wanted.destination = folder.root;
  wanted.master = *master;
  wanted.tombstones = options.tombstones;
  TRY_ASSIGN(const auto report, store::restore_backup(wanted, disk, clock, random, failpoints,
                                                      [&](uint64_t done, uint64_t all) {
                                                        progress.show(done >> 20, all >> 20, "MiB");
                                                      }));
  TRY(make_data_folder(disk, random, folder));
  TRY_ASSIGN(auto restored, Offline::open(settings, shell.environment));
  TRY(fold_without_erased(*restored, report));
  Json heads = Json::array();
  TRY_ASSIGN(const auto workspaces, restored->workspaces(""));
  for (const auto& one : workspaces)
    heads.push_back(Json::object()
                        .set("workspace", one.name)
                        .set("sequence", restored->log().log().head(one.id).sequence.value));
  return Json::object()
      .set("data", folder.root)
      .set("heads", std::move(heads))
      .set("erased_again", report.tombstones.size());
}

int restore(const Shell& shell, const Options& options) {
  const auto report = restore_here(shell, options);
  if (!report.ok()) return shell.fail(report.error());
  std::string text;
  for (const Json& head : report->find("heads")->as_array())
    text += fmt::format("Workspace {}: up to sequence {}\n", head.text("workspace"),
                        head.integer("sequence"));
  text += fmt::format(
      "{} erased people stay erased. The state is folded when the server starts: "
      "rapport serve --data {}\nConnections stay paused until you start it once with "
      "--resume-connections.",
      report->integer("erased_again"), report->text("data"));
  return shell.done(*report, text);
}

}  // namespace

void add_backup(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto command = app.command("backup", "Write a consistent copy of a server's data");
  command.required("--to", options->to, "New folder; on a server an absolute path there");
  command.footer(
      "Example:\n  rapport backup --to /var/backups/rapport/monday "
      "--url http://localhost:8080 --key $ADMIN_KEY\n"
      "Without a server (--url): of the data folder that --data names.");
  add_server_options(command, shell);
  on(command, shell, [&shell, options] { return backup(shell, *options); });
}

void add_restore(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto command = app.command("restore", "Put a backup into an empty data folder");
  command.required("--from", options->from, "The backup's folder");
  command.option("--tombstones", options->tombstones,
                 "Newer list of erased people, such as the lost folder's file `tombstones`");
  command.option("--master-key", options->master_key,
                 "File with the master key, which is copied into the data folder; else "
                 "RAPPORT_MASTER_KEY or the master.key that is there");
  command.footer(
      "Example:\n  rapport restore --from /var/backups/rapport/monday --data ./data "
      "--master-key ./master.key --tombstones ./old/tombstones");
  on(command, shell, [&shell, options] { return restore(shell, *options); });
}

}  // namespace rapport
