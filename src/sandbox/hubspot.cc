#include "sandbox/hubspot.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "sandbox/hubspot/batch.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/caller.h"
#include "sandbox/hubspot/oauth.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"
#include "sandbox/hubspot/routes.h"
#include "sandbox/hubspot/troubles.h"

namespace rapport::sandbox {
namespace {

using namespace hubspot;

constexpr std::string_view kControl = "/__sandbox/";
constexpr Micros kPortalMidnight = hours(-1);  // its time zone is an hour ahead of UTC

Micros whole_millis(Micros instant) {
  return {instant.value - instant.value % 1000};
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

bool is_search(const Call& call) {
  return !call.segments.empty() && call.segments.back() == "search";
}

bool is_oauth(const Call& call) {
  return !call.segments.empty() && call.segments.front() == "oauth";
}

bool is_batch(const Call& call) {
  return call.method == "POST" &&
         std::find(call.segments.begin(), call.segments.end(), "batch") != call.segments.end();
}

bool is_write(const Call& call) {
  return call.method != "GET" && !is_search(call) &&
         !(is_batch(call) && call.segments.back() == "read");
}

size_t inputs_of(const Json& body) {
  const Json* inputs = body.is_object() ? body.find("inputs") : nullptr;
  return inputs && inputs->is_array() ? inputs->as_array().size() : 0;
}

// Paths of the token endpoints hold a token.
std::string recorded_path(const Call& call) {
  if (!is_oauth(call) || call.segments.size() != 4) return call.path;
  return fmt::format("/oauth/{}/{}/*", call.segments[1], call.segments[2]);
}

}  // namespace

Result<std::vector<QuotaWindow>> hubspot_quotas(std::string_view plan) {
  using Counts = QuotaWindow::Counts;
  using Edge = QuotaWindow::Edge;
  const QuotaWindow search{5, seconds(1), "SECONDLY", Counts::kSearches};
  const auto windows = [&](int64_t ten_seconds, int64_t day) {
    return std::vector<QuotaWindow>{{ten_seconds, seconds(10), "TEN_SECONDLY_ROLLING"},
                                    {day, days(1), "DAILY", Counts::kAllCalls, Edge::kAligned},
                                    search};
  };
  if (plan == "none") return std::vector<QuotaWindow>{};
  if (plan == "professional") return windows(190, 625'000);
  if (plan == "free") return windows(100, 250'000);
  if (plan == "oauth")
    return std::vector<QuotaWindow>{{110, seconds(10), "TEN_SECONDLY_ROLLING"}, search};
  return invalid(fmt::format("there is no plan '{}'; known: professional, free, oauth, none", plan),
                 "quotas");
}

Hubspot::Hubspot(SandboxOptions options, Clock& clock, Random& random)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      faults_(random),
      quota_(kPortalMidnight),
      recorder_(options_.recorded_requests) {
  reset();
}

Hubspot::~Hubspot() = default;

void Hubspot::reset() {
  portal_ = std::make_unique<Portal>(options_, random_, whole_millis(clock_.now()));
  oauth_ = std::make_unique<OAuth>(options_.app, random_);
  faults_.clear();
  quota_.clear();
  recorder_.clear();
}

HttpResponse Hubspot::handle(const HttpRequest& request) {
  portal_->now = whole_millis(clock_.now());
  Call call = take_apart(request);
  if (call.path.starts_with(kControl)) {
    auto body = read_body(request);
    if (const Refusal* refusal = refusal_of(body)) return refuse(*portal_, *refusal);
    call.body = std::get<0>(std::move(body));
    return answer_control(call);
  }
  RecordedRequest record{.at = clock_.now(), .method = call.method, .path = recorded_path(call)};
  HttpResponse response = answer_vendor(call, request, record);
  recorder_.add(std::move(record));
  return response;
}

Caller Hubspot::find_caller(const std::string& token) const {
  int64_t index = 0;
  for (const SandboxToken& known : options_.tokens) {
    if (equal_in_constant_time(known.token, token))
      return {.index = index,
              .account = fmt::format("token {}", index),
              .scopes = known.scopes,
              .all_scopes = known.scopes.empty(),
              .quotas = &options_.quotas};
    ++index;
  }
  const OAuth::AccessToken* issued = oauth_->find(token);
  if (!issued) return {};
  const bool own = !options_.app->quotas.empty();
  return {.index = index + issued->index,
          .account = fmt::format("grant {}", issued->grant),
          .scopes = oauth_->scopes(*issued),
          .quotas = own ? &options_.app->quotas : &options_.quotas,
          .issued_at = issued->issued_at,
          .expires_at = issued->expires_at};
}

HttpResponse Hubspot::answer_vendor(Call& call, const HttpRequest& request,
                                    RecordedRequest& record) {
  const ArmedFault* lag = faults_.standing(FaultKind::kSearchLag);
  portal_->search_lag = lag ? millis(lag->order.integer("lag_ms")) : options_.search_lag;
  const Caller caller = find_caller(call.token);
  record.token = caller.index;
  ArmedFault* fault = faults_.choose({.method = call.method,
                                      .path = call.path,
                                      .writes = is_write(call),
                                      .batch = is_batch(call),
                                      .bearer = !is_oauth(call),
                                      .token_issued_at = caller.issued_at},
                                     clock_.now());
  if (fault && !fault->applied) {
    faults_.fire(*fault);
    record.fault = name_of(fault->kind);
    HttpResponse response = answer_fault(*portal_, *fault);
    record.status = std::max(0, response.status);
    return response;
  }
  const uint64_t effects_before = portal_->effects.last();
  portal_->effects.begin(call.method, call.path, portal_->now);
  HttpResponse response = answer_call(call, request, caller, record, fault);
  record.status = response.status;
  const bool wrote = portal_->effects.last() != effects_before;
  if (!fault || fault->kind == FaultKind::kPartialBatch || (fault->writes_only && !wrote))
    return response;
  faults_.fire(*fault);
  record.fault = name_of(fault->kind);
  if (hides_outcome(fault->kind) && wrote) portal_->effects.mark_lost();
  return spoil(*portal_, *fault, std::move(response));
}

HttpResponse Hubspot::answer_call(Call& call, const HttpRequest& request, const Caller& caller,
                                  RecordedRequest& record, ArmedFault* fault) {
  if (is_oauth(call)) return answer_oauth(call, request);
  if (!caller.known()) return refuse(*portal_, unknown_credentials());
  if (caller.expires_at && *caller.expires_at <= portal_->now)
    return refuse(*portal_, expired_credentials(*caller.expires_at, portal_->now));
  const CallKind kind = is_search(call) ? CallKind::kSearch : CallKind::kOther;
  if (const QuotaWindow* full = quota_.admit(caller.account, *caller.quotas, kind, moment())) {
    record.refused_for_quota = true;
    HttpResponse response = too_many_calls(*portal_, full->policy_name());
    add_quota_headers(call, caller, response.headers);
    return response;
  }
  if (!has_json_body(request)) return plain_page(415, "Unsupported Media Type");
  auto body = read_body(request);
  if (const Refusal* refusal = refusal_of(body)) return refuse(*portal_, *refusal);
  call.body = std::get<0>(std::move(body));
  record.inputs = inputs_of(call.body);
  const bool holds_back = fault && fault->kind == FaultKind::kPartialBatch;
  if (holds_back) record.fault = name_of(fault->kind);
  HttpResponse response =
      holds_back ? answer_batch(call, caller, fault) : answer_route(call, caller);
  add_quota_headers(call, caller, response.headers);
  return response;
}

HttpResponse Hubspot::answer_batch(Call& call, const Caller& caller, ArmedFault* fault) {
  faults_.fire(*fault);
  const Json entries = hold_back(call, *fault, faults_);
  if (inputs_of(call.body) == 0 && !entries.as_array().empty())
    return batch_response(*portal_, 207, Json::array(), entries);
  return add_errors(*portal_, answer_route(call, caller), entries);
}

HttpResponse Hubspot::answer_oauth(const Call& call, const HttpRequest& request) {
  const auto refresh = faults_.standing(FaultKind::kTokenRevoked) ? OAuth::Refresh::kRevoked
                                                                  : OAuth::Refresh::kWorks;
  if (auto answer = oauth_->answer(*portal_, call, request.body, refresh))
    return *std::move(answer);
  return plain_page(404, "Not Found");
}

HttpResponse Hubspot::answer_route(Call& call, const Caller& caller) {
  auto found = find_route(*portal_, call);
  if (const Refusal* refusal = refusal_of(found)) return refuse(*portal_, *refusal);
  const Route& route = std::get<0>(found);
  if (route.methods.empty()) return plain_page(404, "Not Found");
  if (!route.answer) {
    HttpResponse response = plain_page(405, "Method Not Allowed");
    response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(route.methods, ",")));
    return response;
  }
  std::vector<std::string> missing;
  for (const std::string& scope : route.scopes)
    if (!caller.all_scopes &&
        std::find(caller.scopes.begin(), caller.scopes.end(), scope) == caller.scopes.end())
      missing.push_back(scope);
  if (!missing.empty()) return refuse(*portal_, missing_scopes(missing));
  auto answer = route.answer();
  if (const Refusal* refusal = refusal_of(answer)) return refuse(*portal_, *refusal);
  return std::get<0>(std::move(answer));
}

// Search answers carry none, as the vendor's do not.
void Hubspot::add_quota_headers(const Call& call, const Caller& caller, Headers& headers) {
  if (is_search(call)) return;
  bool shown = false;
  for (const QuotaWindow& window : *caller.quotas) {
    if (window.counts == QuotaWindow::Counts::kSearches) continue;
    const std::string left = std::to_string(quota_.remaining(caller.account, window, moment()));
    if (window.policy_name() == "DAILY") {
      headers.emplace_back("X-HubSpot-RateLimit-Daily", std::to_string(window.calls));
      headers.emplace_back("X-HubSpot-RateLimit-Daily-Remaining", left);
    } else if (!std::exchange(shown, true)) {
      headers.emplace_back("X-HubSpot-RateLimit-Max", std::to_string(window.calls));
      headers.emplace_back("X-HubSpot-RateLimit-Remaining", left);
      headers.emplace_back("X-HubSpot-RateLimit-Interval-Milliseconds",
                           std::to_string(window.per.value / 1000));
    }
  }
}

}  // namespace rapport::sandbox
