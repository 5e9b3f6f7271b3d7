// The commands of the program. Each registers its options and tells what to run.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "main/commands/command.h"
#include "main/settings.h"

namespace rapport {

// 0 done · 1 failed · 2 wrong use · 3 findings (verify, check, rebuild) · 130 interrupted.
int run_program(int argc, char** argv);
inline constexpr int kFindings = 3;

// What every command is given: where options of the program itself ended up.
struct Shell {
  bool json = false;         // --json: machine-readable results
  std::string config;        // --config
  std::string data, listen;  // --data, --listen; empty: from the settings
  std::string url, key;      // --url, --key; see add_server_options
  std::function<int()> run;  // set by the command that was named
  Environment environment;

  Result<Settings> settings() const;
  // Prints an error to stderr (as JSON with --json) and gives the exit code.
  int fail(const Error& error) const;
  // Prints a result: one line of JSON with --json, else `text`. Gives 0.
  int done(const Json& result, const std::string& text) const;

  // --url, else RAPPORT_URL, else where a server listens unless told otherwise.
  std::string server_url() const;
  std::string server_key() const;  // --key, else RAPPORT_KEY
  // A server is meant, not a data folder: --url was given, or RAPPORT_URL without --data.
  bool asks_server() const;
};

// --url and --key, for commands that talk to a running server.
void add_server_options(const Command& command, Shell& shell);
// Makes `run` what the program does when this command is named.
void on(const Command& command, Shell& shell, std::function<int()> run);

// All commands of the program.
void add_commands(const Command& program, Shell& shell);

void add_serve(const Command& app, Shell& shell);
void add_demo(const Command& app, Shell& shell);
void add_init(const Command& app, Shell& shell);
void add_check(const Command& app, Shell& shell);
void add_verify(const Command& app, Shell& shell);
void add_rebuild(const Command& app, Shell& shell);
void add_backup(const Command& app, Shell& shell);
void add_restore(const Command& app, Shell& shell);
void add_keys(const Command& app, Shell& shell);
void add_workspaces(const Command& app, Shell& shell);
void add_events(const Command& app, Shell& shell);
void add_quarantine(const Command& app, Shell& shell);
void add_connections(const Command& app, Shell& shell);  // and dead-letters, sync
void add_contacts(const Command& app, Shell& shell);
void add_packs(const Command& app, Shell& shell);
void add_users(const Command& app, Shell& shell);
void add_sandbox(const Command& app, Shell& shell);
void add_test(const Command& app, Shell& shell);

}  // namespace rapport
