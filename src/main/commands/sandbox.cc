// `rapport sandbox VENDOR`: a local imitation of a vendor's API behind HTTP.
#include "sandbox/sandbox.h"

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <map>

#include "base/system.h"
#include "main/commands/commands.h"
#include "net/server.h"

namespace rapport {

namespace {

// Answers on the server's thread: one request at a time, as the sandbox asks.
class SandboxService final : public net::Service {
 public:
  explicit SandboxService(HttpHandler& sandbox) : sandbox_(sandbox) {}
  void serve(HttpRequest request, net::Respond respond) override {
    respond(sandbox_.handle(request));
  }
  void after_reads() override {}

 private:
  HttpHandler& sandbox_;
};

struct Options {
  std::string vendor;
  std::string address = "127.0.0.1";
  uint16_t port = 8090;
  std::string token = "sandbox-token";
  int64_t search_lag_ms = 5000;
};

int run_sandbox(const Shell& shell, const Options& options) {
  signal(SIGPIPE, SIG_IGN);
  SystemClock clock;
  SystemRandom random;
  Metrics metrics;
  sandbox::SandboxOptions wanted;
  wanted.tokens.push_back({options.token});
  wanted.search_lag = millis(options.search_lag_ms);
  auto made = sandbox::make_sandbox(options.vendor, wanted, clock, random);
  if (!made.ok()) return shell.fail(made.error());
  SandboxService service(**made);
  net::ServerOptions http;
  http.address = options.address;
  http.port = options.port;
  http.max_body_bytes = 16 << 20;
  auto server = net::Server::listen(http, service, metrics);
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
