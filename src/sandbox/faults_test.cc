#include "sandbox/faults.h"

#include <gtest/gtest.h>

#include "testing/fakes.h"

namespace rapport::sandbox {
namespace {

constexpr FaultCall kPost{.method = "POST", .path = "/crm/v3/objects/contacts", .writes = true};
constexpr FaultCall kGet{.method = "GET", .path = "/crm/v3/objects/deals"};

class FaultsTest : public ::testing::Test {
 protected:
  void arm(const char* text) { faults.arm(Faults::read(parse_json(text).value(), now).value()); }
  std::string wrong(const char* text) {
    const auto read = Faults::read(parse_json(text).value(), now);
    return read.ok() ? "" : read.error().message;
  }
  // The kind that befalls the call, which then counts.
  std::string next(const FaultCall& call) {
    ArmedFault* fault = faults.choose(call, now);
    if (!fault) return "";
    faults.fire(*fault);
    return std::string(name_of(fault->kind));
  }

  Micros now = seconds(1'000'000);
  SeededRandom random{1};
  Faults faults{random};
};

TEST_F(FaultsTest, FireOnceInOrderUnlessACountSaysOtherwise) {
  arm(R"({"faults":[{"kind":"locked","count":2},{"kind":"server_error"}]})");
  EXPECT_EQ(next(kPost), "locked");
  EXPECT_EQ(next(kPost), "locked");
  EXPECT_EQ(next(kPost), "server_error");
  EXPECT_EQ(next(kPost), "");
  const Json shown = faults.show();
  EXPECT_EQ(shown.at_path("faults")->as_array()[0].integer("fired"), 2);
  EXPECT_EQ(shown.at_path("faults")->as_array()[0].integer("left", -1), 0);
}

TEST_F(FaultsTest, LookAtMethodAndPath) {
  arm(R"({"faults":[{"kind":"locked","method":"GET","path_prefix":"/crm/v3/objects/deals"}]})");
  EXPECT_EQ(next(kPost), "");
  EXPECT_EQ(next({.method = "GET", .path = "/crm/v3/objects/contacts"}), "");
  EXPECT_EQ(next(kGet), "locked");
}

TEST_F(FaultsTest, AProbabilityIsTheSameForTheSameSeed) {
  std::string first;
  for (int run = 0; run < 2; ++run) {
    faults.clear();
    faults.seed(42);
    arm(R"({"faults":[{"kind":"no_connection","probability":0.3}]})");
    std::string fates;
    for (int i = 0; i < 200; ++i) fates += next(kGet).empty() ? '.' : 'x';
    const auto hits = std::count(fates.begin(), fates.end(), 'x');
    EXPECT_GT(hits, 35);
    EXPECT_LT(hits, 85);
    if (run == 0) first = fates;
    EXPECT_EQ(fates, first);
  }
}

TEST_F(FaultsTest, UntilEndsByItself) {
  arm(R"({"faults":[{"kind":"rate_limited","until":1000005000}]})");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(next(kGet), "rate_limited");
  now = now + millis(4'999);
  EXPECT_EQ(next(kGet), "rate_limited");
  now = now + millis(1);
  EXPECT_EQ(next(kGet), "");
}

TEST_F(FaultsTest, TokensStayExpiredUntilClearedButNotNewOnes) {
  arm(R"({"faults":[{"kind":"token_expired"}]})");
  FaultCall call = kGet;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(next(call), "token_expired");
  call.token_issued_at = now + seconds(1);
  EXPECT_EQ(next(call), "");
  call = kGet;
  call.bearer = false;
  EXPECT_EQ(next(call), "");
  faults.clear();
  EXPECT_EQ(next(kGet), "");
}

TEST_F(FaultsTest, BatchesAndWritesAreToldApart) {
  arm(R"({"faults":[{"kind":"partial_batch"},{"kind":"lost_response","writes_only":true}]})");
  EXPECT_EQ(next(kGet), "");
  EXPECT_EQ(next(kPost), "lost_response");
  FaultCall batch = kPost;
  batch.batch = true;
  EXPECT_EQ(next(batch), "partial_batch");
}

TEST_F(FaultsTest, RefuseOrdersThatMeanNothing) {
  EXPECT_NE(wrong(R"({})"), "");
  EXPECT_NE(wrong(R"({"faults":[1]})"), "");
  EXPECT_NE(wrong(R"({"faults":[{"kind":"flood"}]})").find("known: rate_limited"),
            std::string::npos);
  EXPECT_NE(wrong(R"({"faults":[{"kind":"locked","retry_after":3}]})").find("retry_after"),
            std::string::npos);
  for (const char* bad :
       {R"("kind":"locked","count":-2)", R"("kind":"locked","probability":1.5)",
        R"("kind":"server_error","status":404)", R"("kind":"server_error","body":"xml")",
        R"("kind":"timeout_after","applied":false)", R"("kind":"no_connection","applied":true)",
        R"("kind":"rate_limited","until":"soon")"})
    EXPECT_NE(wrong((std::string(R"({"faults":[{)") + bad + "}]}").c_str()), "") << bad;
  EXPECT_EQ(wrong(R"({"faults":[{"kind":"html_ok","applied":false}]})"), "");
}

}  // namespace
}  // namespace rapport::sandbox
