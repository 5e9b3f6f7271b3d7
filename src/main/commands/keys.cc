// `rapport keys`: makes, lists and revokes API keys.
#include <fmt/format.h>

#include "main/commands/administration.h"
#include "main/commands/table.h"

namespace rapport {

namespace {

struct Options {
  std::string workspace, label, expires, id;
  std::vector<std::string> scopes;
};

int create(const Shell& shell, const Options& options) {
  Json wish = Json::object();
  if (!options.workspace.empty()) wish.set("workspace", options.workspace);
  if (!options.expires.empty()) wish.set("expires_at", options.expires);
  Json scopes = Json::array();
  for (const auto& scope : options.scopes) scopes.push_back(scope);
  wish.set("label", options.label).set("scopes", std::move(scopes));
  auto work = Administration::open(shell);
  if (!work.ok()) return shell.fail(work.error());
  const auto made = (*work)->create_key(wish);
  if (!made.ok()) return shell.fail(made.error());
  return shell.done(*made, fmt::format("{}\n\nThis secret is shown only now. Its id is {}: "
                                       "`rapport keys revoke {}` ends it.",
                                       made->text("secret"), made->text("id"), made->text("id")));
}

int list(const Shell& shell, const Options& options) {
  auto work = Administration::open(shell);
  if (!work.ok()) return shell.fail(work.error());
  const auto all = (*work)->keys(options.workspace);
  if (!all.ok()) return shell.fail(all.error());
  std::vector<std::vector<std::string>> rows;
  for (const Json& key : all->find("data")->as_array()) {
    const bool revoked = !key.find("revoked_at")->is_null();
    rows.push_back({cell(key, "id"), cell(key, "label"),
                    key.find("workspace")->is_null() ? "server" : cell(key, "workspace"),
                    cell(key, "scopes"), cell(key, "last_used_at"),
                    revoked ? "revoked" : cell(key, "expires_at")});
  }
  return shell.done(*all, table({"ID", "LABEL", "WORKSPACE", "SCOPES", "LAST USED", "ENDS"}, rows,
                                "There are no keys. `rapport keys create --help` makes one."));
}

int revoke(const Shell& shell, const Options& options) {
  auto work = Administration::open(shell);
  if (!work.ok()) return shell.fail(work.error());
  const auto done = (*work)->revoke_key(options.id);
  if (!done.ok()) return shell.fail(done.error());
  return shell.done(Json::object().set("revoked", options.id), options.id + " is revoked.");
}

}  // namespace

void add_keys(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto keys = app.command("keys", "API keys of workspaces and of the server");
  keys.needs_command();
  keys.footer("Works on a running server (--url, --key: an admin key) or, without one, on --data.");

  auto make = keys.command("create", "Make a key; its secret is shown once");
  make.option("--workspace", options->workspace, "Whose data it opens; without it: the server");
  make.required("--scope", options->scopes, "ingest, read, write, erase, admin; several are fine");
  make.option("--label", options->label, "What it is for");
  make.option("--expires", options->expires, "When it ends, such as 2027-01-31T00:00:00Z");
  make.footer(
      "Example:\n  rapport keys create --data ./data --workspace acme --scope ingest "
      "--label website");
  add_server_options(make, shell);
  on(make, shell, [&shell, options] { return create(shell, *options); });

  auto show = keys.command("list", "Keys without their secrets");
  show.option("--workspace", options->workspace, "Only keys of this workspace");
  show.footer("Example:\n  rapport keys list --url http://localhost:8080 --workspace acme");
  add_server_options(show, shell);
  on(show, shell, [&shell, options] { return list(shell, *options); });

  auto end = keys.command("revoke", "End a key at once");
  end.required("id", options->id, "Its id, as `keys list` shows it");
  end.footer("Example:\n  rapport keys revoke key_5d7f9h1k3m");
  add_server_options(end, shell);
  on(end, shell, [&shell, options] { return revoke(shell, *options); });
}

}  // namespace rapport
