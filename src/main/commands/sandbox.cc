// `rapport sandbox VENDOR`: a local imitation of a vendor's API behind HTTP.
#include <fmt/format.h>
#include <signal.h>

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

void add_oauth(const Command& command, Options& options) {
  command.option("--client-id", options.client_id, "OAuth: the app's client id");
  command.option("--client-secret", options.client_secret, "OAuth: the app's client secret");
  command.option("--redirect-uri", options.redirect_uris,
                 "OAuth: where consent may lead back to, repeatable; without it, anywhere");
  command.span("--token-lifetime", options.token_lifetime_ms,
               "OAuth: how long an access token is good for, such as 30m");
  command.flag("--rotate-refresh-tokens", options.rotate,
               "OAuth: each refresh gives a new refresh token");
  command.flag("--choose-portal", options.choose_portal,
               "OAuth: a page asks for the portal before it leads back");
}

}  // namespace

void add_sandbox(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto command = app.command("sandbox", "Run a local imitation of a vendor's API");
  command.footer("Example:\n  rapport sandbox VENDOR --port 8090 --search-lag 5s");
  command.required("vendor", options->vendor, "Which vendor");
  command.option("--address", options->address, "Address to listen on");
  command.option("--port", options->port, "Port, 0 for any free one");
  command.option("--token", options->tokens,
                 "Token that callers must send, repeatable (default sandbox-token)");
  command.span("--search-lag", options->search_lag_ms,
               "Time until a write shows in search, such as 5s or 500ms");
  command.option("--quotas", options->quotas, "professional, free, oauth or none");
  command.option("--speed", options->speed, 0.001, 100'000.0,
                 "How many times as fast the sandbox's clock runs");
  add_oauth(command, *options);
  on(command, shell, [&shell, options] { return run_sandbox(shell, *options); });
}

}  // namespace rapport
