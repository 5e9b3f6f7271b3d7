// `rapport workspaces`: makes, lists and deletes workspaces.
#include <fmt/format.h>

#include "main/commands/administration.h"
#include "main/commands/table.h"

namespace rapport {

namespace {

struct Options {
  std::string name;
  bool yes = false;
};

int create(const Shell& shell, const Options& options) {
  auto work = Administration::open(shell);
  if (!work.ok()) return shell.fail(work.error());
  const auto made = (*work)->create_workspace(options.name);
  if (!made.ok()) return shell.fail(made.error());
  return shell.done(*made, fmt::format("Workspace {} is there. Its first key: `rapport keys create "
                                       "--workspace {} --scope ingest`.",
                                       options.name, options.name));
}

int list(const Shell& shell) {
  auto work = Administration::open(shell);
  if (!work.ok()) return shell.fail(work.error());
  const auto all = (*work)->workspaces();
  if (!all.ok()) return shell.fail(all.error());
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : all->find("data")->as_array())
    rows.push_back({cell(one, "name"), cell(one, "id"), cell(one, "created_at")});
  return shell.done(*all,
                    table({"NAME", "ID", "CREATED"}, rows,
                          "There are no workspaces. `rapport workspaces create NAME` makes one."));
}

int remove(const Shell& shell, const Options& options) {
  if (!options.yes)
    return shell.fail(invalid(
        fmt::format("this destroys all events and records of '{}' and cannot be undone; add --yes",
                    options.name),
        "--yes"));
  auto work = Administration::open(shell);
  if (!work.ok()) return shell.fail(work.error());
  const auto done = (*work)->delete_workspace(options.name);
  if (!done.ok()) return shell.fail(done.error());
  return shell.done(Json::object().set("deleted", options.name),
                    fmt::format("Workspace {} is gone.", options.name));
}

}  // namespace

void add_workspaces(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto workspaces = app.command("workspaces", "Tenants of the server");
  workspaces.needs_command();
  workspaces.footer(
      "Works on a running server (--url, --key: an admin key) or, without one, on --data.");

  auto make = workspaces.command("create", "Make a workspace");
  make.required("name", options->name, "1 to 40 of a-z, 0-9 and -");
  make.footer("Example:\n  rapport workspaces create acme --data ./data");
  add_server_options(make, shell);
  on(make, shell, [&shell, options] { return create(shell, *options); });

  auto show = workspaces.command("list", "All workspaces");
  show.footer("Example:\n  rapport workspaces list --url http://localhost:8080");
  add_server_options(show, shell);
  on(show, shell, [&shell] { return list(shell); });

  auto end = workspaces.command("delete", "Destroy a workspace with all it holds");
  end.required("name", options->name, "Which one");
  end.flag("--yes", options->yes, "Yes, destroy it");
  end.footer("Example:\n  rapport workspaces delete acme --yes --url http://localhost:8080");
  add_server_options(end, shell);
  on(end, shell, [&shell, options] { return remove(shell, *options); });
}

}  // namespace rapport
