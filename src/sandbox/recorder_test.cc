#include "sandbox/recorder.h"

#include <gtest/gtest.h>

namespace rapport::sandbox {
namespace {

TEST(Recorder, KeepsTheNewestAndCountsAll) {
  Recorder recorder(3);
  for (int i = 1; i <= 5; ++i)
    recorder.add({.method = "GET",
                  .path = "/" + std::to_string(i),
                  .status = i == 2 ? 429 : 200,
                  .refused_for_quota = i == 2});
  const Json all = recorder.after(0);
  ASSERT_EQ(all.find("requests")->as_array().size(), 3u);
  EXPECT_EQ(all.find("requests")->as_array()[0].integer("n"), 3);
  EXPECT_EQ(all.integer("last"), 5);
  EXPECT_EQ(all.integer("refused_for_quota"), 1);
  const Json rest = recorder.after(4);
  ASSERT_EQ(rest.find("requests")->as_array().size(), 1u);
  EXPECT_EQ(rest.find("requests")->as_array()[0].text("path"), "/5");
  EXPECT_TRUE(recorder.after(99).find("requests")->as_array().empty());
}

}  // namespace
}  // namespace rapport::sandbox
