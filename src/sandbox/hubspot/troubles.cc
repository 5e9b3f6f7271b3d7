#include "sandbox/hubspot/troubles.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "sandbox/carriage.h"
#include "sandbox/hubspot/batch.h"
#include "sandbox/hubspot/values.h"
#include "sandbox/hubspot/writes.h"
#include "sandbox/sandbox.h"

namespace rapport::sandbox::hubspot {
namespace {

constexpr int64_t kUsualSpanMs = 30'000;

std::string_view title_of(int status) {
  switch (status) {
    case 200:
      return "Scheduled maintenance";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Internal Server Error";
  }
}

HttpResponse server_error(Portal& portal, const Json& order) {
  const int status = static_cast<int>(order.integer("status", 500));
  const std::string_view body = order.text("body", status == 500 ? "json" : "html");
  if (body == "html") return plain_page(status, title_of(status));
  return refuse(portal, {.status = status, .message = "internal error", .category = ""});
}

HttpResponse rate_limited(Portal& portal, const ArmedFault& fault) {
  HttpResponse response =
      too_many_calls(portal, fault.order.text("policy", "TEN_SECONDLY_ROLLING"));
  if (const Json* given = fault.order.find("retry_after"))
    response.headers.emplace_back("Retry-After", to_text(*given));
  return response;
}

Refusal locked() {
  return {.status = 423,
          .message = "The resource is locked by another process; try again in a moment.",
          .category = ""};
}

HttpResponse unreadable(FaultKind kind, HttpResponse answer) {
  if (kind == FaultKind::kHtmlOk) return plain_page(200, title_of(200));
  if (answer.body.size() < 2) answer.body = R"({"status":"COMPLETE"})";
  if (kind == FaultKind::kTruncatedJson)
    answer.body.resize(answer.body.size() / 2);
  else
    answer.body.insert(1, ",");
  if (answer.status == 204) answer.status = 200;  // with a body
  return answer;
}

bool is_refused(size_t index, const Json& order, Faults& dice) {
  const Json* chosen = order.find("inputs");
  if (!chosen || !chosen->is_array()) {
    const Json* share = order.find("share");
    return dice.roll(share && share->is_number() ? share->as_double() : 0.5);
  }
  const auto& list = chosen->as_array();
  return std::any_of(list.begin(), list.end(), [&](const Json& each) {
    return each.is_int() && each.as_int() == static_cast<int64_t>(index);
  });
}

Json refused_entry(const Json& input, const Json& order) {
  const bool transient = order.flag("transient", true);
  Refusal refusal{.message = std::string(order.text(
                      "message", transient ? "The record could not be written now; try again."
                                           : "The record cannot be written.")),
                  .category = std::string(
                      order.text("category", transient ? "RATE_LIMITS" : "VALIDATION_ERROR"))};
  refusal.context = Json::object();
  if (const std::string id = id_text(input.find("id")); !id.empty())
    refusal.context.set("ids", Json::Array{Json(id)});
  if (const auto trace = input.text("objectWriteTraceId"); !trace.empty())
    refusal.context.set("objectWriteTraceId", Json::Array{Json(trace)});
  return error_entry(refusal);
}

}  // namespace

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

Refusal unknown_credentials() {
  return {.status = 401,
          .message =
              "Authentication credentials not found. This API supports OAuth 2.0 "
              "authentication and you can find more details at "
              "https://developers.hubspot.com/docs/methods/auth/oauth-overview",
          .category = "INVALID_AUTHENTICATION"};
}

Refusal expired_credentials(Micros expired_at, Micros now) {
  const int64_t since = std::max<int64_t>(0, (now - expired_at).value / 1'000'000);
  const bool long_ago = since >= 3600;
  return {
      .status = 401,
      .message = fmt::format("The OAuth token used to make this call expired {} {} ago.",
                             long_ago ? since / 3600 : since, long_ago ? "hour(s)" : "second(s)"),
      .category = "EXPIRED_AUTHENTICATION",
      .context = context_of("expire time", {format_time(expired_at)})};
}

HttpResponse too_many_calls(Portal& portal, std::string_view policy) {
  const std::string correlation = portal.uuid();
  Json body = Json::object();
  body.set("status", "error");
  body.set("message", fmt::format("You have reached your {} limit.", ascii_lower(policy)));
  body.set("errorType", "RATE_LIMIT").set("correlationId", correlation);
  body.set("policyName", policy).set("requestId", portal.uuid());
  HttpResponse response = json_response(429, body);
  response.headers.emplace_back("X-HubSpot-Correlation-Id", correlation);
  return response;
}

HttpResponse answer_fault(Portal& portal, const ArmedFault& fault) {
  switch (fault.kind) {
    case FaultKind::kRateLimited:
      return rate_limited(portal, fault);
    case FaultKind::kNoConnection:
      return {kNoConnection, {}, {}};
    case FaultKind::kTimeoutBefore:
      return {kNoAnswer, {}, {}};
    case FaultKind::kTokenExpired:
      return refuse(portal, expired_credentials(fault.armed_at, portal.now));
    case FaultKind::kTokenRevoked:
      return refuse(portal, unknown_credentials());
    case FaultKind::kMissingScope:
      return refuse(
          portal,
          missing_scopes({std::string(fault.order.text("scope", "crm.objects.contacts.write"))}));
    case FaultKind::kLocked:
      return refuse(portal, locked());
    case FaultKind::kMalformedJson:
    case FaultKind::kTruncatedJson:
    case FaultKind::kHtmlOk:
      return unreadable(fault.kind, json_response(200, Json::object()));
    default:
      return server_error(portal, fault.order);
  }
}

HttpResponse spoil(Portal& portal, const ArmedFault& fault, HttpResponse answer) {
  switch (fault.kind) {
    case FaultKind::kServerError:
      return server_error(portal, fault.order);
    case FaultKind::kTimeoutAfter:
      return {kNoAnswer, {}, {}};
    case FaultKind::kLostResponse:
      return {kLostResponse, {}, {}};
    case FaultKind::kResetMidBody:
      return cut_answer(std::move(answer));
    case FaultKind::kSlowBody:
      return slow_answer(std::move(answer), millis(fault.order.integer("span_ms", kUsualSpanMs)));
    case FaultKind::kMalformedJson:
    case FaultKind::kTruncatedJson:
    case FaultKind::kHtmlOk:
      return unreadable(fault.kind, std::move(answer));
    default:
      return answer;
  }
}

bool hides_outcome(FaultKind kind) {
  return kind != FaultKind::kSlowBody && kind != FaultKind::kPartialBatch;
}

Json hold_back(Call& call, const ArmedFault& fault, Faults& dice) {
  Json entries = Json::array();
  const Json* inputs = call.body.find("inputs");
  if (!inputs || !inputs->is_array()) return entries;
  Json kept = Json::array();
  size_t index = 0;
  for (const Json& input : inputs->as_array()) {
    if (is_refused(index++, fault.order, dice))
      entries.push_back(refused_entry(input, fault.order));
    else
      kept.push_back(input);
  }
  call.body.set("inputs", std::move(kept));
  return entries;
}

HttpResponse add_errors(const Portal& portal, HttpResponse answer, const Json& entries) {
  if (entries.as_array().empty() || answer.status >= 300) return answer;
  Json results = Json::array();
  Json errors = entries;
  if (auto body = parse_json(answer.body); body.ok() && body->is_object()) {
    if (const Json* given = body->find("results")) results = *given;
    if (const Json* given = body->find("errors"); given && given->is_array())
      for (const Json& each : given->as_array()) errors.push_back(each);
  }
  HttpResponse partial = batch_response(portal, 207, std::move(results), std::move(errors));
  partial.headers = std::move(answer.headers);
  if (header(partial.headers, "content-type").empty())
    partial.headers.emplace_back("Content-Type", "application/json;charset=utf-8");
  return partial;
}

Result<void> drift(Portal& portal, const Json& order) {
  ObjectType* type = portal.schema.type(order.text("object"));
  if (!type) return invalid("object is no object type", "object");
  const std::string_view name = order.text("property");
  const auto found = type->properties.find(name);
  if (found == type->properties.end())
    return invalid(fmt::format("{} have no property '{}'", type->name, name), "property");
  const std::string_view change = order.text("change");
  Property& property = found->second;
  if (change == "change_type") {
    const std::string_view wanted = order.text("type");
    if (wanted.empty()) return invalid("change_type needs a type", "type");
    property.type = wanted;
    property.field_type = wanted == "enumeration" ? "select" : "text";
    return {};
  }
  if (change == "remove_option") {
    const std::string_view option = order.text("option");
    if (std::erase_if(property.choices, [&](const Choice& c) { return c.value == option; }) == 0)
      return invalid(fmt::format("{} has no option '{}'", name, option), "option");
    return {};
  }
  if (change != "remove_property")
    return invalid("change is remove_property, change_type or remove_option", "change");
  const std::string removed(name);
  portal.records.forget(*type, removed);
  type->properties.erase(found);
  return {};
}

}  // namespace rapport::sandbox::hubspot
