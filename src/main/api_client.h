// Calls the API of a Rapport server, as the commands of the program do.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/http.h"
#include "base/json.h"

namespace rapport {

class ApiClient {
 public:
  // `url`: "http://localhost:8080", without a path.
  ApiClient(std::string url, std::string key);
  ApiClient(std::string url, std::string key, std::unique_ptr<Transport> transport);
  // The answer's body as JSON, null when it has none. A problem document becomes its error, with
  // what to do next; so does a server that cannot be reached.
  Result<Json> call(std::string_view method, std::string_view path, const Json& body = {});
  // The answer as it is; an error only when there is none. `text` is sent as JSON.
  Result<HttpResponse> send(std::string_view method, std::string_view path, std::string text);
  const std::string& url() const { return url_; }

 private:
  std::string url_, key_;
  std::unique_ptr<Transport> transport_;
};

// The error that an answer with a status from 400 on stands for.
Error error_of(const HttpResponse& response);
// Seconds of Retry-After, else `fallback`; at most a minute.
Micros retry_after(const HttpResponse& response, Micros fallback);

}  // namespace rapport
