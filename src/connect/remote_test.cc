#include "connect/remote.h"

#include <gtest/gtest.h>

#include "connect/request.h"
#include "testing/fakes.h"

namespace rapport::connect {
namespace {

class FixedTransport final : public Transport {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    last = request;
    return answer;
  }
  Result<HttpResponse> answer = HttpResponse{};
  HttpRequest last;
};

Manifest acme() {
  Manifest manifest;
  manifest.title = "Acme";
  manifest.secret = "access_token";
  manifest.base_url = "https://api.acme.example/";
  manifest.answer_bytes = 100;
  manifest.error_field = {"errors.0.field"};
  manifest.error_permission = {"scope"};
  ErrorRule duplicate{.statuses = {409}, .error = ErrorClass::kDuplicate};
  duplicate.existing_path = "message";
  duplicate.existing_after = "Existing ID: ";
  manifest.errors.push_back(duplicate);
  ErrorRule gone{.statuses = {400}, .error = ErrorClass::kNotFound};
  gone.path = "category";
  gone.is = "GONE";
  manifest.errors.push_back(gone);
  manifest.identity.path = "/me";
  manifest.account = "account.id";
  return manifest;
}

struct RemoteTest : ::testing::Test {
  Reply call(int status, std::string body, Headers headers = {}) {
    transport.answer = HttpResponse{status, std::move(headers), std::move(body)};
    return remote.call({}, "test");
  }
  ErrorClass error(int status, std::string body = "{}") {
    return call(status, std::move(body)).failure.value().error;
  }

  const Manifest manifest = acme();
  FixedTransport transport;
  ManualClock clock;
  Metrics metrics;
  Remote remote{manifest,
                "",
                "crm",
                transport,
                [](std::string_view) { return Result<std::string>("s3cret"); },
                std::make_shared<QuotaLedger>(QuotaSpec{}, clock),
                clock,
                metrics};
};

TEST_F(RemoteTest, SendsTheSecretAsBearerTokenAndNowhereElse) {
  ASSERT_FALSE(call(200, "{}").failure.has_value());
  EXPECT_EQ(header(transport.last.headers, "authorization"), "Bearer s3cret");
  EXPECT_EQ(metrics.prometheus().find("s3cret"), std::string::npos);
}

TEST_F(RemoteTest, TellsErrorClassesApart) {  // BO-91
  EXPECT_EQ(error(401), ErrorClass::kAuthentication);
  EXPECT_EQ(error(403), ErrorClass::kPermission);
  EXPECT_EQ(error(404, "<html>"), ErrorClass::kNotFound);
  EXPECT_EQ(error(423), ErrorClass::kLocked);
  EXPECT_EQ(error(429), ErrorClass::kRateLimit);
  EXPECT_EQ(error(400), ErrorClass::kQuota) << "not sent: the remote has just said it is too much";
  clock.advance(seconds(10));
  EXPECT_EQ(error(400), ErrorClass::kInvalid);
  EXPECT_EQ(error(400, R"({"category":"GONE"})"), ErrorClass::kNotFound);
  EXPECT_EQ(error(500), ErrorClass::kUnavailable);
  EXPECT_EQ(error(302), ErrorClass::kMalformed);
  EXPECT_EQ(error(200, "not json"), ErrorClass::kMalformed);
  EXPECT_EQ(error(200, std::string(101, ' ')), ErrorClass::kMalformed);
  transport.answer = Error{Code::kTimeout, "slow"};
  EXPECT_EQ(remote.call({}, "test").failure->error, ErrorClass::kNetwork);
}

TEST_F(RemoteTest, ReadsTheOtherIdOfADuplicate) {
  const Reply reply = call(409, R"j({"message":"There is one. Existing ID: 3401 (archived)"})j");
  EXPECT_EQ(reply.failure->existing_id, "3401");
  EXPECT_EQ(call(409, R"({"message":"There is one."})").failure->existing_id, "");
}

TEST_F(RemoteTest, TakesOnlyNamesOutOfErrorBodies) {
  const Reply named = call(400, R"({"errors":[{"field":"first_name"}]})");
  EXPECT_EQ(explain(*named.failure, manifest),
            "Acme refuses the property first_name; check its value and the mapping");
  const Reply quoting = call(400, R"({"errors":[{"field":"Ana <ana@acme.example>"}]})");
  EXPECT_EQ(explain(*quoting.failure, manifest),
            "Acme refuses the record (status 400); check its fields and the mapping");
  EXPECT_EQ(explain(*call(403, R"({"scope":"notes.write"})").failure, manifest),
            "Acme denies the permission notes.write; give it to the token");
}

TEST_F(RemoteTest, UnderstandsRetryAfter) {  // C1
  const Micros now = ManualClock::kStart;    // 2026-03-02T09:00:00Z
  EXPECT_EQ(read_retry_after("120", now), seconds(120));
  EXPECT_EQ(read_retry_after("Mon, 02 Mar 2026 09:01:30 GMT", now), seconds(90));
  EXPECT_EQ(read_retry_after("Mon, 02 Mar 2026 08:00:00 GMT", now), Micros{});
  EXPECT_EQ(read_retry_after("315360000", now), hours(1));
  EXPECT_EQ(read_retry_after("99999999999999999999999", now), hours(1));
  for (const char* odd : {"", "soon", "-5", "1.5", "Mon, 02 Xxx 2026 09:01:30 GMT"}) {
    EXPECT_EQ(read_retry_after(odd, now), Micros{}) << odd;
  }
  EXPECT_EQ(call(429, "{}", {{"Retry-After", "7"}}).failure->retry_after, seconds(7));
}

TEST_F(RemoteTest, SaysWhoseAccountItIs) {  // KU-81
  transport.answer = HttpResponse{200, {}, R"({"account":{"id":77}})"};
  EXPECT_EQ(*remote_account(manifest, remote), "77");
  EXPECT_EQ(transport.last.target, "https://api.acme.example/me");
  transport.answer = HttpResponse{401, {}, "{}"};
  EXPECT_EQ(remote_account(manifest, remote).error().message,
            "Acme does not accept the credentials; set a valid 'access_token' for this connection");
}

}  // namespace
}  // namespace rapport::connect
