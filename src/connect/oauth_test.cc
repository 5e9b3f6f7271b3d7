#include "connect/oauth.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "base/crypto.h"
#include "base/text.h"
#include "testing/fakes.h"

namespace rapport::connect {
namespace {

// Grants tokens, each with a new refresh token; the one before is refused from then on.
class Vendor final : public Transport {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    std::lock_guard lock(mutex);
    bodies.push_back(request.body);
    if (!trouble.ok()) return trouble.error();
    const bool refreshes = request.body.find("grant_type=refresh_token") != std::string::npos;
    if (refreshes &&
        request.body.find("refresh_token=r" + std::to_string(granted)) == std::string::npos)
      return HttpResponse{400, {}, R"({"status":"BAD_REFRESH_TOKEN"})"};
    ++granted;
    return HttpResponse{200,
                        {},
                        to_text(Json::object()
                                    .set("access_token", "a" + std::to_string(granted))
                                    .set("refresh_token", "r" + std::to_string(granted))
                                    .set("expires_in", 1800))};
  }
  std::mutex mutex;
  std::vector<std::string> bodies;
  Result<void> trouble;
  int granted = 0;
};

class OAuthTest : public testing::Test {
 protected:
  std::unique_ptr<OAuth> make() {
    return std::make_unique<OAuth>(
        OAuthSpec{"https://crm.example/authorize", "/token", {"read", "write all"}},
        "https://api.crm.example",
        [] { return Result<OAuthClient>(OAuthClient{"app", "s3cret", "https://us/callback"}); },
        TokenStore{[this] { return Result<Json>(kept); },
                   [this](const Json& tokens) -> Result<void> {
                     TRY(store);
                     kept = tokens;
                     return {};
                   }},
        vendor, clock, random);
  }
  static std::string parameter(const std::string& url, const std::string& name) {
    const size_t at = url.find(name + "=") + name.size() + 1;
    return url.substr(at, url.find('&', at) - at);
  }
  void authorise() {
    ASSERT_TRUE(oauth->finish(parameter(oauth->begin().value(), "state"), "code").ok());
  }

  Vendor vendor;
  ManualClock clock;
  SeededRandom random{1};
  Json kept;
  Result<void> store;
  std::unique_ptr<OAuth> oauth = make();
};

TEST_F(OAuthTest, SendsTheUserWithAChallengeAndTheVendorTheVerifier) {  // RFC 7636
  const std::string url = oauth->begin().value();
  EXPECT_TRUE(url.starts_with("https://crm.example/authorize?client_id=app&"));
  EXPECT_EQ(parameter(url, "redirect_uri"), "https%3A%2F%2Fus%2Fcallback");
  EXPECT_EQ(parameter(url, "scope"), "read%20write%20all");
  EXPECT_EQ(url.find("s3cret"), std::string::npos);
  ASSERT_TRUE(oauth->finish(parameter(url, "state"), "c/1").ok());
  const std::string& form = vendor.bodies.at(0);
  EXPECT_NE(form.find("code=c%2F1"), std::string::npos);
  const Hash hash = sha256({parameter(form, "code_verifier")});
  EXPECT_EQ(to_base64url(bytes_of(hash)), parameter(url, "code_challenge"));
  EXPECT_EQ(oauth->access_token().value(), "a1");
}

TEST_F(OAuthTest, TakesAStateOnceAndForTenMinutes) {
  const std::string first = parameter(oauth->begin().value(), "state");
  EXPECT_TRUE(oauth->gave(first));
  EXPECT_FALSE(oauth->gave("another"));
  EXPECT_EQ(oauth->finish("another", "code").error().code, Code::kInvalid);
  ASSERT_TRUE(oauth->finish(first, "code").ok());
  EXPECT_EQ(oauth->finish(first, "code").error().code, Code::kInvalid);
  const std::string late = parameter(oauth->begin().value(), "state");
  clock.advance(minutes(10));
  EXPECT_FALSE(oauth->gave(late));
  EXPECT_EQ(oauth->finish(late, "code").error().code, Code::kInvalid);
  EXPECT_EQ(vendor.bodies.size(), 1u);
}

TEST_F(OAuthTest, RefreshesBeforeTheTokenEndsAndNotSooner) {
  authorise();
  clock.advance(seconds(1700));
  EXPECT_EQ(oauth->access_token().value(), "a1");
  clock.advance(seconds(45));
  EXPECT_EQ(oauth->access_token().value(), "a2");
  EXPECT_EQ(vendor.bodies.size(), 2u);
}

TEST_F(OAuthTest, RefreshesOnceForAHundredThatWereRefused) {
  authorise();
  std::vector<std::thread> all;
  std::mutex mutex;
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    all.emplace_back([&] {
      oauth->refused("a1");
      const std::string token = oauth->access_token().value();
      std::lock_guard lock(mutex);
      tokens.insert(token);
    });
  }
  for (auto& one : all) one.join();
  EXPECT_EQ(tokens, std::set<std::string>{"a2"});
  EXPECT_EQ(vendor.granted, 2);
}

TEST_F(OAuthTest, AReplacedRefreshTokenIsDurableBeforeItsAccessTokenIsUsed) {
  authorise();
  store = Error{Code::kDiskFull, "no room"};
  oauth->refused("a1");
  EXPECT_EQ(oauth->access_token().error().code, Code::kDiskFull);
  EXPECT_EQ(kept.text("refresh_token"), "r1");
}

TEST_F(OAuthTest, GoesOnAfterARestart) {
  authorise();
  oauth = make();
  EXPECT_EQ(oauth->access_token().value(), "a1");
  clock.advance(hours(1));
  oauth = make();
  EXPECT_EQ(oauth->access_token().value(), "a2");
}

TEST_F(OAuthTest, SaysWhatToDoWhenTheAccessWasTakenBackAndWaitsWhenTheVendorIsDown) {
  EXPECT_EQ(oauth->access_token().error().code, Code::kUnauthenticated) << "not authorised yet";
  authorise();
  clock.advance(hours(1));
  vendor.trouble = Error{Code::kIo, "no connection", Retryable::kYes};
  EXPECT_EQ(oauth->access_token().error().code, Code::kIo);
  vendor.trouble = {};
  vendor.granted = 7;  // the refresh token we have is no longer the last one
  const Error refused = oauth->access_token().error();
  EXPECT_EQ(refused.code, Code::kUnauthenticated);
  EXPECT_NE(refused.message.find("rapport connections authorize"), std::string::npos);
  EXPECT_EQ(refused.message.find("r1"), std::string::npos);
}

}  // namespace
}  // namespace rapport::connect
