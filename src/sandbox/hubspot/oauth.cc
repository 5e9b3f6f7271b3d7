#include "sandbox/hubspot/oauth.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "sandbox/hubspot/refusal.h"
#include "sandbox/hubspot/troubles.h"

namespace rapport::sandbox::hubspot {
namespace {

constexpr Micros kCodeLifetime = minutes(10);
constexpr int64_t kUserId = 51000001;
constexpr int64_t kAppId = 1'234'567;
constexpr std::string_view kUser = "rosa@portal.example";

bool holds(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Json list_of(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

std::string with_parameters(std::string uri,
                            const std::vector<std::pair<std::string, std::string>>& parameters) {
  char mark = uri.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    uri += mark + name + "=" + percent_encode(value);
    mark = '&';
  }
  return uri;
}

HttpResponse redirect(const std::string& uri) {
  return {302, {{"Location", uri}}, {}};
}

// `&` of the link stands as it is: its other characters are percent-encoded.
HttpResponse consent_page(const Call& call) {
  std::string same = call.path + "?";
  for (const auto& [name, value] : call.query)
    same += percent_encode(name) + "=" + percent_encode(value) + "&amp;";
  return {200,
          {{"Content-Type", "text/html;charset=utf-8"}},
          fmt::format("<html><head><title>Choose a portal</title></head><body>"
                      "<h1>Choose a portal</h1><p><a href=\"{0}portal={1}\">Portal {1}</a></p>"
                      "<p><a href=\"{0}portal=none\">Cancel</a></p></body></html>",
                      same, kPortalId)};
}

std::string challenge_of(std::string_view verifier) {
  return to_base64url(bytes_of(sha256({verifier})));
}

}  // namespace

std::string OAuth::fresh_token(std::string_view kind) {
  uint8_t bytes[16];
  random_.fill(bytes);
  return fmt::format("{}-{}", kind, to_hex({reinterpret_cast<const char*>(bytes), sizeof bytes}));
}

std::optional<HttpResponse> OAuth::answer(Portal& portal, const Call& call, std::string_view form,
                                          Refresh refresh) {
  if (!app_) return std::nullopt;
  const auto& path = call.path;
  if (path == "/oauth/authorize" && call.method == "GET") return authorize(portal, call);
  if ((path == "/oauth/v1/token" || path == "/oauth/v3/token") && call.method == "POST") {
    Form fields;
    for (auto& [name, value] : read_pairs(form)) fields.insert_or_assign(name, value);
    return token(portal, fields, path == "/oauth/v3/token", refresh);
  }
  if (call.segments.size() != 4 || call.segments[1] != "v1") return std::nullopt;
  if (call.segments[2] == "access-tokens" && call.method == "GET")
    return show_access(portal, call.segments[3]);
  if (call.segments[2] == "refresh-tokens" && (call.method == "GET" || call.method == "DELETE"))
    return show_refresh(portal, call, call.segments[3]);
  return std::nullopt;
}

HttpResponse OAuth::authorize(const Portal& portal, const Call& call) {
  const auto given = [&](const char* name) { return call.parameter(name).value_or(""); };
  const std::string uri = given("redirect_uri");
  const bool known_uri = app_->redirect_uris.empty() ? uri.find("://") != std::string::npos
                                                     : holds(app_->redirect_uris, uri);
  if (given("client_id") != app_->client_id) return plain_page(400, "Unknown client_id");
  if (!known_uri) return plain_page(400, "Unknown redirect_uri");
  const std::string method = given("code_challenge_method");
  if (!given("code_challenge").empty() && method != "S256")
    return plain_page(400, "code_challenge_method must be S256");
  Code code{.redirect_uri = uri,
            .challenge = given("code_challenge"),
            .scopes = {},
            .expires_at = portal.now + kCodeLifetime};
  for (const char* name : {"scope", "optional_scope"}) {
    const std::string asked = given(name);
    for (const std::string_view scope : split(asked, ' ')) {
      if (scope.empty() || holds(code.scopes, scope)) continue;
      const bool allowed = app_->scopes.empty() || holds(app_->scopes, scope);
      if (!allowed && std::string_view(name) == "scope")
        return plain_page(400, "The app may not ask for one of these scopes");
      if (allowed) code.scopes.emplace_back(scope);
    }
  }
  if (app_->consent == Consent::kChosen && given("portal").empty()) return consent_page(call);
  const std::string state = given("state");
  if (given("portal") == "none")
    return redirect(with_parameters(uri, {{"error", "access_denied"}, {"state", state}}));
  const std::string text = fresh_token("code");
  codes_.emplace(text, std::move(code));
  return redirect(with_parameters(uri, {{"code", text}, {"state", state}}));
}

HttpResponse OAuth::refuse_token(Portal& portal, std::string_view code, std::string_view message) {
  ++refused_;
  const std::string correlation = portal.uuid();
  HttpResponse response = json_response(
      400,
      Json::object().set("status", code).set("message", message).set("correlationId", correlation));
  response.headers.emplace_back("X-HubSpot-Correlation-Id", correlation);
  return response;
}

HttpResponse OAuth::token(Portal& portal, const Form& form, bool third_version, Refresh refresh) {
  const auto given = [&](std::string_view name) {
    const auto found = form.find(name);
    return found == form.end() ? std::string() : found->second;
  };
  const std::string type = given("grant_type");
  if (type != "authorization_code" && type != "refresh_token")
    return refuse_token(portal, "BAD_GRANT_TYPE", "missing or unknown grant type");
  if (given("client_id") != app_->client_id)
    return refuse_token(portal, "BAD_CLIENT_ID", "missing or unknown client id");
  if (!equal_in_constant_time(given("client_secret"), app_->client_secret))
    return refuse_token(portal, "BAD_CLIENT_SECRET", "missing or invalid client secret");
  if (type == "authorization_code") return exchange(portal, form, third_version);
  if (refresh == Refresh::kRevoked)
    return refuse_token(portal, "BAD_REFRESH_TOKEN", "missing or unknown refresh token");
  return renew(portal, form, third_version);
}

HttpResponse OAuth::exchange(Portal& portal, const Form& form, bool third_version) {
  const auto text = form.find("code");
  const auto found = text == form.end() ? codes_.end() : codes_.find(text->second);
  if (found == codes_.end() || found->second.used)
    return refuse_token(portal, "BAD_AUTH_CODE", "missing or unknown auth code");
  Code& code = found->second;
  if (portal.now >= code.expires_at)
    return refuse_token(portal, "EXPIRED_AUTH_CODE", "the auth code has expired");
  const auto uri = form.find("redirect_uri");
  if (uri == form.end() || uri->second != code.redirect_uri)
    return refuse_token(portal, "MISMATCH_REDIRECT_URI_AUTH_CODE",
                        "redirect URI does not match the one the auth code was issued for");
  const auto verifier = form.find("code_verifier");
  if (!code.challenge.empty() &&
      (verifier == form.end() || challenge_of(verifier->second) != code.challenge))
    return refuse_token(portal, "BAD_CODE_VERIFIER", "missing or invalid code verifier");
  code.used = true;
  ++exchanges_;
  grants_.push_back({code.scopes, {fresh_token("refresh")}, 0});
  return issue(portal, grants_.size() - 1, third_version);
}

std::optional<std::pair<size_t, size_t>> OAuth::find_refresh(std::string_view token) const {
  for (size_t i = 0; i < grants_.size(); ++i) {
    const Grant& grant = grants_[i];
    for (size_t j = grant.first_good; j < grant.refresh_tokens.size(); ++j)
      if (equal_in_constant_time(grant.refresh_tokens[j], token)) return std::pair(i, j);
  }
  return std::nullopt;
}

HttpResponse OAuth::renew(Portal& portal, const Form& form, bool third_version) {
  const auto given = form.find("refresh_token");
  const auto found = given == form.end() ? std::nullopt : find_refresh(given->second);
  if (!found) return refuse_token(portal, "BAD_REFRESH_TOKEN", "missing or unknown refresh token");
  ++refreshes_;
  Grant& grant = grants_[found->first];
  if (app_->rotation == Rotation::kRotated) {
    // The one used is proof that its answer arrived: what came before it is over.
    grant.first_good = found->second;
    grant.refresh_tokens.push_back(fresh_token("refresh"));
  }
  return issue(portal, found->first, third_version);
}

HttpResponse OAuth::issue(const Portal& portal, size_t grant, bool third_version) {
  const std::string text = fresh_token("access");
  const AccessToken token{static_cast<int64_t>(access_.size()), grant, portal.now,
                          portal.now + app_->token_lifetime};
  access_.emplace(text, token);
  Json body = Json::object();
  body.set("token_type", "bearer").set("refresh_token", grants_[grant].refresh_tokens.back());
  body.set("access_token", text).set("expires_in", app_->token_lifetime.value / 1'000'000);
  if (third_version) {
    body.set("token_use", "access_token").set("hub_id", kPortalId).set("user_id", kUserId);
    body.set("scopes", list_of(grants_[grant].scopes));
  }
  return json_response(200, body);
}

const OAuth::AccessToken* OAuth::find(std::string_view token) const {
  const auto found = access_.find(token);
  return found == access_.end() ? nullptr : &found->second;
}

const std::vector<std::string>& OAuth::scopes(const AccessToken& token) const {
  return grants_[token.grant].scopes;
}

HttpResponse OAuth::show_access(Portal& portal, const std::string& text) {
  const AccessToken* token = find(text);
  if (!token || token->expires_at <= portal.now)
    return refuse(portal, {.status = 404, .message = "access token not found", .category = ""});
  Json body = Json::object();
  body.set("token", text).set("user", kUser).set("hub_domain", "portal.example");
  body.set("scopes", list_of(scopes(*token))).set("hub_id", kPortalId).set("app_id", kAppId);
  body.set("expires_in", (token->expires_at - portal.now).value / 1'000'000);
  return json_response(200, body.set("user_id", kUserId).set("token_type", "access"));
}

HttpResponse OAuth::show_refresh(Portal& portal, const Call& call, const std::string& text) {
  const auto found = find_refresh(text);
  if (!found)
    return refuse(portal, {.status = 404, .message = "refresh token not found", .category = ""});
  Grant& grant = grants_[found->first];
  if (call.method == "DELETE") {
    grant.first_good = grant.refresh_tokens.size();
    return {204, {}, {}};
  }
  Json body = Json::object();
  body.set("token", text).set("client_id", app_->client_id).set("user", kUser);
  body.set("hub_domain", "portal.example").set("scopes", list_of(grant.scopes));
  return json_response(
      200, body.set("hub_id", kPortalId).set("user_id", kUserId).set("token_type", "refresh"));
}

Json OAuth::show() const {
  std::vector<const AccessToken*> issued(access_.size());
  for (const auto& [text, token] : access_) issued[static_cast<size_t>(token.index)] = &token;
  Json tokens = Json::array();
  for (const AccessToken* token : issued)
    tokens.push_back(Json::object()
                         .set("grant", static_cast<int64_t>(token->grant))
                         .set("issued_at", format_time(token->issued_at))
                         .set("expires_at", format_time(token->expires_at))
                         .set("scopes", list_of(scopes(*token))));
  Json json = Json::object();
  json.set("refreshes", refreshes_).set("exchanges", exchanges_).set("refused", refused_);
  json.set("grants", static_cast<int64_t>(grants_.size()));
  return json.set("access_tokens", std::move(tokens));
}

}  // namespace rapport::sandbox::hubspot
