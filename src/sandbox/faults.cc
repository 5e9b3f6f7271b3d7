#include "sandbox/faults.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace rapport::sandbox {
namespace {

constexpr size_t kMostArmed = 1000;
constexpr int64_t kUntilCleared = -1;

// What `applied` may be: fixed by the kind, or its default.
enum class Applied { kNever, kAlways, kUsuallyNot, kUsually };

struct Kind {
  FaultKind kind;
  std::string_view name;
  Applied applied;
  int64_t usual_count;
  std::string_view fields;  // of its own, beside those of every kind
};

constexpr std::array<Kind, 19> kKinds = {{
    {FaultKind::kRateLimited, "rate_limited", Applied::kNever, 1, "retry_after until policy"},
    {FaultKind::kServerError, "server_error", Applied::kUsuallyNot, 1, "status body"},
    {FaultKind::kNoConnection, "no_connection", Applied::kNever, 1, ""},
    {FaultKind::kTimeoutBefore, "timeout_before", Applied::kNever, 1, ""},
    {FaultKind::kTimeoutAfter, "timeout_after", Applied::kAlways, 1, ""},
    {FaultKind::kSlowBody, "slow_body", Applied::kAlways, 1, "span_ms"},
    {FaultKind::kResetMidBody, "reset_mid_body", Applied::kAlways, 1, ""},
    {FaultKind::kLostResponse, "lost_response", Applied::kAlways, 1, "writes_only lose_next"},
    {FaultKind::kMalformedJson, "malformed_json", Applied::kUsually, 1, ""},
    {FaultKind::kTruncatedJson, "truncated_json", Applied::kUsually, 1, ""},
    {FaultKind::kHtmlOk, "html_ok", Applied::kUsually, 1, ""},
    {FaultKind::kPartialBatch, "partial_batch", Applied::kAlways, 1,
     "inputs share transient category message"},
    {FaultKind::kTokenExpired, "token_expired", Applied::kNever, kUntilCleared, ""},
    {FaultKind::kTokenRevoked, "token_revoked", Applied::kNever, kUntilCleared, ""},
    {FaultKind::kMissingScope, "missing_scope", Applied::kNever, kUntilCleared, "scope"},
    {FaultKind::kLocked, "locked", Applied::kNever, 1, ""},
    {FaultKind::kSearchLag, "search_lag", Applied::kNever, kUntilCleared, "lag_ms"},
    {FaultKind::kSchemaDrift, "schema_drift", Applied::kNever, kUntilCleared,
     "change object property type option"},
    {FaultKind::kQuotaUsed, "quota_used", Applied::kNever, kUntilCleared, "calls policy token"},
}};

constexpr std::string_view kFieldsOfAll = "kind count probability method path_prefix applied";

const Kind& kind_of(FaultKind kind) {
  return *std::find_if(kKinds.begin(), kKinds.end(),
                       [&](const Kind& known) { return known.kind == kind; });
}

// These do not befall single calls.
bool stands(FaultKind kind) {
  return kind == FaultKind::kSearchLag || kind == FaultKind::kSchemaDrift ||
         kind == FaultKind::kQuotaUsed;
}

bool needs_token(FaultKind kind) {
  return kind == FaultKind::kTokenExpired || kind == FaultKind::kTokenRevoked ||
         kind == FaultKind::kMissingScope;
}

bool names(std::string_view list, std::string_view word) {
  const auto words = split(list, ' ');
  return std::find(words.begin(), words.end(), word) != words.end();
}

Result<const Kind*> find_kind(const Json& order) {
  const std::string_view name = order.text("kind");
  for (const Kind& kind : kKinds)
    if (kind.name == name) return &kind;
  std::vector<std::string_view> known;
  for (const Kind& kind : kKinds) known.push_back(kind.name);
  return invalid(fmt::format("there is no fault '{}'; known: {}", name, fmt::join(known, ", ")),
                 "kind");
}

Result<void> check_fields(const Kind& kind, const Json& order) {
  for (const auto& member : order.as_object()) {
    const std::string key(member.first);
    if (!names(kFieldsOfAll, key) && !names(kind.fields, key))
      return invalid(fmt::format("fault {} has no field '{}'; it has {} {}", kind.name, key,
                                 kFieldsOfAll, kind.fields),
                     key);
  }
  if (const int64_t status = order.integer("status", 500); status < 500 || status > 599)
    return invalid("status must be between 500 and 599", "status");
  if (const std::string_view body = order.text("body", "json"); body != "json" && body != "html")
    return invalid("body must be json or html", "body");
  return {};
}

Result<std::optional<Micros>> read_until(const Json& order) {
  const Json* given = order.find("until");
  if (!given) return std::optional<Micros>();
  if (given->is_int()) return std::optional(millis(given->as_int()));
  if (!given->is_string()) return invalid("until must be an ISO 8601 time or epoch ms", "until");
  TRY_ASSIGN(const Micros until, parse_time(given->as_string()));
  return std::optional(until);
}

Result<ArmedFault> read_one(const Json& order, Micros now) {
  if (!order.is_object()) return invalid("a fault must be an object", "faults");
  TRY_ASSIGN(const Kind* kind, find_kind(order));
  TRY(check_fields(*kind, order));
  ArmedFault fault{.kind = kind->kind, .order = order, .armed_at = now};
  TRY_ASSIGN(fault.until, read_until(order));
  fault.method = order.text("method");
  fault.path_prefix = order.text("path_prefix", "/");
  if (const Json* given = order.find("probability")) {
    if (!given->is_number() || given->as_double() < 0 || given->as_double() > 1)
      return invalid("probability must be a number between 0 and 1", "probability");
    fault.probability = given->as_double();
  }
  const bool open_ended = fault.until || order.find("probability");
  fault.left = order.integer("count", open_ended ? kUntilCleared : kind->usual_count);
  if (fault.left < kUntilCleared) return invalid("count must not be negative", "count");
  fault.writes_only = order.flag("writes_only");
  fault.applied = order.flag(
      "applied", kind->applied == Applied::kAlways || kind->applied == Applied::kUsually);
  if ((kind->applied == Applied::kNever && fault.applied) ||
      (kind->applied == Applied::kAlways && !fault.applied))
    return invalid(fmt::format("fault {} cannot have applied: {}", kind->name, fault.applied),
                   "applied");
  return fault;
}

}  // namespace

std::string_view name_of(FaultKind kind) {
  return kind_of(kind).name;
}

Faults::Faults(Random& random) : state_(random.number()) {}

Result<std::vector<ArmedFault>> Faults::read(const Json& order, Micros now) {
  const Json* list = order.find("faults");
  if (!list || !list->is_array()) return invalid("faults must be a list", "faults");
  if (list->as_array().size() > kMostArmed)
    return invalid(fmt::format("at most {} faults can be armed", kMostArmed), "faults");
  std::vector<ArmedFault> faults;
  for (const Json& each : list->as_array()) {
    TRY_ASSIGN(ArmedFault fault, read_one(each, now));
    faults.push_back(std::move(fault));
  }
  return faults;
}

void Faults::arm(std::vector<ArmedFault> faults) {
  for (ArmedFault& fault : faults) armed_.push_back(std::move(fault));
  while (armed_.size() > kMostArmed) armed_.pop_front();
}

ArmedFault* Faults::choose(const FaultCall& call, Micros now) {
  for (ArmedFault& fault : armed_) {
    if (stands(fault.kind) || fault.left == 0) continue;
    if (fault.until && now >= *fault.until) continue;
    if (!fault.method.empty() && fault.method != call.method) continue;
    if (!call.path.starts_with(fault.path_prefix)) continue;
    if (fault.writes_only && !call.writes) continue;
    if (fault.kind == FaultKind::kPartialBatch && !call.batch) continue;
    if (needs_token(fault.kind) && !call.bearer) continue;
    // A token issued since then is another one: refreshing is the way out.
    if (fault.kind == FaultKind::kTokenExpired && call.token_issued_at > fault.armed_at) continue;
    if (roll(fault.probability)) return &fault;
  }
  return nullptr;
}

void Faults::fire(ArmedFault& fault) {
  ++fault.fired;
  if (fault.left > 0) --fault.left;
}

ArmedFault* Faults::standing(FaultKind kind) {
  const auto found = std::find_if(armed_.rbegin(), armed_.rend(),
                                  [&](const ArmedFault& fault) { return fault.kind == kind; });
  return found == armed_.rend() ? nullptr : &*found;
}

bool Faults::roll(double probability) {
  if (probability >= 1) return true;
  return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability;
}

// splitmix64: the same seed always gives the same troubles.
uint64_t Faults::next() {
  uint64_t z = state_ += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

void Faults::clear_lose_next() {
  std::erase_if(armed_, [](const ArmedFault& fault) { return fault.order.flag("lose_next"); });
}

Json Faults::show() const {
  Json list = Json::array();
  for (const ArmedFault& fault : armed_) {
    Json entry = fault.order;
    entry.set("applied", fault.applied).set("fired", fault.fired);
    entry.set("left", fault.left < 0 ? Json() : Json(fault.left));
    list.push_back(std::move(entry));
  }
  return Json::object().set("faults", std::move(list));
}

}  // namespace rapport::sandbox
