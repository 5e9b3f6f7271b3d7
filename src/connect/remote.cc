#include "connect/remote.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "connect/request.h"

namespace rapport::connect {
namespace {

constexpr Micros kLongestRetryAfter = hours(1);
constexpr Micros kMomentForQuota = millis(250);  // longer waits are the caller's to arrange

// Only what looks like a name leaves an error body.
std::string name_at(const Json& body, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    std::string text = text_at(body, path);
    const bool name = !text.empty() && text.size() <= 80 &&
                      std::all_of(text.begin(), text.end(), [](unsigned char c) {
                        return std::isalnum(c) || c == '_' || c == '-' || c == '.';
                      });
    if (name) return text;
  }
  return {};
}

ErrorClass usual_class(int status) {
  switch (status) {
    case 401:
      return ErrorClass::kAuthentication;
    case 403:
      return ErrorClass::kPermission;
    case 404:
    case 410:
      return ErrorClass::kNotFound;
    case 409:
      return ErrorClass::kDuplicate;
    case 423:
      return ErrorClass::kLocked;
    case 429:
      return ErrorClass::kRateLimit;
    case 408:
      return ErrorClass::kUnavailable;
    default:
      break;
  }
  // An entry of an answer that was good otherwise, which no rule knows: nothing is certain.
  if (status >= 500 || (status >= 200 && status < 300)) return ErrorClass::kUnavailable;
  return status >= 300 && status < 400 ? ErrorClass::kMalformed : ErrorClass::kInvalid;
}

std::string id_after(std::string_view text, std::string_view before) {
  const size_t start = text.find(before);
  if (start == text.npos) return {};
  text.remove_prefix(start + before.size());
  size_t length = 0;
  while (length < text.size() && length < 64 &&
         (std::isalnum(static_cast<unsigned char>(text[length])) || text[length] == '-')) {
    ++length;
  }
  return std::string(text.substr(0, length));
}

bool fits(const ErrorRule& rule, int status, const Json& body) {
  if (std::find(rule.statuses.begin(), rule.statuses.end(), status) == rule.statuses.end()) {
    return false;
  }
  return rule.path.empty() || text_at(body, rule.path) == rule.is;
}

// "Tue, 03 Mar 2026 09:00:00 GMT"
std::optional<Micros> read_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const size_t month = kMonths.find(text.substr(8, 3));
  if (month == kMonths.npos || month % 3 != 0) return std::nullopt;
  const std::string iso = fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month / 3 + 1,
                                      text.substr(5, 2), text.substr(17, 8));
  const Result<Micros> instant = parse_time(iso);
  return instant.ok() ? std::optional(*instant) : std::nullopt;
}

}  // namespace

bool may_have_applied(const Failure& failure) {
  return failure.error == ErrorClass::kUnavailable || failure.error == ErrorClass::kNetwork ||
         failure.error == ErrorClass::kMalformed;
}

bool stops_connection(const Failure& failure) {
  return failure.error == ErrorClass::kAuthentication || failure.error == ErrorClass::kPermission;
}

bool was_not_sent(const Failure& failure) {
  return failure.error == ErrorClass::kQuota;
}

bool stops_all(const Failure& failure) {
  return failure.error == ErrorClass::kAuthentication;
}

bool is_transient(const Failure& failure) {
  return may_have_applied(failure) || was_not_sent(failure) ||
         failure.error == ErrorClass::kRateLimit || failure.error == ErrorClass::kLocked;
}

std::string explain(const Failure& failure, const Manifest& manifest) {
  const std::string& title = manifest.title;
  switch (failure.error) {
    case ErrorClass::kAuthentication:
      if (!failure.next_step.empty()) return title + ": " + failure.next_step;
      return fmt::format("{} does not accept the credentials; set a valid '{}' for this connection",
                         title, manifest.secret);
    case ErrorClass::kPermission:
      if (failure.permission == "address") return title + ": " + failure.next_step;
      return failure.permission.empty()
                 ? fmt::format("{} denies a permission; give the token the rights it needs", title)
                 : fmt::format("{} denies the permission {}; give it to the token", title,
                               failure.permission);
    case ErrorClass::kRateLimit:
      return title + " limits the rate; sending goes on by itself";
    case ErrorClass::kQuota:
      if (!failure.next_step.empty())
        return "the use of the quota cannot be kept, so nothing is sent: " + failure.next_step;
      return "the calls that " + title + " permits are used up; sending goes on by itself";
    case ErrorClass::kLocked:
      return title + " holds the record locked; it is tried again";
    case ErrorClass::kUnavailable:
      return fmt::format("{} is not available (status {}); it is tried again", title,
                         failure.status);
    case ErrorClass::kNetwork:
      return failure.next_step.empty() ? title + " did not answer; it is tried again"
                                       : fmt::format("{} cannot be reached: {} It is tried again.",
                                                     title, failure.next_step);
    case ErrorClass::kMalformed:
      return title + " answered in an unknown form; it is tried again";
    case ErrorClass::kNotFound:
      return title + " no longer has the record; restore or merge it there";
    case ErrorClass::kDuplicate:
      return title + " has the record under another id";
    case ErrorClass::kInvalid:
      break;
  }
  return failure.field.empty()
             ? fmt::format("{} refuses the record (status {}); check its fields and the mapping",
                           title, failure.status)
             : fmt::format("{} refuses the property {}; check its value and the mapping", title,
                           failure.field);
}

Failure read_failure(const Manifest& manifest, int status, const Json& body) {
  Failure failure{.error = usual_class(status), .status = status};
  failure.field = name_at(body, manifest.error_field);
  failure.permission = name_at(body, manifest.error_permission);
  if (!manifest.quotas.policy_path.empty())
    failure.policy = name_at(body, {manifest.quotas.policy_path});
  for (const ErrorRule& rule : manifest.errors) {
    if (!fits(rule, status, body)) continue;
    failure.error = rule.error;
    if (!rule.existing_path.empty()) {
      failure.existing_id = id_after(text_at(body, rule.existing_path), rule.existing_after);
    }
    break;
  }
  return failure;
}

Micros read_retry_after(std::string_view header, Micros now) {
  const std::string_view text = trim(header);
  int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  Micros wait;
  if (error == std::errc() && stop == text.data() + text.size()) {
    wait = seconds(std::clamp<int64_t>(number, 0, 3600));
  } else if (error == std::errc::result_out_of_range) {
    wait = kLongestRetryAfter;
  } else if (const auto date = read_http_date(text)) {
    wait = *date - now;
  }
  return std::clamp(wait, Micros{}, kLongestRetryAfter);
}

Remote::Remote(const Manifest& manifest, std::string base_url, std::string connection,
               Transport& transport, Secret secret, std::shared_ptr<QuotaLedger> ledger,
               Clock& clock, Metrics& metrics, SecretRefused secret_refused)
    : manifest_(manifest),
      base_url_(base_url.empty() ? manifest.base_url : std::move(base_url)),
      connection_(std::move(connection)),
      transport_(transport),
      secret_(std::move(secret)),
      secret_refused_(std::move(secret_refused)),
      ledger_(std::move(ledger)),
      clock_(clock),
      metrics_(metrics) {
  while (base_url_.ends_with('/')) base_url_.pop_back();
}

Reply Remote::read(const HttpResponse& response) const {
  Reply reply{.status = response.status};
  const Failure malformed{.error = ErrorClass::kMalformed, .status = response.status};
  const bool good = response.status >= 200 && response.status < 300;
  const bool large = response.body.size() > manifest_.answer_bytes;
  if (!large && !trim(response.body).empty()) {
    Result<Json> body = parse_json(response.body);
    if (body.ok()) reply.body = std::move(body).value();
    if (!body.ok() && good) reply.failure = malformed;
  }
  if (large && good) reply.failure = malformed;
  if (!good) reply.failure = read_failure(manifest_, response.status, reply.body);
  if (reply.failure) {
    reply.failure->retry_after =
        read_retry_after(header(response.headers, "retry-after"), clock_.now());
  }
  return reply;
}

std::optional<Failure> Remote::wait_for_quota(std::string_view quota) {
  for (Micros waited;;) {
    const Result<Micros> wait = ledger_->take(quota, urgency_);
    // Where the store of the quota cannot be written nothing may be sent: look again soon.
    if (!wait.ok())
      return Failure{.error = ErrorClass::kQuota,
                     .retry_after = seconds(5),
                     .next_step = wait.error().message};
    if (*wait == Micros{}) return std::nullopt;
    waited = waited + *wait;
    if (waited > kMomentForQuota) {
      return Failure{.error = ErrorClass::kQuota, .retry_after = *wait};
    }
    clock_.sleep(*wait);
  }
}

Reply Remote::send(HttpRequest request, std::string_view quota) {
  const Result<HttpResponse> response = transport_.send(request);
  ledger_->done(quota, response.ok() ? &*response : nullptr);
  if (response.ok()) {
    Reply reply = read(*response);
    if (reply.failure && reply.failure->error == ErrorClass::kRateLimit)
      ledger_->refused(quota, reply.failure->retry_after, reply.failure->policy);
    return reply;
  }
  const bool refused_here = response.error().code == Code::kForbidden;
  Failure failure{.error = refused_here ? ErrorClass::kPermission : ErrorClass::kNetwork};
  if (refused_here) failure.permission = "address";
  failure.next_step = response.error().message;  // of the transport: names the host, no more
  if (response.error().code == Code::kTooLarge) failure.error = ErrorClass::kMalformed;
  return Reply{.failure = std::move(failure)};
}

Reply Remote::send_with_secret(const HttpRequest& request, std::string_view quota,
                               std::string& used) {
  const Result<std::string> secret = secret_(manifest_.secret);
  if (!secret.ok()) {
    give_back(quota);
    // Where it cannot be had at the moment nothing is wrong with it.
    const bool ours = secret.error().code == Code::kUnauthenticated;
    return Reply{.failure =
                     Failure{.error = ours ? ErrorClass::kAuthentication : ErrorClass::kNetwork,
                             .next_step = ours ? secret.error().message : ""}};
  }
  used = *secret;
  HttpRequest signed_one = request;
  signed_one.headers.emplace_back("authorization", "Bearer " + used);
  return send(std::move(signed_one), quota);
}

// A refused write was not made: it can be sent again.
Reply Remote::call_admitted(HttpRequest request, std::string_view operation,
                            std::string_view quota) {
  std::string used;
  Reply reply = send_with_secret(request, quota, used);
  const bool refused = reply.failure && reply.failure->error == ErrorClass::kAuthentication;
  if (refused && !used.empty() && secret_refused_ && secret_refused_(used)) {
    count(operation, reply);
    if (!wait_for_quota(quota)) reply = send_with_secret(request, quota, used);
  }
  count(operation, reply);
  return reply;
}

Reply Remote::call(HttpRequest request, std::string_view operation, std::string_view quota) {
  if (auto failure = wait_for_quota(quota)) {
    Reply reply{.failure = std::move(failure)};
    count(operation, reply);
    return reply;
  }
  return call_admitted(std::move(request), operation, quota);
}

void Remote::count(std::string_view operation, const Reply& reply) {
  const std::string_view outcome = reply.failure ? name(reply.failure->error) : "ok";
  metrics_
      .counter("rapport_remote_calls_total", "Calls to connected systems by what came of them.",
               fmt::format("connection=\"{}\",operation=\"{}\",outcome=\"{}\"", connection_,
                           operation, outcome))
      .add();
}

Result<std::string> remote_account(const Manifest& manifest, Remote& remote) {
  const Reply reply =
      remote.call(fill_request(manifest.identity, {}, {}, remote.base_url()), "identity");
  if (reply.failure) {
    const Code code =
        stops_connection(*reply.failure) ? Code::kUnauthenticated : Code::kUnavailable;
    return Error{code, explain(*reply.failure, manifest)};
  }
  std::string account = text_at(reply.body, manifest.account);
  if (account.empty()) {
    return Error{Code::kUnavailable, manifest.title + " did not say whose account this is"};
  }
  return account;
}

}  // namespace rapport::connect
