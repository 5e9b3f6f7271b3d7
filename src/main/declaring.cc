// What a server declares at its start: which engine decides, and the packs of its settings.
#include <fmt/format.h>

#include "main/packs.h"
#include "main/server.h"

namespace rapport {

namespace {

Json engine_of(const expr::Zones& zones) {
  return Json::object().set("fold_version", decide::kFoldVersion).set("zones", zones.version());
}

}  // namespace

// The log says from where on events were decided by another engine. Of a log without any event
// there is nothing to say yet.
Result<void> Server::note_engine(WorkspaceId workspace) {
  const Sequence head = log_->log().head(workspace).sequence;
  if (head.value == 0) return {};
  TRY(runner_->wait_for(workspace, head, minutes(10)));
  TRY_ASSIGN(const auto state, open_state(workspace, store::StateMode::kRead));
  const model::RecordKey key{std::string(model::kDefinitions), "engine"};
  TRY_ASSIGN(const auto found, state->load(std::vector{key}));
  const Json wanted = engine_of(*zones_);
  bool same = found[0].has_value();
  for (const auto& [name, value] : wanted.as_object()) {
    const Json* known = found[0] ? found[0]->fields.find(name) : nullptr;
    same = same && known && *known == value;
  }
  if (same) return {};
  model::Event event;
  event.workspace = workspace;
  event.origin = model::Origin::kServer;
  event.type = model::kEngineChanged;
  event.at = clock_.now();
  event.properties = wanted;
  TRY_ASSIGN(const Sequence sequence, intake_->append(std::move(event)));
  return runner_->wait_for(workspace, sequence, minutes(10));
}

Result<void> Server::look_at_packs(const access::Workspace& workspace) {
  TRY_ASSIGN(const auto state, open_state(workspace.id, store::StateMode::kRead));
  TRY_ASSIGN(const auto problems, declaring_->problems(*state));
  note_problems(workspace.id, problems.size());
  for (const Error& problem : problems)
    reporter_.report(Level::kError, "packs.broken",
                     Json::object()
                         .set("workspace", workspace.name)
                         .set("error", problem.message)
                         .set("next",
                              "no pack of the workspace decides until this is put right: "
                              "rapport packs list"));
  return {};
}

void Server::note_problems(WorkspaceId workspace, size_t problems) {
  std::lock_guard lock(broken_mutex_);
  if (problems == 0) {
    broken_.erase(workspace);
  } else {
    broken_[workspace] = problems;
  }
  metrics_.gauge("rapport_packs_broken", "Workspaces whose active packs cannot be compiled.")
      .set(static_cast<int64_t>(broken_.size()));
}

std::string Server::remarks() {
  std::lock_guard lock(broken_mutex_);
  if (broken_.empty()) return {};
  return fmt::format(
      "the active packs of {} workspace(s) cannot be compiled and do not decide: "
      "`rapport packs list` says why",
      broken_.size());
}

// Folders of the settings whose version is not the active one.
Result<void> Server::activate_configured() {
  for (const PackSettings& settings : settings_.packs) {
    TRY_ASSIGN(const auto workspace, control_->workspace(settings.workspace));
    std::vector<decide::PackFiles> packs;
    for (const std::string& folder : settings.folders) {
      TRY_ASSIGN(const auto folders, find_packs(disk_, packs_folder(disk_, settings_), folder));
      for (const std::string& path : folders) {
        TRY_ASSIGN(auto files, read_pack_folder(disk_, path));
        packs.push_back(std::move(files));
      }
    }
    TRY_ASSIGN(const auto ordered, in_order_of_use(std::move(packs)));
    TRY(runner_->wait_for(workspace.id, log_->log().head(workspace.id).sequence, minutes(10)));
    TRY_ASSIGN(const auto state, open_state(workspace.id, store::StateMode::kRead));
    const api::Declarer who{workspace.id, *state, "config", ""};
    for (const auto& files : ordered) {
      TRY_ASSIGN(const auto done, declaring_->activate(who, files, std::nullopt));
      for (const Error& problem : done.problems)  // the others may fit all the same
        reporter_.report(Level::kError, "pack.refused",
                         Json::object()
                             .set("workspace", workspace.name)
                             .set("pack", files.name)
                             .set("error", problem.message));
      if (done.sequence.value == 0) continue;
      reporter_.report(Level::kInfo, "pack.activated",
                       Json::object()
                           .set("workspace", workspace.name)
                           .set("pack", files.name)
                           .set("version", done.version));
    }
  }
  return {};
}

// Nothing here keeps the server from serving: what could not be done is told.
void Server::declare_at_start() {
  const auto failed = [&](const char* what, const std::string& workspace, const Error& error) {
    reporter_.report(Level::kError, what,
                     Json::object().set("workspace", workspace).set("error", error.message));
  };
  const auto workspaces = control_->workspaces();
  if (!workspaces.ok()) return failed("engine.unnoted", "", workspaces.error());
  for (const auto& workspace : *workspaces)
    if (auto noted = note_engine(workspace.id); !noted.ok() && !stopping_)
      failed("engine.unnoted", workspace.name, noted.error());
  if (auto done = activate_configured(); !done.ok() && !stopping_)
    failed("packs.refused", "", done.error());
  for (const auto& workspace : *workspaces)
    if (auto looked = look_at_packs(workspace); !looked.ok() && !stopping_)
      failed("packs.unread", workspace.name, looked.error());
}

}  // namespace rapport
