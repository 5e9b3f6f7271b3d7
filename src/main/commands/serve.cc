// `rapport serve`: runs the server until it is told to stop.
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <thread>

#include "base/system.h"
#include "main/commands/commands.h"
#include "main/server.h"

namespace rapport {

namespace {

// SIGTERM and SIGINT, waited for by a thread of their own. Blocked in all other threads, so this
// must be made before any of them.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (int s : {SIGTERM, SIGINT}) sigaddset(&set_, s);
    sigaddset(&set_, SIGUSR1);  // ours: ends the waiting
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }
  void start(std::function<void()> stop) {
    thread_ = std::thread([this, stop = std::move(stop)] {
      int caught = 0;
      sigwait(&set_, &caught);
      if (caught != SIGUSR1) stop();
    });
  }
  ~Signals() {
    if (!thread_.joinable()) return;
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }

 private:
  sigset_t set_;
  std::thread thread_;
};

int serve(const Shell& shell) {
  Signals signals;
  SystemClock clock;
  auto reporter = make_logger(Level::kInfo, clock);
  auto settings = shell.settings();
  if (!settings.ok()) return shell.fail(settings.error());
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

void add_serve(CLI::App& app, Shell& shell) {
  auto* command = app.add_subcommand("serve", "Run the server");
  command->callback([&shell] { shell.run = [&shell] { return serve(shell); }; });
}

}  // namespace rapport
