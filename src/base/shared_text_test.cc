#include "base/shared_text.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

namespace rapport {
namespace {

const std::string kFifteen(15, 'x');
const std::string kSixteen(16, 'x');

bool shared(const SharedText& a, const SharedText& b) {
  return a.view().data() == b.view().data();
}

TEST(SharedText, KeepsTextOfAnyLength) {
  for (size_t size : {0, 1, 7, 8, 14, 15, 16, 17, 100, 100'000}) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text += static_cast<char>(i * 7);
    const SharedText kept(text);
    EXPECT_EQ(kept.view(), text);
    EXPECT_EQ(kept.size(), size);
    EXPECT_EQ(kept.empty(), size == 0);
  }
  EXPECT_EQ(SharedText().view(), "");
  EXPECT_TRUE(SharedText().empty());
  EXPECT_EQ(sizeof(SharedText), 16U);
}

TEST(SharedText, IsInPlaceUpToFifteenBytesAndSharedFromSixteenOn) {
  const SharedText fifteen(kFifteen), sixteen(kSixteen);
  const SharedText fifteen_copy(fifteen), sixteen_copy(sixteen);
  EXPECT_FALSE(shared(fifteen_copy, fifteen));
  EXPECT_TRUE(shared(sixteen_copy, sixteen));
  EXPECT_EQ(fifteen_copy.view(), kFifteen);
  EXPECT_EQ(sixteen_copy.view(), kSixteen);
  EXPECT_TRUE(fifteen_copy.same_cell(SharedText(kFifteen)));
  EXPECT_TRUE(sixteen_copy.same_cell(sixteen));
  EXPECT_FALSE(sixteen_copy.same_cell(SharedText(kSixteen)));
}

TEST(SharedText, OutlivesWhatItWasCopiedFrom) {
  for (const std::string& text : {kFifteen, kSixteen}) {
    SharedText copy;
    {
      SharedText first(text);
      copy = first;
      first = SharedText("another text, and a long one");
    }
    EXPECT_EQ(copy.view(), text);
    copy = *&copy;
    EXPECT_EQ(copy.view(), text);
  }
}

TEST(SharedText, IsEmptyWhenMovedFrom) {
  for (const std::string& text : {std::string(), std::string("a"), kFifteen, kSixteen}) {
    SharedText from(text);
    const SharedText to(std::move(from));
    EXPECT_EQ(to.view(), text);
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is what is promised
    EXPECT_EQ(from.view(), "");
    from = to;
    EXPECT_EQ(from, to);
  }
}

TEST(SharedText, IsEqualWhenTheBytesAre) {
  const std::string zero("a\0", 2);
  const std::vector<std::string> texts = {"",
                                          "a",
                                          zero,
                                          "b",
                                          kFifteen,
                                          kFifteen.substr(1) + "y",
                                          kSixteen,
                                          kSixteen + "x",
                                          kFifteen + "y"};
  for (const auto& a : texts) {
    for (const auto& b : texts) {
      EXPECT_EQ(SharedText(a) == SharedText(b), a == b) << a << " and " << b;
      EXPECT_EQ(SharedText(a) == std::string_view(b), a == b) << a << " and " << b;
    }
  }
}

TEST(SharedText, IsOrderedAsItsBytesAreAcrossBothForms) {
  const std::vector<std::string> texts = {"",       "a",     "abc",          "b", kFifteen,
                                          kSixteen, "x\xff", kSixteen + "a", "y", "ÿ"};
  for (const auto& a : texts) {
    for (const auto& b : texts) {
      EXPECT_EQ(SharedText(a) <=> SharedText(b), a <=> b) << a << " and " << b;
      EXPECT_EQ(SharedText(a) <=> std::string_view(b), a <=> b) << a << " and " << b;
    }
  }
  const std::map<SharedText, int> places = {
      {SharedText(kSixteen), 1}, {SharedText("y"), 2}, {SharedText(kFifteen), 0}};
  int place = 0;
  for (const auto& [text, expected] : places) EXPECT_EQ(expected, place++) << text.view();
}

TEST(SharedText, CopiesMayBeMadeAndDroppedByDistinctThreads) {
  const std::string long_text(1'000, 'z');
  const SharedText text(long_text);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&text, &long_text] {
      for (int i = 0; i < 20'000; ++i) {
        const SharedText mine(text);
        const SharedText other(mine);
        if (other.view() != long_text) ADD_FAILURE();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(text.view(), long_text);
}

TEST(SharedText, MayBeDroppedLastByAnyThread) {
  for (int round = 0; round < 500; ++round) {
    SharedText text(kSixteen);
    std::thread other([copy = text] { EXPECT_EQ(copy.view(), kSixteen); });
    text = SharedText();
    other.join();
  }
}

}  // namespace
}  // namespace rapport
