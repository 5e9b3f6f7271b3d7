#include "sandbox/sandbox.h"

#include <gtest/gtest.h>

#include "testing/fakes.h"

namespace rapport::sandbox {
namespace {

SandboxOptions options_with(const std::string& token) {
  SandboxOptions options;
  options.tokens = {{token}};
  return options;
}

TEST(Sandbox, KnowsItsVendorsAndSaysSoForOthers) {
  ManualClock clock;
  SeededRandom random(1);
  for (const std::string_view vendor : sandbox_vendors())
    EXPECT_TRUE(make_sandbox(vendor, options_with("t"), clock, random).ok()) << vendor;
  const auto unknown = make_sandbox("nimbus", options_with("t"), clock, random);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message, "there is no sandbox 'nimbus'; known: hubspot");
}

TEST(Sandbox, AsksForATokenAndALagThatIsNotNegative) {
  ManualClock clock;
  SeededRandom random(1);
  EXPECT_EQ(make_sandbox("hubspot", {}, clock, random).error().where, "tokens");
  EXPECT_EQ(make_sandbox("hubspot", options_with(""), clock, random).error().where, "tokens");
  SandboxOptions early = options_with("t");
  early.search_lag = seconds(-1);
  EXPECT_EQ(make_sandbox("hubspot", early, clock, random).error().where, "search_lag");
}

}  // namespace
}  // namespace rapport::sandbox
