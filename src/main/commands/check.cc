// `rapport check`: finds what is wrong in settings, manifests and packs before a server meets it.
#include <fmt/format.h>

#include <set>

#include "base/posix_disk.h"
#include "base/text.h"
#include "connect/manifest.h"
#include "main/cases/pack_shelf.h"
#include "main/commands/commands.h"
#include "main/connections.h"
#include "main/packs.h"

namespace rapport {

namespace {

struct Finding {
  std::string file, message;
};

// A manifest says so in a top-level key.
bool is_manifest(std::string_view text) {
  for (std::string_view line : split(text, '\n'))
    if (line.starts_with("manifest:")) return true;
  return false;
}

// The connectors that settings name must be there and right.
void check_connectors(Disk& disk, const Settings& settings, const std::string& file,
                      std::vector<Finding>& findings) {
  for (const auto& connection : settings.connections) {
    const auto manifest = find_manifest(disk, connectors_folder(disk, settings), connection);
    if (!manifest.ok())
      findings.push_back(
          {file, fmt::format("connection '{}': {}", connection.id, manifest.error().message)});
  }
}

// The pack with all that it uses, as it would be activated; and its cases.
void check_pack(Disk& disk, const std::string& folder, const expr::Zones* zones,
                std::vector<Finding>& findings) {
  cases::PackShelf shelf(disk, zones);
  if (auto added = shelf.add(folder); !added.ok())
    return findings.push_back({folder, added.error().message});
  shelf.read();
  for (const Error& error : shelf.errors()) findings.push_back({folder, error.message});
}

void check_file(Disk& disk, const std::string& file, const expr::Zones* zones,
                std::vector<Finding>& findings) {
  if (is_pack_folder(disk, file)) return check_pack(disk, file, zones, findings);
  const auto text = read_file(disk, file);
  if (!text.ok()) return findings.push_back({file, text.error().message});
  if (is_manifest(*text)) {
    const auto manifest = connect::load_manifest(*text, file);
    if (!manifest.ok()) findings.push_back({file, manifest.error().message});
    return;
  }
  const auto settings = parse_settings(*text, file);
  if (!settings.ok()) return findings.push_back({file, settings.error().message});
  check_connectors(disk, *settings, file, findings);
}

// Without names: the settings in use and every manifest.
Result<std::vector<std::string>> files_in_use(Disk& disk, const Shell& shell) {
  std::vector<std::string> files;
  if (!shell.config.empty()) files.push_back(shell.config);
  Settings settings;
  if (auto read = shell.settings(); read.ok()) settings = std::move(*read);
  const std::string folder = connectors_folder(disk, settings);
  TRY_ASSIGN(const auto vendors, disk.list(folder));
  for (const auto& vendor : vendors)
    if (const std::string path = folder + "/" + vendor + "/manifest.yaml"; disk.exists(path))
      files.push_back(path);
  return files;
}

int check(const Shell& shell, std::vector<std::string> files) {
  PosixDisk disk;
  if (files.empty()) {
    auto found = files_in_use(disk, shell);
    if (!found.ok()) return shell.fail(found.error());
    files = std::move(*found);
  }
  std::vector<Finding> findings;
  const auto zones = expr::open_system_zones();
  if (!zones.ok()) return shell.fail(zones.error());
  for (const auto& file : files) check_file(disk, file, zones->get(), findings);
  Json list = Json::array();
  std::string text;
  for (const auto& finding : findings) {
    list.push_back(Json::object().set("file", finding.file).set("message", finding.message));
    const bool named = finding.message.find(".yaml:") != finding.message.npos ||
                       finding.message.starts_with(finding.file);
    text += named ? finding.message + "\n" : fmt::format("{}: {}\n", finding.file, finding.message);
  }
  std::set<std::string> wrong;
  for (const auto& finding : findings) wrong.insert(finding.file);
  text += fmt::format("{} of {} files are in order.", files.size() - wrong.size(), files.size());
  shell.done(Json::object().set("files", files.size()).set("findings", std::move(list)), text);
  return findings.empty() ? 0 : kFindings;
}

}  // namespace

void add_check(const Command& app, Shell& shell) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto command =
      app.command("check", "Check settings, manifests and packs; 3 when something is wrong");
  command.option("file", *files,
                 "Files, and folders of packs; without one: --config and all manifests");
  command.footer("Example:\n  rapport check rapport.yaml connectors/*/manifest.yaml packs/*");
  on(command, shell, [&shell, files] { return check(shell, *files); });
}

}  // namespace rapport
