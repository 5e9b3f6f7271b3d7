#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "api/problem.h"
#include "base/json.h"
#include "base/posix_disk.h"
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

int run_program(int argc, char** argv) {
  CLI::App app{"Joins support and chat channels to CRMs.", "rapport"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "rapport 0.1.0");
  Shell shell;
  shell.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  app.add_flag("--json", shell.json, "Results and errors as JSON");
  app.add_option("--config", shell.config, "Settings file (docs/reference/configuration.md)");
  app.add_option("--data", shell.data, "Data folder; wins over the settings file");
  app.add_option("--listen", shell.listen, "address:port of the API; wins over the settings file");
  add_serve(app, shell);
  add_sandbox(app, shell);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return shell.run();
}

}  // namespace rapport
