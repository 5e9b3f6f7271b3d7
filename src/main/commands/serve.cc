// `rapport serve`: runs the server until it is told to stop.
#include <fmt/format.h>
#include <sys/resource.h>

#include "base/system.h"
#include "main/commands/commands.h"
#include "main/server.h"
#include "main/signals.h"

namespace rapport {

namespace {

// As many connections as the system lets us have; the soft limit is usually 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const Shell& shell, bool resume_connections) {
  Signals signals;
  raise_descriptor_limit();
  SystemClock clock;
  auto reporter = make_logger(Level::kInfo, clock);
  auto settings = shell.settings();
  if (!settings.ok()) return shell.fail(settings.error());
  settings->resume_connections = resume_connections;
  auto failpoints = failpoints_from_environment();
  if (!failpoints.ok()) return shell.fail(failpoints.error());
  auto server = Server::open(std::move(*settings), shell.environment, **failpoints, *reporter);
  if (!server.ok()) return shell.fail(server.error());
  if (auto token = (*server)->context().control.setup_token(); token.ok() && *token)
    fmt::print(stderr,
               "This server has no administrator yet. Exchange this token once for an admin key:\n"
               "  curl -X POST http://localhost:{}/api/v1/setup -d '{{\"token\":\"{}\"}}'\n",
               (*server)->port(), **token);
  signals.start([&] { (*server)->stop(); });
  auto done = (*server)->run();
  return done.ok() ? 0 : shell.fail(done.error());
}

}  // namespace

void add_serve(const Command& app, Shell& shell) {
  auto resume = std::make_shared<bool>(false);
  auto command = app.command("serve", "Run the server");
  command.flag("--resume-connections", *resume,
               "After a restore: push again, the remote systems have been looked at");
  command.footer("Example:\n  rapport serve --config /etc/rapport.yaml");
  on(command, shell, [&shell, resume] { return serve(shell, *resume); });
}

}  // namespace rapport
