// A sandbox behind an HTTP server of its own.
#pragma once

#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/system.h"
#include "net/server.h"
#include "sandbox/sandbox.h"

namespace rapport {

class SandboxServer {
 public:
  // Port 0 picks a free one.
  static Result<std::unique_ptr<SandboxServer>> open(const std::string& vendor,
                                                     sandbox::SandboxOptions options,
                                                     const std::string& address, uint16_t port);
  uint16_t port() const { return http_->port(); }
  void run() { http_->run(); }    // until stop()
  void stop() { http_->stop(); }  // any thread

 private:
  // Answers on the server's thread: one request at a time, as the sandbox asks.
  class Service final : public net::Service {
   public:
    explicit Service(HttpHandler& sandbox) : sandbox_(sandbox) {}
    void serve(HttpRequest request, net::Respond respond) override {
      respond(sandbox_.handle(request));
    }
    void after_reads() override {}

   private:
    HttpHandler& sandbox_;
  };

  SystemClock clock_;
  SystemRandom random_;
  Metrics metrics_;
  std::unique_ptr<HttpHandler> sandbox_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<net::Server> http_;
};

}  // namespace rapport
