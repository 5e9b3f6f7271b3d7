// HTTP messages as values, and the two seams of the network: something that answers a request
// (our server's routes, a sandbox) and something that carries one out (libcurl, a simulation).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace rapport {

using Headers = std::vector<std::pair<std::string, std::string>>;  // names any case, order kept

// First header of that name (ASCII case-insensitive), or empty.
std::string_view header(const Headers& headers, std::string_view name);

struct HttpRequest {
  std::string method = "GET";
  std::string target;  // to a server: "/v1/batch?x=1"; to a transport: absolute URL
  Headers headers;
  std::string body;  // decoded: no transfer or content coding left
  std::string peer;  // server side: remote address, for logs and limits
};

struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;
};

// Answers one request. Must not throw; says what it does with threads where it is implemented.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual HttpResponse handle(const HttpRequest& request) = 0;
};

// Carries out one call and waits for the answer. Errors: kTimeout, kIo, kTooLarge, kForbidden
// (address not allowed). An error says nothing about whether the other side acted.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;
};

}  // namespace rapport
