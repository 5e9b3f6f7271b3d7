#include "base/plain_run.h"

#include <gtest/gtest.h>

#include <string>

namespace rapport {
namespace {

TEST(PlainRun, EndsAtTheFirstByteThatNeedsAnEscapeWhereverItStands) {
  for (size_t size = 0; size <= 70; ++size) {
    const std::string text(size, 'x');
    EXPECT_EQ(plain_run(text).size, size);
    for (const char special : {'"', '\\', '\0', '\n', '\x1f'}) {
      for (size_t at = 0; at < size; ++at) {
        std::string with = text;
        with[at] = special;
        EXPECT_EQ(plain_run(with).size, at) << "of " << size;
        with.back() = '"';
        EXPECT_EQ(plain_run(with).size, at) << "of " << size;
      }
    }
  }
}

TEST(PlainRun, GoesOnOverEveryOtherByteAndSaysWhichAreAboveAscii) {
  for (int c = 0; c < 256; ++c) {
    const auto byte = static_cast<char>(c);
    const bool ends = c < 0x20 || byte == '"' || byte == '\\';
    for (const size_t at : {0, 5, 15, 16, 17, 40}) {
      std::string text(41, 'x');
      text[at] = byte;
      EXPECT_EQ(plain_run(text).size, ends ? at : text.size()) << c;
      EXPECT_EQ(plain_run(text).wide, c >= 0x80) << c;
    }
  }
}

TEST(PlainRun, IsNotWideForWhatComesBehindIt) {
  EXPECT_FALSE(plain_run("plain\"\xC3\xA4 and more than sixteen bytes").wide);
  EXPECT_TRUE(plain_run("\xC3\xA4\" and more than sixteen bytes").wide);
}

}  // namespace
}  // namespace rapport
