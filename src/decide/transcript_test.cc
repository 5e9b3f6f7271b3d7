#include "decide/transcript.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace rapport::decide {
namespace {

using model::Markup;

constexpr size_t kLimit = 2000;

TranscriptMessage message(int64_t at, uint64_t sequence, std::string text) {
  return {seconds(at), sequence, "Ana (customer)", std::move(text)};
}

// What the pieces of a plain transcript say, without their frames.
std::string texts_of(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) {
    for (std::string_view line : split(part, '\n')) {
      const size_t start = line.find("): ");
      const size_t again = line.find("(continued): ");
      if (again != line.npos) {
        all += line.substr(again + 13);
      } else if (start != line.npos && line.starts_with("[")) {
        all += line.substr(start + 3);
      }
    }
  }
  return all;
}

TEST(Transcript, OrdersByTimeThenSequenceAndNamesAuthorAndTime) {
  const auto parts =
      render_transcript({message(5, 9, "third"), message(5, 8, "second"), message(1, 10, "first")},
                        {"Chat"}, "cnv_1", Markup::kPlain, kLimit);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0],
            "cnv_1 part 1 of 1\nChat\n"
            "[1970-01-01T00:00:01.000Z] Ana (customer): first\n"
            "[1970-01-01T00:00:05.000Z] Ana (customer): second\n"
            "[1970-01-01T00:00:05.000Z] Ana (customer): third\n");
}

TEST(Transcript, EscapesHtml) {
  const auto parts = render_transcript({message(1, 1, "<b>\"a\" & 'b'</b>\nx")}, {"<i>"}, "cnv_1",
                                       Markup::kHtml, kLimit);
  EXPECT_EQ(
      parts[0],
      "<p>cnv_1 part 1 of 1</p><p>&lt;i&gt;</p><p><strong>Ana (customer)</strong> "
      "<em>1970-01-01T00:00:01.000Z</em><br>&lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/b&gt;"
      "<br>x</p>");
}

TEST(Transcript, CutsBetweenMessagesWithinTheLimitAndDropsNothing) {
  std::vector<TranscriptMessage> messages;
  std::string all;
  for (uint64_t i = 0; i < 200; ++i) {
    const std::string text = "message number " + std::to_string(i) + " ends here.";
    messages.push_back(message(static_cast<int64_t>(i), i, text));
    all += text;
  }
  const auto parts = render_transcript(messages, {}, "cnv_1", Markup::kPlain, kLimit);
  ASSERT_GT(parts.size(), 3u);
  for (size_t i = 0; i < parts.size(); ++i) {
    EXPECT_LE(parts[i].size(), kLimit);
    EXPECT_TRUE(
        parts[i].starts_with(model::transcript_marker("cnv_1", i) + std::to_string(parts.size())));
    EXPECT_EQ(parts[i].find("continued"), std::string::npos);
  }
  EXPECT_EQ(texts_of(parts), all);
}

TEST(Transcript, CutsALongMessageAtCharactersAndDropsNothing) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += i % 7 == 0 ? "ü" : "\xF0\x9F\x98\x80";
  const auto parts = render_transcript({message(1, 1, text)}, {}, "cnv_1", Markup::kPlain, kLimit);
  ASSERT_GT(parts.size(), 5u);
  for (const std::string& part : parts) {
    EXPECT_LE(part.size(), kLimit);
    EXPECT_TRUE(is_utf8(part));
  }
  EXPECT_EQ(texts_of(parts), text);
}

TEST(Transcript, NeverCutsInsideAnHtmlEntity) {
  const auto parts = render_transcript({message(1, 1, std::string(5000, '&'))}, {}, "cnv_1",
                                       Markup::kHtml, kLimit);
  size_t ampersands = 0;
  for (const std::string& part : parts) {
    EXPECT_LE(part.size(), kLimit);
    for (size_t at = part.find('&'); at != part.npos; at = part.find('&', at + 1)) {
      EXPECT_EQ(part.substr(at, 5), "&amp;");
      ++ampersands;
    }
  }
  EXPECT_EQ(ampersands, 5000u);
}

TEST(Transcript, KeepsTheMarkerWhenItGrows) {
  const std::string marker = model::transcript_marker("cnv_1", 0);
  const auto small = render_transcript({message(1, 1, "a")}, {}, "cnv_1", Markup::kPlain, kLimit);
  const auto large = render_transcript({message(1, 1, "a"), message(2, 2, std::string(9000, 'x'))},
                                       {}, "cnv_1", Markup::kPlain, kLimit);
  EXPECT_NE(small[0].find(marker), std::string::npos);
  EXPECT_NE(large[0].find(marker), std::string::npos);
}

TEST(Transcript, HasOnePartWithoutMessages) {
  EXPECT_EQ(render_transcript({}, {}, "cnv_1", Markup::kPlain, kLimit).size(), 1u);
}

TEST(Transcript, PointsToTheRestWhereOnlyOnePartIsWanted) {  // KU-12
  Json source = Json::object();
  Json messages = Json::array();
  for (int i = 0; i < 100; ++i) {
    messages.push_back(Json::object()
                           .set("sequence", i)
                           .set("at", "2026-03-02T09:00:00Z")
                           .set("author", "ai")
                           .set("author_name", "Bot")
                           .set("confidence", 0.5)
                           .set("text", std::string(40, 'x')));
  }
  source.set("messages", messages).set("conversation", Json::object().set("id", "cnv_1"));
  model::TranscriptMapping mapping{.to = "content",
                                   .markup = Markup::kPlain,
                                   .limit_bytes = kLimit + 500,
                                   .lines = {"Reason: {ticket.reason}"},
                                   .pointer = "More in the notes of {conversation.id}."};
  const auto parts = render_transcript(mapping, source, "tkt_1");
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_LE(parts[0].size(), mapping.limit_bytes);
  EXPECT_TRUE(parts[0].ends_with("More in the notes of cnv_1.\n"));
  EXPECT_NE(parts[0].find("Bot (ai), confidence 0.5: xxx"), std::string::npos);
  EXPECT_EQ(parts[0].find("Reason"), std::string::npos);
}

}  // namespace
}  // namespace rapport::decide
