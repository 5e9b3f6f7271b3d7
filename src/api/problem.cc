#include "api/problem.h"

namespace rapport::api {

int status_of(Code code) {
  switch (code) {
    case Code::kInvalid:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kForbidden:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kConflict:
      return 409;
    case Code::kTooLarge:
      return 413;
    case Code::kOverloaded:
      return 429;
    case Code::kUnsupported:
      return 501;
    case Code::kUnavailable:
      return 503;
    case Code::kTimeout:
      return 504;
    case Code::kDiskFull:
      return 507;
    case Code::kCorrupt:
    case Code::kIo:
      return 500;
  }
  BUG("unknown code");
}

namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

bool may_help_later(int status) {
  return status == 429 || status == 503 || status == 507;
}

}  // namespace

HttpResponse problem(int status, std::string_view title, std::string_view detail,
                     std::string_view code) {
  Json body = Json::object();
  body.set("type", "about:blank").set("title", title).set("status", status);
  body.set("detail", detail).set("code", code);
  HttpResponse response{status, {{"Content-Type", "application/problem+json"}}, to_text(body)};
  if (may_help_later(status)) response.headers.emplace_back("Retry-After", "1");
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"rapport\"");
  return response;
}

HttpResponse problem(const Error& error) {
  const int status = status_of(error.code);
  HttpResponse response = problem(status, title_of(status), error.message, name(error.code));
  if (!error.where.empty()) {
    Json body = Json::object();
    body.set("type", "about:blank").set("title", title_of(status)).set("status", status);
    body.set("detail", error.message).set("code", name(error.code)).set("where", error.where);
    response.body = to_text(body);
  }
  return response;
}

HttpResponse json_answer(const Json& body, int status) {
  return {status, {{"Content-Type", "application/json"}}, to_text(body)};
}

}  // namespace rapport::api
