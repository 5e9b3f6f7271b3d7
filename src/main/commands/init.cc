// `rapport init`: a data folder with its master key, and on request a first workspace with keys.
#include <fmt/format.h>

#include "main/commands/commands.h"
#include "main/offline.h"

namespace rapport {

namespace {

using access::Scope;

// The setup token is used up: the key printed here is the administrator's.
Result<std::optional<std::string>> admin_key(access::Control& control) {
  TRY_ASSIGN(const auto token, control.setup_token());
  if (!token) return std::optional<std::string>();
  TRY_ASSIGN(auto made, control.redeem_setup_token(*token));
  return std::optional(std::move(made.secret));
}

Result<Json> first_workspace(Offline& folder, const std::string& name) {
  TRY_ASSIGN(const auto workspace, folder.create_workspace(name));
  TRY_ASSIGN(const auto admin, admin_key(folder.control()));
  TRY_ASSIGN(const auto ingest,
             folder.control().create_key(workspace.id, "ingest", {Scope::kIngest}, std::nullopt));
  TRY_ASSIGN(const auto use,
             folder.control().create_key(workspace.id, "read and write",
                                         {Scope::kRead, Scope::kWrite}, std::nullopt));
  return Json::object()
      .set("workspace", name)
      .set("admin_key", admin ? Json(*admin) : Json())
      .set("ingest_key", ingest.secret)
      .set("read_write_key", use.secret);
}

std::string words(const Json& made, const std::string& data) {
  const std::string_view name = made.text("workspace");
  if (name.empty())
    return fmt::format(
        "{} is ready. Keep a copy of {}/master.key apart from its backups: without it "
        "nothing can be read.\nNext: rapport init --data {} --workspace NAME",
        data, data, data);
  std::string out =
      fmt::format("{} is ready, with workspace {}. These keys are shown only now:\n\n", data, name);
  if (!made.text("admin_key").empty())
    out += fmt::format("  admin (server)      {}\n", made.text("admin_key"));
  out += fmt::format("  ingest              {}\n  read and write      {}\n\n",
                     made.text("ingest_key"), made.text("read_write_key"));
  out += fmt::format(
      "Keep a copy of {}/master.key apart from its backups: without it nothing can be "
      "read.\nNext: rapport serve --data {}",
      data, data);
  return out;
}

int init(const Shell& shell, const std::string& workspace) {
  const auto settings = shell.settings();
  if (!settings.ok()) return shell.fail(settings.error());
  auto folder = Offline::make(*settings, shell.environment);
  if (!folder.ok()) return shell.fail(folder.error());
  Json made = Json::object();
  if (!workspace.empty()) {
    auto first = first_workspace(**folder, workspace);
    if (!first.ok()) return shell.fail(first.error());
    made = std::move(*first);
  }
  made.set("data", settings->data);
  return shell.done(made, words(made, settings->data));
}

}  // namespace

void add_init(const Command& app, Shell& shell) {
  auto workspace = std::make_shared<std::string>();
  auto command = app.command("init", "Make a data folder, and a first workspace in it");
  command.option("--workspace", *workspace, "Make this workspace and print its keys");
  command.footer("Example:\n  rapport init --data ./data --workspace acme");
  on(command, shell, [&shell, workspace] { return init(shell, *workspace); });
}

}  // namespace rapport
