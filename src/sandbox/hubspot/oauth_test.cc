#include "sandbox/hubspot/oauth.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "sandbox/hubspot_caller.h"
#include "testing/fakes.h"

namespace rapport::sandbox {
namespace {

constexpr const char* kBack = "https://rapport.example/back";
// The pair of RFC 7636, appendix B.
constexpr const char* kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr const char* kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

class OAuthTest : public ::testing::Test, protected HubspotCaller {
 protected:
  OAuthTest() { begin({}); }
  void begin(SandboxApp app) {
    app.client_id = "client";
    app.client_secret = "secret";
    app.redirect_uris = {kBack};
    SandboxOptions options = open_options();
    options.app = std::move(app);
    start(std::move(options), clock, random);
  }
  std::string consent_target(const std::string& more = "") {
    return std::string("/oauth/authorize?client_id=client&redirect_uri=") + percent_encode(kBack) +
           "&scope=crm.objects.contacts.read&state=s%201" + more;
  }
  std::string code(const std::string& more = "") {
    const HttpResponse answer = call("GET", consent_target(more));
    EXPECT_EQ(answer.status, 302) << answer.body;
    const std::string to(header(answer.headers, "location"));
    EXPECT_TRUE(to.starts_with(std::string(kBack) + "?code=")) << to;
    EXPECT_TRUE(to.ends_with("&state=s%201")) << to;
    const size_t start = to.find("code=") + 5;
    return to.substr(start, to.find('&') - start);
  }
  HttpResponse token(const std::string& form, const std::string& secret = "secret") {
    HttpRequest request;
    request.method = "POST";
    request.target = "/oauth/v1/token";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "client_id=client&client_secret=" + secret + "&" + form;
    return hubspot->handle(request);
  }
  HttpResponse exchange(const std::string& text, const std::string& more = "") {
    return token("grant_type=authorization_code&redirect_uri=" + percent_encode(kBack) +
                 "&code=" + text + more);
  }
  HttpResponse refresh(const std::string& text) {
    return token("grant_type=refresh_token&refresh_token=" + text);
  }
  static std::string field(const HttpResponse& response, const char* name) {
    const auto body = parse_json(response.body);
    return body.ok() ? std::string(body->text(name)) : "";
  }
  int contacts(const std::string& access) {
    return call("GET", "/crm/v3/objects/contacts", "", access).status;
  }
  ManualClock clock;
  SeededRandom random{1};
};

TEST_F(OAuthTest, AConsentBecomesATokenOnce) {
  const std::string text = code();
  const HttpResponse first = exchange(text);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(parse_json(first.body)->integer("expires_in"), 1800);
  const std::string access = field(first, "access_token");
  EXPECT_EQ(contacts(access), 200);
  EXPECT_EQ(call("POST", "/crm/v3/objects/contacts", R"({"properties":{}})", access).status, 403);
  EXPECT_EQ(exchange(text).status, 400);
  EXPECT_EQ(field(exchange(text), "status"), "BAD_AUTH_CODE");
}

TEST_F(OAuthTest, ChecksCodeVerifiers) {
  const std::string challenged =
      std::string("&code_challenge_method=S256&code_challenge=") + kChallenge;
  EXPECT_EQ(field(exchange(code(challenged)), "status"), "BAD_CODE_VERIFIER");
  EXPECT_EQ(exchange(code(challenged), "&code_verifier=wrong").status, 400);
  EXPECT_EQ(exchange(code(challenged), std::string("&code_verifier=") + kVerifier).status, 200);
  EXPECT_EQ(call("GET", consent_target("&code_challenge=x&code_challenge_method=plain")).status,
            400);
}

TEST_F(OAuthTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(field(token("grant_type=refresh_token&refresh_token=x"), "status"),
            "BAD_REFRESH_TOKEN");
  EXPECT_EQ(field(token("grant_type=password"), "status"), "BAD_GRANT_TYPE");
  EXPECT_EQ(field(token("grant_type=refresh_token", "guess"), "status"), "BAD_CLIENT_SECRET");
  EXPECT_EQ(
      field(token("grant_type=authorization_code&redirect_uri=https://x.example&code=" + code()),
            "status"),
      "MISMATCH_REDIRECT_URI_AUTH_CODE");
  const std::string late = code();
  clock.advance(minutes(10));
  EXPECT_EQ(field(exchange(late), "status"), "EXPIRED_AUTH_CODE");
  EXPECT_EQ(call("GET", "/oauth/authorize?client_id=other&redirect_uri=x").status, 400);
  EXPECT_EQ(call("GET", "/oauth/authorize?client_id=client&redirect_uri=https://x.example").status,
            400);
  const Json counts = expect(200, "GET", "/__sandbox/oauth");
  EXPECT_EQ(counts.integer("refused"), 5);
  EXPECT_EQ(counts.integer("exchanges"), 0);
}

TEST_F(OAuthTest, AnExpiredTokenIsRefusedAndRefreshed) {
  const HttpResponse first = exchange(code());
  clock.advance(seconds(1800) - millis(1));
  EXPECT_EQ(contacts(field(first, "access_token")), 200);
  clock.advance(millis(1));
  const HttpResponse refused =
      call("GET", "/crm/v3/objects/contacts", "", field(first, "access_token"));
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(field(refused, "category"), "EXPIRED_AUTHENTICATION");
  const HttpResponse second = refresh(field(first, "refresh_token"));
  ASSERT_EQ(second.status, 200);
  EXPECT_EQ(field(second, "refresh_token"), field(first, "refresh_token"));
  EXPECT_EQ(contacts(field(second, "access_token")), 200);
  EXPECT_EQ(expect(200, "GET", "/__sandbox/oauth").integer("refreshes"), 1);
}

TEST_F(OAuthTest, ARotatedTokenIsRefusedOnceItsSuccessorWasUsed) {
  begin({.rotation = Rotation::kRotated});
  const std::string first = field(exchange(code()), "refresh_token");
  const std::string second = field(refresh(first), "refresh_token");
  EXPECT_NE(second, first);
  const std::string again = field(refresh(first), "refresh_token");  // the answer had been lost
  EXPECT_NE(again, "");
  EXPECT_EQ(refresh(again).status, 200);
  EXPECT_EQ(field(refresh(first), "status"), "BAD_REFRESH_TOKEN");
}

TEST_F(OAuthTest, APageAsksForThePortal) {
  begin({.consent = Consent::kChosen});
  const HttpResponse page = call("GET", consent_target());
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("portal=24680135"), std::string::npos);
  EXPECT_EQ(exchange(code("&portal=24680135")).status, 200);
  const HttpResponse denied = call("GET", consent_target("&portal=none"));
  EXPECT_NE(header(denied.headers, "location").find("?error=access_denied&state="),
            std::string::npos);
}

TEST_F(OAuthTest, TokensTellWhoTheyAre) {
  const HttpResponse first = exchange(code());
  const std::string access = field(first, "access_token");
  const Json shown = expect(200, "GET", "/oauth/v1/access-tokens/" + access);
  EXPECT_EQ(shown.integer("hub_id"), 24'680'135);
  EXPECT_EQ(shown.find("scopes")->as_array().size(), 1u);
  EXPECT_EQ(call("GET", "/oauth/v1/access-tokens/none").status, 404);
  const std::string path = "/oauth/v1/refresh-tokens/" + field(first, "refresh_token");
  EXPECT_EQ(expect(200, "GET", path).text("client_id"), "client");
  expect(204, "DELETE", path);
  EXPECT_EQ(refresh(field(first, "refresh_token")).status, 400);
  const std::string recorded =
      call("GET", "/__sandbox/requests").body + call("GET", "/__sandbox/oauth").body;
  EXPECT_EQ(recorded.find(access), std::string::npos);
  EXPECT_NE(recorded.find("/oauth/v1/access-tokens/*"), std::string::npos);
}

TEST_F(OAuthTest, FaultsReachItToo) {
  const HttpResponse first = exchange(code());
  expect(200, "POST", "/__sandbox/faults", R"({"faults":[{"kind":"token_expired"}]})");
  EXPECT_EQ(contacts(field(first, "access_token")), 401);
  clock.advance(millis(1));
  EXPECT_EQ(contacts(field(refresh(field(first, "refresh_token")), "access_token")), 200);
  expect(200, "POST", "/__sandbox/faults", R"({"faults":[{"kind":"token_revoked"}]})");
  EXPECT_EQ(field(refresh(field(first, "refresh_token")), "status"), "BAD_REFRESH_TOKEN");
}

TEST_F(OAuthTest, EachInstallationHasItsOwnQuota) {
  begin({.quotas = {{1, seconds(10)}}});
  const std::string one = field(exchange(code()), "access_token");
  const HttpResponse other = exchange(code());
  EXPECT_EQ(contacts(one), 200);
  EXPECT_EQ(contacts(one), 429);
  EXPECT_EQ(contacts(field(other, "access_token")), 200);
  EXPECT_EQ(contacts(field(refresh(field(other, "refresh_token")), "access_token")), 429);
}

TEST_F(OAuthTest, IsAbsentWithoutAnApp) {
  start(open_options(), clock, random);
  EXPECT_EQ(call("GET", consent_target()).status, 404);
  EXPECT_EQ(refresh("x").status, 404);
}

}  // namespace
}  // namespace rapport::sandbox
