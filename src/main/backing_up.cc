#include "main/backing_up.h"

#include "main/server.h"

namespace rapport {

Json describe_backup(const store::Manifest& manifest, const std::string& destination) {
  uint64_t bytes = 0;
  for (const auto& file : manifest.files) bytes += file.bytes;
  Json heads = Json::array();
  for (const auto& [workspace, head] : manifest.heads)
    heads.push_back(
        Json::object().set("workspace", workspace.value).set("sequence", head.sequence.value));
  return Json::object()
      .set("destination", destination)
      .set("files", manifest.files.size())
      .set("bytes", bytes)
      .set("heads", std::move(heads));
}

Result<Json> Server::backup(const std::string& destination) {
  const store::BackupParts parts{*log_, folder_.root, kVersion, [this](const std::string& path) {
                                   return control_->copy_to(path);
                                 }};
  TRY_ASSIGN(const auto manifest, store::write_backup(parts, disk_, clock_, destination, {}));
  return describe_backup(manifest, destination);
}

Result<Json> Server::verify() {
  TRY_ASSIGN(const auto report, store::check_log(disk_, folder_.root + "/log", {}));
  Json findings = Json::array();
  for (const auto& finding : report.findings) {
    if (finding.at_tail) continue;  // being written right now
    findings.push_back(Json::object()
                           .set("file", finding.file)
                           .set("offset", finding.offset)
                           .set("workspace", finding.workspace.value)
                           .set("sequence", finding.sequence.value)
                           .set("what", finding.what));
  }
  return Json::object()
      .set("records", report.records)
      .set("bytes", report.bytes)
      .set("segments", report.segments)
      .set("findings", std::move(findings));
}

Result<void> Server::add_tombstone(WorkspaceId workspace, const std::string& contact,
                                   std::span<const SubjectId> subjects) {
  TRY_ASSIGN(const Key master, master_key(disk_, folder_, environment_));
  return store::add_tombstone(
      disk_, folder_.tombstones(), master,
      {workspace, contact, {subjects.begin(), subjects.end()}, clock_.now()});
}

// After a restore the remote systems are ahead of what we know: nothing is pushed until a person
// has looked and said so.
Result<std::string> Server::restored_hold() {
  TRY_ASSIGN(const auto restored, store::read_restored(disk_, folder_.root));
  if (!restored) return std::string();
  if (settings_.resume_connections) {
    TRY(store::clear_restored(disk_, folder_.root));
    return std::string();
  }
  return "paused: the data was restored from a backup of " + format_time(restored->backup_at) +
         "; start the server once with --resume-connections to push again";
}

}  // namespace rapport
