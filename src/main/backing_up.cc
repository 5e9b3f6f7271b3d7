// Backups and tombstones of a live server.
#include "base/text.h"
#include "main/server.h"
#include "store/backup.h"

namespace rapport {

Result<Json> Server::backup(const std::string& destination) {
  const store::BackupSource source{folder_.root, "control.db", [this](const std::string& path) {
                                     return control_->copy_to(path);
                                   }};
  TRY_ASSIGN(const auto report, store::back_up(*log_, source, disk_, clock_, destination));
  Json heads = Json::array();
  for (const auto& [workspace, sequence] : report.heads)
    heads.push_back(Json::object().set("workspace", workspace.value).set("sequence", sequence.value));
  return Json::object().set("destination", destination).set("files", report.files)
      .set("bytes", report.bytes).set("heads", heads);
}

Result<Json> Server::verify() {
  TRY_ASSIGN(const auto report, store::check_log(disk_, folder_.root + "/log", {}));
  Json findings = Json::array();
  for (const auto& finding : report.findings) {
    if (finding.at_tail) continue;  // being written right now
    findings.push_back(Json::object().set("file", finding.file).set("offset", finding.offset)
                           .set("workspace", finding.workspace.value)
                           .set("sequence", finding.sequence.value).set("what", finding.what));
  }
  return Json::object().set("records", report.records).set("bytes", report.bytes)
      .set("segments", report.segments).set("findings", findings);
}

Result<void> Server::add_tombstone(WorkspaceId workspace, const std::string& contact,
                                   std::span<const SubjectId> subjects) {
  TRY_ASSIGN(const Key master, master_key(disk_, folder_, environment_));
  return store::add_tombstone(disk_, folder_.tombstones(), master,
                              {workspace, contact, {subjects.begin(), subjects.end()}, clock_.now()});
}

}  // namespace rapport
