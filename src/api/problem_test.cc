#include "api/problem.h"

#include <gtest/gtest.h>

namespace rapport::api {
namespace {

TEST(Problem, SaysWhatIsWrongAndWhere) {
  const auto answer = problem(invalid("limit must be a number", "limit"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(header(answer.headers, "Content-Type"), "application/problem+json");
  const Json body = parse_json(answer.body).value();
  EXPECT_EQ(body.text("type"), "about:blank");
  EXPECT_EQ(body.text("title"), "Bad Request");
  EXPECT_EQ(body.integer("status"), 400);
  EXPECT_EQ(body.text("detail"), "limit must be a number");
  EXPECT_EQ(body.text("code"), "invalid");
  EXPECT_EQ(body.text("where"), "limit");
}

TEST(Problem, HasNoWhereWhenTheErrorNamesNone) {
  const Json body = parse_json(problem(not_found("there is no contact x")).body).value();
  EXPECT_EQ(body.find("where"), nullptr);
}

TEST(Problem, EveryCodeHasAnErrorStatus) {
  for (int code = 0; code <= static_cast<int>(Code::kUnsupported); ++code) {
    const int status = status_of(static_cast<Code>(code));
    EXPECT_GE(status, 400);
    EXPECT_LE(status, 599);
    EXPECT_NE(name(static_cast<Code>(code)), "");
  }
  EXPECT_EQ(status_of(Code::kOverloaded), 429);
  EXPECT_EQ(status_of(Code::kDiskFull), 507);
}

TEST(Problem, TellsWhenTryingAgainCanHelp) {
  for (Code code : {Code::kOverloaded, Code::kUnavailable, Code::kDiskFull})
    EXPECT_FALSE(header(problem({code, "x"}).headers, "Retry-After").empty()) << name(code);
  for (Code code : {Code::kInvalid, Code::kNotFound, Code::kConflict, Code::kTimeout})
    EXPECT_TRUE(header(problem({code, "x"}).headers, "Retry-After").empty()) << name(code);
}

TEST(Problem, AsksForAKeyWhereOneIsMissing) {
  EXPECT_FALSE(header(problem({Code::kUnauthenticated, "x"}).headers, "WWW-Authenticate").empty());
  EXPECT_TRUE(header(problem({Code::kForbidden, "x"}).headers, "WWW-Authenticate").empty());
}

}  // namespace
}  // namespace rapport::api
