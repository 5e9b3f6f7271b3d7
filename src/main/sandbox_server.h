// A sandbox behind an HTTP server of its own, which also carries out what goes wrong on the way:
// connections that close, answers that never come, come slowly or end in the middle.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/system.h"
#include "sandbox/sandbox.h"

namespace rapport {

// The machine's clock, `speed` times as fast from its making on.
class SpedClock final : public Clock {
 public:
  explicit SpedClock(double speed)
      : speed_(speed), wall_start_(real_.now()), monotonic_start_(real_.monotonic()) {}
  Micros now() const override { return sped(wall_start_, real_.now()); }
  Micros monotonic() const override { return sped(monotonic_start_, real_.monotonic()); }
  void sleep(Micros span) override {
    real_.sleep({static_cast<int64_t>(static_cast<double>(span.value) / speed_)});
  }

 private:
  Micros sped(Micros start, Micros instant) const {
    const auto since = static_cast<double>((instant - start).value);
    return {start.value + static_cast<int64_t>(since * speed_)};
  }
  SystemClock real_;
  double speed_;
  Micros wall_start_, monotonic_start_;
};

// One thread for each connection, so that a held or slow answer holds up nobody else; the sandbox
// sees one request at a time.
class SandboxServer {
 public:
  // Port 0 picks a free one. `options.clock_speed` is the clock's.
  static Result<std::unique_ptr<SandboxServer>> open(const std::string& vendor,
                                                     sandbox::SandboxOptions options,
                                                     const std::string& address, uint16_t port);
  explicit SandboxServer(double speed) : clock_(speed) {}
  ~SandboxServer();
  SandboxServer(const SandboxServer&) = delete;
  SandboxServer& operator=(const SandboxServer&) = delete;

  uint16_t port() const { return port_; }
  void run();   // until stop()
  void stop();  // any thread

 private:
  Result<void> listen(const std::string& address, uint16_t port);
  void welcome(int socket);
  void talk(int socket);  // on a thread of its own, until the connection ends
  HttpResponse answer(const HttpRequest& request);

  SpedClock clock_;
  SystemRandom random_;
  std::unique_ptr<HttpHandler> sandbox_;
  std::mutex sandbox_mutex_;
  int listener_ = -1;
  int wake_ = -1;  // readable from stop() on
  uint16_t port_ = 0;

  std::mutex mutex_;  // of what follows
  std::condition_variable all_closed_;
  std::set<int> sockets_;
};

}  // namespace rapport
