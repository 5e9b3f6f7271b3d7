#include "main/api_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "net/curl_transport.h"

namespace rapport {

namespace {

// Whoever runs a command names the server, so any address will do.
std::unique_ptr<Transport> any_address() {
  net::TransportOptions options;
  options.allowed_networks = {"0.0.0.0/0", "::/0"};
  options.total_time = minutes(30);  // a backup or a verification takes its time
  options.user_agent = "rapport-cli";
  return net::make_curl_transport(options);
}

Code code_of(int status) {
  switch (status) {
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kConflict;
    case 413:
    case 431:
      return Code::kTooLarge;
    case 429:
      return Code::kOverloaded;
    case 501:
      return Code::kUnsupported;
    case 503:
      return Code::kUnavailable;
    case 504:
      return Code::kTimeout;
    case 507:
      return Code::kDiskFull;
    default:
      return status >= 500 ? Code::kIo : Code::kInvalid;
  }
}

std::string_view advice(int status) {
  if (status == 401)
    return " (give a key with --key or RAPPORT_KEY; `rapport keys create` makes one)";
  return "";
}

}  // namespace

ApiClient::ApiClient(std::string url, std::string key)
    : ApiClient(std::move(url), std::move(key), any_address()) {}

ApiClient::ApiClient(std::string url, std::string key, std::unique_ptr<Transport> transport)
    : url_(std::move(url)), key_(std::move(key)), transport_(std::move(transport)) {
  while (url_.ends_with('/')) url_.pop_back();
}

Result<HttpResponse> ApiClient::send(std::string_view method, std::string_view path,
                                     std::string text) {
  HttpRequest request{std::string(method), url_ + std::string(path), {}, std::move(text), {}};
  if (!key_.empty()) request.headers.emplace_back("Authorization", "Bearer " + key_);
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  auto answer = transport_->send(request);
  if (answer.ok()) return answer;
  Error error = std::move(answer).error();
  while (error.message.ends_with('.')) error.message.pop_back();
  error.message = fmt::format(
      "no answer from {}: {}. Is the server running there? Name another with "
      "--url",
      url_, error.message);
  return error;
}

Result<Json> ApiClient::call(std::string_view method, std::string_view path, const Json& body) {
  TRY_ASSIGN(const auto response, send(method, path, body.is_null() ? "" : to_text(body)));
  if (response.status >= 400) return error_of(response);
  if (response.body.empty()) return Json();
  auto parsed = parse_json(response.body);
  if (!parsed.ok())
    return Error{Code::kIo,
                 fmt::format("{} did not answer with JSON: is that a Rapport server?", url_)};
  return parsed;
}

Error error_of(const HttpResponse& response) {
  Error error{code_of(response.status), fmt::format("the server answered {}", response.status)};
  if (response.status == 429 || response.status == 503) error.retryable = Retryable::kYes;
  if (const auto body = parse_json(response.body); body.ok() && !body->text("detail").empty()) {
    error.message = std::string(body->text("detail"));
    error.where = std::string(body->text("where"));
  }
  error.message += advice(response.status);
  return error;
}

Micros retry_after(const HttpResponse& response, Micros fallback) {
  const std::string_view text = trim(header(response.headers, "Retry-After"));
  int64_t n = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || wrong != std::errc() || end != text.data() + text.size()) return fallback;
  return std::clamp(seconds(n), Micros{0}, minutes(1));
}

}  // namespace rapport
