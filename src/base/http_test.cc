#include "base/http.h"

#include <gtest/gtest.h>

namespace rapport {
namespace {

TEST(Http, FindsTheFirstHeaderInAnyCase) {
  const Headers headers = {{"Content-Type", "a"}, {"X-Id", "1"}, {"x-id", "2"}};
  EXPECT_EQ(header(headers, "content-type"), "a");
  EXPECT_EQ(header(headers, "X-ID"), "1");
  EXPECT_EQ(header(headers, "x-i"), "");
}

}  // namespace
}  // namespace rapport
