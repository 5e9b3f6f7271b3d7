// `rapport verify`: checks every byte of a data folder that can be checked.
#include "store/verify.h"

#include <fmt/format.h>

#include "access/control.h"
#include "base/posix_disk.h"
#include "base/system.h"
#include "main/api_client.h"
#include "main/commands/commands.h"
#include "main/commands/table.h"
#include "main/data_folder.h"
#include "store/backup.h"
#include "store/log.h"

namespace rapport {

namespace {

// What is wrong, as rows {"file", "offset"?, "workspace"?, "sequence"?, "what", "at_tail"?}.
class Verification {
 public:
  Verification(DataFolder folder, std::optional<Key> master)
      : folder_(std::move(folder)), master_(master) {}

  Result<Json> run(const store::Progress& progress) {
    if (!disk_.exists(folder_.root + "/log"))
      return not_found(fmt::format(
          "{} is no data folder (there is no log in it); name one with --data", folder_.root));
    if (!master_) add(folder_.key_file(), {}, {}, kNoKey);
    TRY(read_signed_heads());
    return check(progress);
  }

  // A backup has what its manifest says, and what is in it holds together.
  Result<Json> run_on_backup(const store::Progress& progress) {
    const auto files = store::check_backup(disk_, folder_.root, {});
    if (!files.ok() && files.error().code != Code::kCorrupt) return files.error();
    if (!files.ok())
      add(files.error().where.empty() ? folder_.root : files.error().where, {}, {},
          files.error().message);
    return check(progress);
  }

 private:
  static constexpr const char* kNoKey =
      "the master key is missing, so only the log was checked, not whether its events open";

  Result<Json> check(const store::Progress& progress) {
    options_.folder = folder_.root;
    options_.master = master_;
    TRY_ASSIGN(const auto report, store::verify_folder(disk_, options_, progress));
    for (const auto& finding : report.findings)
      findings_.push_back(Json::object()
                              .set("file", finding.file)
                              .set("offset", finding.offset)
                              .set("workspace", finding.workspace.value)
                              .set("sequence", finding.sequence.value)
                              .set("what", finding.what)
                              .set("at_tail", finding.at_tail));
    return Json::object()
        .set("records", report.log.records)
        .set("bytes", report.log.bytes)
        .set("segments", report.log.segments)
        .set("opened", report.opened)
        .set("erased", report.erased)
        .set("findings", std::move(findings_));
  }

  void add(std::string_view file, WorkspaceId workspace, Sequence sequence, std::string what) {
    findings_.push_back(Json::object()
                            .set("file", file)
                            .set("workspace", workspace.value)
                            .set("sequence", sequence.value)
                            .set("what", std::move(what)));
  }

  // The heads signed last, kept outside the log: a log cut short or written anew is behind them.
  Result<void> read_signed_heads() {
    if (!disk_.exists(folder_.control())) {
      add(folder_.control(), {}, {}, "the file is missing");
      return {};
    }
    if (!master_) return {};
    TRY_ASSIGN(auto control,
               access::Control::open(folder_.control(), "", *master_, clock_, random_));
    TRY_ASSIGN(const auto heads, control->signed_heads());
    for (const auto& head : heads) {
      options_.signed_heads[head.workspace] = head.head;
      if (!head.signature_holds)
        add(folder_.control(), head.workspace, head.head.sequence,
            "the signature of the last head does not hold");
    }
    return {};
  }

  DataFolder folder_;
  std::optional<Key> master_;
  PosixDisk disk_;
  SystemClock clock_;
  SystemRandom random_;
  store::VerifyOptions options_;
  Json findings_ = Json::array();
};

std::string words(const Json& report) {
  std::string out;
  for (const Json& finding : report.find("findings")->as_array()) {
    out += fmt::format("{}: {}", cell(finding, "file"), cell(finding, "what"));
    if (finding.integer("workspace") != 0)
      out += fmt::format(" (workspace {}, sequence {})", finding.integer("workspace"),
                         finding.integer("sequence"));
    if (finding.flag("at_tail"))
      out +=
          "\n  at the end of the log: may be a write that a crash cut off before it was "
          "acknowledged; the next start of the server cuts it";
    out += "\n";
  }
  const size_t found = report.find("findings")->as_array().size();
  return out + fmt::format("{} events in {} segments checked, {} findings.",
                           cell(report, "records"), cell(report, "segments"), found);
}

Result<Json> verify_here(const Shell& shell, const std::string& backup) {
  TRY_ASSIGN(const auto settings, shell.settings());
  PosixDisk disk;
  auto key = master_key(disk, {settings.data}, shell.environment);
  if (!key.ok() && key.error().code != Code::kNotFound) return std::move(key).error();
  std::optional<Key> master;
  if (key.ok()) master = *key;
  ProgressLine progress("verifying", shell.json);
  Verification verification({backup.empty() ? settings.data : backup}, master);
  const auto show = [&](uint64_t done, uint64_t all) {
    progress.show(done >> 20, all >> 20, "MiB");
  };
  return backup.empty() ? verification.run(show) : verification.run_on_backup(show);
}

int verify(const Shell& shell, const std::string& backup) {
  ApiClient api(shell.server_url(), shell.server_key());
  const bool ask = shell.asks_server() && backup.empty();
  const auto report = ask ? api.call("POST", "/api/v1/verify") : verify_here(shell, backup);
  if (!report.ok()) return shell.fail(report.error());
  const Json* findings = report->find("findings");
  const bool clean = findings && findings->is_array() && findings->as_array().empty();
  shell.done(*report, ask ? to_pretty_text(*report) : words(*report));
  return clean ? 0 : kFindings;
}

}  // namespace

void add_verify(const Command& app, Shell& shell) {
  auto backup = std::make_shared<std::string>();
  auto command =
      app.command("verify", "Check log, chain, signed heads and bases; 3 when something is wrong");
  command.option("--backup", *backup, "A backup's folder instead of the data folder");
  command.footer(
      "Beside a running server the events it is writing at the moment may be reported as "
      "the log's torn end; --url asks the server itself.\n"
      "Example:\n  rapport verify --data ./data");
  add_server_options(command, shell);
  on(command, shell, [&shell, backup] { return verify(shell, *backup); });
}

}  // namespace rapport
