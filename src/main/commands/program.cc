#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/posix_disk.h"
#include "base/text.h"
#include "main/commands/commands.h"

namespace rapport {

Result<Settings> Shell::settings() const {
  Settings settings;
  if (!config.empty()) {
    PosixDisk disk;
    TRY_ASSIGN(const std::string text, read_file(disk, config));
    TRY_ASSIGN(settings, parse_settings(text, config));
  }
  TRY(apply_environment(settings, environment));
  if (!data.empty()) settings.data = data;
  if (!listen.empty()) TRY(set_listen(settings, listen));
  return settings;
}

int Shell::fail(const Error& error) const {
  if (json) {
    Json out = Json::object();
    out.set("error", name(error.code)).set("message", error.message);
    if (!error.where.empty()) out.set("where", error.where);
    fmt::print(stderr, "{}\n", to_text(out));
  } else {
    fmt::print(stderr, "rapport: {}\n", error.message);
  }
  return error.code == Code::kInvalid ? 2 : 1;
}

int Shell::done(const Json& result, const std::string& text) const {
  if (json) {
    fmt::print("{}\n", to_text(result));
  } else if (!text.empty()) {
    fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
  }
  return 0;
}

std::string Shell::server_url() const {
  if (!url.empty()) return url;
  return environment("RAPPORT_URL").value_or("http://localhost:8080");
}

std::string Shell::server_key() const {
  return key.empty() ? environment("RAPPORT_KEY").value_or("") : key;
}

bool Shell::asks_server() const {
  return !url.empty() || (data.empty() && environment("RAPPORT_URL").has_value());
}

void add_server_options(const Command& command, Shell& shell) {
  command.option("--url", shell.url,
                 "A running server; else RAPPORT_URL, else http://localhost:8080");
  command.option("--key", shell.key,
                 "API key; else RAPPORT_KEY, which does not show in the list of processes");
}

void on(const Command& command, Shell& shell, std::function<int()> run) {
  command.run([&shell, run = std::move(run)] { shell.run = run; });
}

namespace {

void add_program_options(CLI::App& app, Shell& shell) {
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "rapport 0.1.0");
  app.set_help_all_flag("--help-all", "Help of all commands");
  app.footer(
      "Every command has --help with an example. Settings, environment and exit codes:\n"
      "docs/reference/cli.md, docs/reference/configuration.md.");
  app.add_flag("--json", shell.json, "Results and errors as JSON");
  app.add_option("--config", shell.config, "Settings file (docs/reference/configuration.md)");
  app.add_option("--data", shell.data, "Data folder; wins over the settings file");
  app.add_option("--listen", shell.listen, "address:port of the API; wins over the settings file");
}

// Parsing stops at a word that is no command with nothing but "a subcommand is required".
std::optional<std::string> unknown_command(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  const auto rest = app.remaining(true);
  if (at->get_require_subcommand_min() == 0 || rest.empty() || rest.front().starts_with('-'))
    return std::nullopt;
  std::vector<std::string> names;
  for (const CLI::App* command : at->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto hint = nearest(rest.front(), known);
  return fmt::format("there is no command '{}'{}", rest.front(),
                     hint ? fmt::format(", did you mean '{}'?", *hint) : "; see --help");
}

}  // namespace

void add_commands(const Command& program, Shell& shell) {
  for (auto add : {add_serve, add_demo, add_init, add_check, add_verify, add_rebuild, add_backup,
                   add_restore, add_keys, add_workspaces, add_events, add_quarantine,
                   add_connections, add_contacts, add_packs, add_users, add_sandbox, add_test})
    add(program, shell);
}

int run_program(int argc, char** argv) {
  CLI::App app{"Joins support and chat channels to CRMs.", "rapport"};
  Shell shell;
  shell.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  add_program_options(app, shell);
  add_commands(Command(app), shell);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    if (const auto unknown = unknown_command(app)) return shell.fail(invalid(*unknown));
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return shell.run();
}

}  // namespace rapport
