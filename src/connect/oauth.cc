#include "connect/oauth.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"

namespace rapport::connect {
namespace {

constexpr Micros kToAnswer = minutes(10);
constexpr Micros kAhead = minutes(1);  // a token is replaced so long before it ends
constexpr size_t kMostPending = 100;
constexpr int64_t kUsualLife = 1800;  // seconds, where the vendor does not say

// 256 bits: as many as RFC 7636 §7.1 asks for.
std::string random_text(Random& random) {
  uint8_t bytes[32];
  random.fill(bytes);
  return to_base64url({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string body;
  for (const auto& [name, value] : fields) {
    if (!body.empty()) body += '&';
    body += std::string(name) + "=" + percent_encode(value);
  }
  return body;
}

Error authorise_again(std::string why) {
  return {Code::kUnauthenticated,
          std::move(why) + "; authorise the connection: rapport connections authorize ID"};
}

}  // namespace

OAuth::OAuth(OAuthSpec spec, std::string base_url, Client client, TokenStore store,
             Transport& transport, Clock& clock, Random& random)
    : spec_(std::move(spec)),
      base_url_(std::move(base_url)),
      client_(std::move(client)),
      store_(std::move(store)),
      transport_(transport),
      clock_(clock),
      random_(random) {}

Result<std::string> OAuth::begin() {
  TRY_ASSIGN(const OAuthClient client, client_());
  std::lock_guard lock(pending_mutex_);
  const Micros now = clock_.now();
  std::erase_if(pending_, [&](const auto& one) { return one.second.until <= now; });
  if (pending_.size() >= kMostPending)
    return Error{Code::kOverloaded, "too many authorisations are under way; try again later",
                 Retryable::kYes};
  const std::string state = random_text(random_);
  const std::string verifier = random_text(random_);
  pending_[state] = {verifier, now + kToAnswer};
  const Hash hash = sha256({verifier});
  const std::string query = form({{"client_id", client.client_id},
                                  {"redirect_uri", client.redirect_uri},
                                  {"scope", fmt::format("{}", fmt::join(spec_.scopes, " "))},
                                  {"response_type", "code"},
                                  {"state", state},
                                  {"code_challenge", to_base64url(bytes_of(hash))},
                                  {"code_challenge_method", "S256"}});
  return spec_.authorize_url + "?" + query;
}

bool OAuth::gave(std::string_view state) {
  std::lock_guard lock(pending_mutex_);
  const auto found = pending_.find(state);
  return found != pending_.end() && clock_.now() < found->second.until;
}

Result<void> OAuth::finish(std::string_view state, std::string_view code) {
  TRY_ASSIGN(const OAuthClient client, client_());
  std::string verifier;
  {
    std::lock_guard lock(pending_mutex_);
    const auto found = pending_.find(state);
    if (found == pending_.end() || found->second.until <= clock_.now())
      return invalid("this authorisation is not known or too old; begin again", "state");
    verifier = std::move(found->second.verifier);
    pending_.erase(found);
  }
  std::lock_guard lock(mutex_);
  return exchange(form({{"grant_type", "authorization_code"},
                        {"code", code},
                        {"redirect_uri", client.redirect_uri},
                        {"client_id", client.client_id},
                        {"client_secret", client.client_secret},
                        {"code_verifier", verifier}}));
}

// The vendor's answer may quote what was sent: nothing of it is told.
Result<void> OAuth::exchange(const std::string& body) {
  HttpRequest request;
  request.method = "POST";
  request.target = base_url_ + spec_.token_path;
  request.headers = {{"content-type", "application/x-www-form-urlencoded"},
                     {"accept", "application/json"}};
  request.body = body;
  TRY_ASSIGN(const HttpResponse answer, transport_.send(request));
  if (answer.status >= 400 && answer.status < 500 && answer.status != 429)
    return authorise_again(
        fmt::format("the vendor does not grant a token (status {})", answer.status));
  if (answer.status < 200 || answer.status > 299)
    return Error{Code::kUnavailable,
                 fmt::format("the vendor cannot grant a token now (status {})", answer.status),
                 Retryable::kYes};
  auto tokens = parse_json(answer.body);
  if (!tokens.ok() || tokens->text("access_token").empty())
    return Error{Code::kUnavailable, "the vendor's answer holds no token", Retryable::kYes};
  return keep(*tokens);
}

Result<void> OAuth::keep(const Json& answer) {
  const std::string refresh(answer.text("refresh_token", refresh_));
  const Micros expires = clock_.now() + seconds(answer.integer("expires_in", kUsualLife));
  Json kept = Json::object();
  kept.set("access_token", answer.text("access_token")).set("refresh_token", refresh);
  kept.set("expires_at", expires.value);
  TRY(store_.save(kept));
  access_ = std::string(answer.text("access_token"));
  refresh_ = refresh;
  expires_at_ = expires;
  loaded_ = true;
  return {};
}

Result<void> OAuth::load() {
  if (loaded_) return {};
  TRY_ASSIGN(const Json kept, store_.load());
  access_ = std::string(kept.text("access_token"));
  refresh_ = std::string(kept.text("refresh_token"));
  expires_at_ = Micros{kept.integer("expires_at")};
  loaded_ = true;
  return {};
}

Result<void> OAuth::refresh() {
  if (refresh_.empty()) return authorise_again("the connection was not authorised yet");
  TRY_ASSIGN(const OAuthClient client, client_());
  return exchange(form({{"grant_type", "refresh_token"},
                        {"client_id", client.client_id},
                        {"client_secret", client.client_secret},
                        {"refresh_token", refresh_}}));
}

Result<std::string> OAuth::access_token() {
  std::lock_guard lock(mutex_);
  TRY(load());
  if (access_.empty() || clock_.now() + kAhead >= expires_at_) TRY(refresh());
  return access_;
}

void OAuth::refused(std::string_view access_token) {
  std::lock_guard lock(mutex_);
  if (access_ == access_token) access_.clear();
}

}  // namespace rapport::connect
