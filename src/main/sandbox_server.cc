#include "main/sandbox_server.h"

namespace rapport {

Result<std::unique_ptr<SandboxServer>> SandboxServer::open(const std::string& vendor,
                                                           sandbox::SandboxOptions options,
                                                           const std::string& address,
                                                           uint16_t port) {
  auto made = std::make_unique<SandboxServer>();
  TRY_ASSIGN(made->sandbox_,
             sandbox::make_sandbox(vendor, std::move(options), made->clock_, made->random_));
  made->service_ = std::make_unique<Service>(*made->sandbox_);
  net::ServerOptions http;
  http.address = address;
  http.port = port;
  http.max_body_bytes = 16 << 20;
  TRY_ASSIGN(made->http_, net::Server::listen(http, *made->service_, made->metrics_));
  return made;
}

}  // namespace rapport
