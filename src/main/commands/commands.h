// The commands of the program. Each registers its options and tells what to run.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "main/settings.h"

namespace CLI {
class App;
}

namespace rapport {

// 0 done · 1 failed · 2 wrong use · 3 findings (verify, check) · 130 interrupted.
int run_program(int argc, char** argv);

// What every command is given: where options of the program itself ended up.
struct Shell {
  bool json = false;              // --json: machine-readable results
  std::string config;             // --config
  std::string data, listen;       // --data, --listen; empty: from the settings
  std::function<int()> run;       // set by the command that was named
  Environment environment;

  Result<Settings> settings() const;
  // Prints an error to stderr (as JSON with --json) and gives the exit code.
  int fail(const Error& error) const;
};

void add_serve(CLI::App& app, Shell& shell);
void add_sandbox(CLI::App& app, Shell& shell);

}  // namespace rapport
