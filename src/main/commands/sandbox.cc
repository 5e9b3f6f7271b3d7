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
  std::vector<std::string> tokens;
  int64_t search_lag_ms = 5000;
  std::string quotas = "professional";
  double speed = 1;
  std::string client_id = "sandbox-client";
  std::string client_secret = "sandbox-secret";
  std::vector<std::string> redirect_uris;
  int64_t token_lifetime_ms = 1'800'000;
  bool rotate = false, choose_portal = false;
};

Result<sandbox::SandboxOptions> wanted(const Options& options) {
  sandbox::SandboxOptions wanted;
  for (const std::string& token : options.tokens) wanted.tokens.push_back({token});
  if (wanted.tokens.empty()) wanted.tokens.push_back({"sandbox-token"});
  wanted.search_lag = millis(options.search_lag_ms);
  wanted.clock_speed = options.speed;
  TRY_ASSIGN(wanted.quotas, sandbox::plan_quotas(options.vendor, options.quotas));
  sandbox::SandboxApp app{.client_id = options.client_id, .client_secret = options.client_secret};
  app.redirect_uris = options.redirect_uris;
  app.token_lifetime = millis(options.token_lifetime_ms);
  if (options.rotate) app.rotation = sandbox::Rotation::kRotated;
  if (options.choose_portal) app.consent = sandbox::Consent::kChosen;
  if (options.quotas != "none") {
    TRY_ASSIGN(app.quotas, sandbox::plan_quotas(options.vendor, "oauth"));
  }
  wanted.app = std::move(app);
  return wanted;
}

int run_sandbox(const Shell& shell, const Options& options) {
  signal(SIGPIPE, SIG_IGN);
  auto asked = wanted(options);
  if (!asked.ok()) return shell.fail(asked.error());
  const std::string token = asked->tokens.front().token;
  auto server =
      SandboxServer::open(options.vendor, *std::move(asked), options.address, options.port);
  if (!server.ok()) return shell.fail(server.error());
  fmt::print(stderr, "{} sandbox on http://{}:{} with token {}\n", options.vendor, options.address,
             (*server)->port(), token);
  (*server)->run();
  return 0;
}

void add_span(CLI::App& command, const char* name, int64_t& target, const char* meaning) {
  command.add_option(name, target, meaning)
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, int64_t>{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}},
          CLI::AsNumberWithUnit::UNIT_REQUIRED));
}

void add_oauth(CLI::App& command, Options& options) {
  command.add_option("--client-id", options.client_id, "OAuth: the app's client id");
  command.add_option("--client-secret", options.client_secret, "OAuth: the app's client secret");
  command.add_option("--redirect-uri", options.redirect_uris,
                     "OAuth: where consent may lead back to, repeatable; without it, anywhere");
  add_span(command, "--token-lifetime", options.token_lifetime_ms,
           "OAuth: how long an access token is good for, such as 30m");
  command.add_flag("--rotate-refresh-tokens", options.rotate,
                   "OAuth: each refresh gives a new refresh token");
  command.add_flag("--choose-portal", options.choose_portal,
                   "OAuth: a page asks for the portal before it leads back");
}

}  // namespace

void add_sandbox(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("sandbox", "Run a local imitation of a vendor's API");
  command->footer("Example:\n  rapport sandbox VENDOR --port 8090 --search-lag 5s");
  command->add_option("vendor", options->vendor, "Which vendor")->required();
  command->add_option("--address", options->address, "Address to listen on");
  command->add_option("--port", options->port, "Port, 0 for any free one");
  command->add_option("--token", options->tokens,
                      "Token that callers must send, repeatable (default sandbox-token)");
  add_span(*command, "--search-lag", options->search_lag_ms,
           "Time until a write shows in search, such as 5s or 500ms");
  command->add_option("--quotas", options->quotas, "professional, free, oauth or none");
  command->add_option("--speed", options->speed, "How many times as fast the sandbox's clock runs")
      ->check(CLI::Range(0.001, 100'000.0));
  add_oauth(*command, *options);
  command->callback([&shell, options] {
    shell.run = [&shell, options] { return run_sandbox(shell, *options); };
  });
}

}  // namespace rapport
