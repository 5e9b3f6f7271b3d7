// `rapport sandbox VENDOR`: a local imitation of a vendor's API behind HTTP.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <map>

#include "main/commands/commands.h"
#include "main/sandbox_server.h"

namespace rapport {

namespace {

struct Options {
  std::string vendor;
  std::string address = "127.0.0.1";
  uint16_t port = 8090;
  std::string token = "sandbox-token";
  int64_t search_lag_ms = 5000;
};

int run_sandbox(const Shell& shell, const Options& options) {
  signal(SIGPIPE, SIG_IGN);
  sandbox::SandboxOptions wanted;
  wanted.tokens.push_back({options.token});
  wanted.search_lag = millis(options.search_lag_ms);
  auto server = SandboxServer::open(options.vendor, wanted, options.address, options.port);
  if (!server.ok()) return shell.fail(server.error());
  fmt::print(stderr, "{} sandbox on http://{}:{} with token {}\n", options.vendor, options.address,
             (*server)->port(), options.token);
  (*server)->run();
  return 0;
}

}  // namespace

void add_sandbox(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("sandbox", "Run a local imitation of a vendor's API");
  command->footer("Example:\n  rapport sandbox VENDOR --port 8090 --search-lag 5s");
  command->add_option("vendor", options->vendor, "Which vendor")->required();
  command->add_option("--address", options->address, "Address to listen on");
  command->add_option("--port", options->port, "Port, 0 for any free one");
  command->add_option("--token", options->token, "Token that callers must send");
  command
      ->add_option("--search-lag", options->search_lag_ms,
                   "Time until a write shows in search, such as 5s or 500ms")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, int64_t>{{"ms", 1}, {"s", 1000}, {"m", 60'000}},
          CLI::AsNumberWithUnit::UNIT_REQUIRED));
  command->callback([&shell, options] {
    shell.run = [&shell, options] { return run_sandbox(shell, *options); };
  });
}

}  // namespace rapport
