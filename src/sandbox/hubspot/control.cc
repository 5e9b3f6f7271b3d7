#include "sandbox/hubspot/control.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/hubspot.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/oauth.h"
#include "sandbox/hubspot/refusal.h"
#include "sandbox/hubspot/show.h"
#include "sandbox/hubspot/troubles.h"
#include "sandbox/hubspot/values.h"

namespace rapport::sandbox {
namespace hubspot {
namespace {

Json show_end(const ObjectType& type, uint64_t id) {
  return Json::object().set("object", type.name).set("id", std::to_string(id));
}

void add_links(Json& list, Portal& portal, const ObjectType& type, uint64_t id) {
  for (const auto& [other, link] : portal.links.of(id)) {
    if (other < id) continue;  // shown from its other end
    Json types = Json::array();
    for (const AssociationType* way : link.ways)
      types.push_back(Json::object().set("category", way->category()).set("typeId", way->id));
    list.push_back(Json::object()
                       .set("from", show_end(type, id))
                       .set("to", show_end(*link.to_type, other))
                       .set("types", std::move(types)));
  }
}

}  // namespace

Json show_state(Portal& portal, Micros since) {
  Json objects = Json::object();
  Json associations = Json::array();
  for (const ObjectType& type : portal.schema.types()) {
    Json records = Json::array();
    for (const auto& [id, record] : portal.records.of(type)) {
      if (std::max(record.updated_at, record.archived_at.value_or(Micros{})) < since) continue;
      records.push_back(show_whole(record));
      add_links(associations, portal, type, id);
    }
    objects.set(type.name, std::move(records));
  }
  Json state = Json::object();
  state.set("objects", std::move(objects)).set("associations", std::move(associations));
  return state.set("at", format_time_micros(portal.now));
}

}  // namespace hubspot

namespace {

using namespace hubspot;

constexpr std::string_view kControl = "/__sandbox/";

HttpResponse problem(int status, std::string_view text) {
  return json_response(status, Json::object().set("error", text));
}

HttpResponse unknown_control() {
  return problem(404,
                 "known are GET effects, state, requests, clock and oauth; GET, POST and DELETE "
                 "faults; POST reset and lose_next");
}

}  // namespace

HttpResponse Hubspot::answer_control(const Call& call) {
  const std::string what = call.path.substr(kControl.size());
  if (call.method == "GET") return answer_control_get(call, what);
  if (call.method == "DELETE" && what == "faults") {
    faults_.clear();
    return {204, {}, {}};
  }
  if (call.method != "POST") return unknown_control();
  if (what == "faults") return arm_faults(call);
  if (what == "lose_next") return lose_next(call);
  if (what != "reset") return unknown_control();
  reset();
  return {204, {}, {}};
}

HttpResponse Hubspot::answer_control_get(const Call& call, std::string_view what) {
  const auto after = read_id(call.parameter("after").value_or("0"));
  if (!after) return problem(400, "after is not a number");
  if (what == "effects") return json_response(200, portal_->effects.after(*after));
  if (what == "state") {
    const auto since = parse_time(call.parameter("since").value_or("1970-01-01"));
    if (!since.ok()) return problem(400, "since is not a time such as 2026-03-02T09:00:00Z");
    return json_response(200, show_state(*portal_, *since));
  }
  if (what == "requests") return json_response(200, recorder_.after(*after));
  if (what == "faults") return json_response(200, faults_.show());
  if (what == "oauth") return json_response(200, oauth_->show());
  if (what == "clock")
    return json_response(200, Json::object()
                                  .set("now", format_time_micros(clock_.now()))
                                  .set("speed", options_.clock_speed));
  return unknown_control();
}

// The older and shorter way to ask for lost_response.
HttpResponse Hubspot::lose_next(const Call& call) {
  const int64_t count = std::max<int64_t>(0, call.body.integer("count", 1));
  const std::string prefix(call.body.text("path_prefix", "/"));
  Json order = Json::object();
  order.set("kind", name_of(FaultKind::kLostResponse)).set("count", count);
  order.set("path_prefix", prefix).set("writes_only", true).set("lose_next", true);
  faults_.clear_lose_next();
  if (count > 0)
    faults_.arm({{.kind = FaultKind::kLostResponse,
                  .order = std::move(order),
                  .path_prefix = prefix,
                  .left = count,
                  .applied = true,
                  .writes_only = true,
                  .armed_at = clock_.now()}});
  return json_response(200, Json::object().set("count", count).set("path_prefix", prefix));
}

HttpResponse Hubspot::arm_faults(const Call& call) {
  if (const Json* seed = call.body.find("seed")) {
    if (!seed->is_int()) return problem(400, "seed is not a whole number");
    faults_.seed(static_cast<uint64_t>(seed->as_int()));
  }
  auto faults = Faults::read(call.body, clock_.now());
  if (!faults) return problem(400, faults.error().message);
  for (ArmedFault& fault : *faults) {
    Result<void> done;
    if (fault.kind == FaultKind::kSchemaDrift) done = drift(*portal_, fault.order);
    if (fault.kind == FaultKind::kQuotaUsed) done = use_quota(fault.order);
    if (!done.ok()) return problem(400, done.error().message);
    if (fault.kind == FaultKind::kSchemaDrift || fault.kind == FaultKind::kQuotaUsed)
      fault.fired = 1;
  }
  faults_.arm(*std::move(faults));
  return json_response(200, faults_.show());
}

// Of one token of the options, or of all and of every installation.
Result<void> Hubspot::use_quota(const Json& order) {
  const int64_t calls = order.integer("calls");
  if (calls < 1) return invalid("calls must be at least 1", "calls");
  const std::string_view policy = order.text("policy", "TEN_SECONDLY_ROLLING");
  const int64_t only = order.integer("token", -1);
  bool known = false;
  const auto use = [&](const std::string& account, const std::vector<QuotaWindow>& windows) {
    for (const QuotaWindow& window : windows) {
      if (window.policy_name() != policy) continue;
      known = true;
      quota_.use(account, window, calls, moment());
    }
  };
  for (int64_t i = 0; i < static_cast<int64_t>(options_.tokens.size()); ++i)
    if (only < 0 || only == i) use(fmt::format("token {}", i), options_.quotas);
  const bool own = options_.app && !options_.app->quotas.empty();
  for (size_t i = 0; only < 0 && i < oauth_->grants(); ++i)
    use(fmt::format("grant {}", i), own ? options_.app->quotas : options_.quotas);
  if (!known) return invalid(fmt::format("no token has a window '{}'", policy), "policy");
  return {};
}

}  // namespace rapport::sandbox
