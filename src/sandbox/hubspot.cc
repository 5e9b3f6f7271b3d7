#include "sandbox/hubspot.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/control.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"
#include "sandbox/hubspot/routes.h"
#include "sandbox/hubspot/values.h"

namespace rapport::sandbox {
namespace {

using namespace hubspot;

constexpr std::string_view kControl = "/__sandbox/";

Micros whole_millis(Micros instant) {
  return {instant.value - instant.value % 1000};
}

HttpResponse plain_page(int status, std::string_view title) {
  return {status,
          {{"Content-Type", "text/html;charset=utf-8"}},
          fmt::format("<html><head><title>Error {0} {1}</title></head>"
                      "<body><h2>HTTP ERROR {0} {1}</h2></body></html>",
                      status, title)};
}

HttpResponse refuse(Portal& portal, const Refusal& refusal) {
  const std::string correlation = portal.uuid();
  HttpResponse response = json_response(refusal.status, error_body(refusal, correlation));
  response.headers.emplace_back("X-HubSpot-Correlation-Id", correlation);
  return response;
}

// Constant until quotas are imitated. Search answers carry none, as the vendor's do not.
void add_quota_headers(const Call& call, Headers& headers) {
  if (!call.segments.empty() && call.segments.back() == "search") return;
  headers.emplace_back("X-HubSpot-RateLimit-Max", "190");
  headers.emplace_back("X-HubSpot-RateLimit-Remaining", "189");
  headers.emplace_back("X-HubSpot-RateLimit-Interval-Milliseconds", "10000");
  headers.emplace_back("X-HubSpot-RateLimit-Daily", "625000");
  headers.emplace_back("X-HubSpot-RateLimit-Daily-Remaining", "624999");
}

// The parsed body, or null for none.
Either<Json> read_body(const HttpRequest& request) {
  if (request.body.empty()) return Json();
  auto parsed = parse_json(request.body);
  if (!parsed) return bad_input("Invalid input JSON: " + parsed.error().message);
  const bool takes_list = request.method == "PUT";  // labels of one association
  if (!parsed->is_object() && !(takes_list && parsed->is_array()))
    return bad_input("Invalid input JSON: the body must be an object");
  return *std::move(parsed);
}

bool has_json_body(const HttpRequest& request) {
  if (request.body.empty() || request.method == "GET" || request.method == "DELETE") return true;
  const std::string_view type = header(request.headers, "content-type");
  return equals_ignoring_case(trim(type.substr(0, type.find(';'))), "application/json");
}

}  // namespace

Hubspot::Hubspot(SandboxOptions options, Clock& clock, Random& random)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      portal_(std::make_unique<Portal>(options_, random_, whole_millis(clock_.now()))) {}

Hubspot::~Hubspot() = default;

HttpResponse Hubspot::handle(const HttpRequest& request) {
  portal_->now = whole_millis(clock_.now());
  Call call = take_apart(request);
  const bool control = call.path.starts_with(kControl);
  if (!control && before_)
    if (auto answer = before_(request)) return *std::move(answer);
  if (!control)
    if (auto refusal = refuse_caller(call)) return *std::move(refusal);
  if (!control && !has_json_body(request)) return plain_page(415, "Unsupported Media Type");
  auto body = read_body(request);
  if (const Refusal* refusal = refusal_of(body)) return refuse(*portal_, *refusal);
  call.body = std::get<0>(std::move(body));
  if (control) return answer_control(call);

  const uint64_t effects_before = portal_->effects.last();
  portal_->effects.begin(call.method, call.path, portal_->now);
  HttpResponse response = answer_vendor(call);
  if (lose(call, effects_before)) return {kLostResponse, {}, {}};
  add_quota_headers(call, response.headers);
  return response;
}

std::optional<HttpResponse> Hubspot::refuse_caller(const Call& call) const {
  const bool known = std::any_of(
      options_.tokens.begin(), options_.tokens.end(),
      [&](const SandboxToken& token) { return equal_in_constant_time(token.token, call.token); });
  if (known) return std::nullopt;
  return refuse(*portal_,
                {.status = 401,
                 .message = "Authentication credentials not found. This API supports OAuth 2.0 "
                            "authentication and you can find more details at "
                            "https://developers.hubspot.com/docs/methods/auth/oauth-overview",
                 .category = "INVALID_AUTHENTICATION"});
}

HttpResponse Hubspot::answer_vendor(Call& call) {
  auto found = find_route(*portal_, call);
  if (const Refusal* refusal = refusal_of(found)) return refuse(*portal_, *refusal);
  const Route& route = std::get<0>(found);
  if (route.methods.empty()) return plain_page(404, "Not Found");
  if (!route.answer) {
    HttpResponse response = plain_page(405, "Method Not Allowed");
    response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(route.methods, ",")));
    return response;
  }
  const auto token =
      std::find_if(options_.tokens.begin(), options_.tokens.end(),
                   [&](const SandboxToken& each) { return each.token == call.token; });
  std::vector<std::string> missing;
  for (const std::string& scope : route.scopes)
    if (!token->scopes.empty() &&
        std::find(token->scopes.begin(), token->scopes.end(), scope) == token->scopes.end())
      missing.push_back(scope);
  if (!missing.empty()) return refuse(*portal_, missing_scopes(missing));
  auto answer = route.answer();
  if (const Refusal* refusal = refusal_of(answer)) return refuse(*portal_, *refusal);
  return std::get<0>(std::move(answer));
}

bool Hubspot::lose(const Call& call, uint64_t effects_before) {
  if (lose_count_ == 0 || portal_->effects.last() == effects_before ||
      !call.path.starts_with(lose_prefix_))
    return false;
  --lose_count_;
  portal_->effects.mark_lost();
  return true;
}

HttpResponse Hubspot::answer_control(const Call& call) {
  const std::string what = call.path.substr(kControl.size());
  if (what == "effects" && call.method == "GET") {
    const auto after = read_id(call.parameter("after").value_or("0"));
    if (!after) return json_response(400, Json::object().set("error", "after is not a number"));
    return json_response(200, portal_->effects.after(*after));
  }
  if (what == "state" && call.method == "GET") return json_response(200, show_state(*portal_));
  if (what == "reset" && call.method == "POST") {
    portal_ = std::make_unique<Portal>(options_, random_, whole_millis(clock_.now()));
    lose_count_ = 0;
    return {204, {}, {}};
  }
  if (what == "lose_next" && call.method == "POST") return lose_next(call);
  return json_response(
      404, Json::object().set("error",
                              "known are GET effects, GET state, POST reset and POST lose_next"));
}

HttpResponse Hubspot::lose_next(const Call& call) {
  lose_count_ = std::max<int64_t>(0, call.body.integer("count", 1));
  lose_prefix_ = call.body.text("path_prefix", "/");
  return json_response(200,
                       Json::object().set("count", lose_count_).set("path_prefix", lose_prefix_));
}

}  // namespace rapport::sandbox
