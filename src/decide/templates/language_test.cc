#include "decide/templates/language.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

constexpr std::string_view kTexts[] = {"en", "es", "id", "zh-Hant", "de-CH"};

LanguageChoice choose(std::string_view person, std::string_view workspace = "en") {
  return choose_language(kTexts, person, workspace, "en");
}

TEST(ChooseLanguage, TakesThePersonsOwn) {  // CS-76
  const LanguageChoice choice = choose("es");
  EXPECT_EQ(choice.tag, "es");
  EXPECT_EQ(choice.reason, LanguageReason::kPerson);
  EXPECT_EQ(choice.explanation, "es is the person's language.");
}

TEST(ChooseLanguage, ShortensWhatThePersonAsksUntilThereIsAText) {
  EXPECT_EQ(choose("es-419").tag, "es");
  EXPECT_EQ(choose("zh-Hant-TW-x-private").tag, "zh-Hant");
  EXPECT_EQ(choose("es-MX").explanation, "es is the nearest to the person's language es-MX.");
}

TEST(ChooseLanguage, DropsASingleLetterWithWhatFollowedIt) {
  EXPECT_EQ(choose("es-u-nu-latn").tag, "es");
  constexpr std::string_view kCut[] = {"en", "es-x"};
  EXPECT_EQ(choose_language(kCut, "es-x-acme", "", "en").tag, "en");
}

TEST(ChooseLanguage, DoesNotGuessARegion) {
  EXPECT_EQ(choose("de", "es").tag, "es");
  EXPECT_EQ(choose("de-CH", "es").tag, "de-CH");
  EXPECT_EQ(choose("zh-Hans", "es").tag, "es");
}

TEST(ChooseLanguage, ReadsTagsAsSystemsSendThem) {
  EXPECT_EQ(choose("ES_mx").tag, "es");
  EXPECT_EQ(choose("in").tag, "id");
  EXPECT_EQ(choose("in-ID").tag, "id");
}

TEST(ChooseLanguage, FallsToTheWorkspaceAndSaysWhy) {
  const LanguageChoice choice = choose("fr", "id-ID");
  EXPECT_EQ(choice.tag, "id");
  EXPECT_EQ(choice.reason, LanguageReason::kWorkspace);
  EXPECT_EQ(choice.explanation,
            "there is no text for the person's language fr; id is the nearest to the workspace's "
            "language id-ID.");
}

TEST(ChooseLanguage, FallsToTheDefaultAndSaysWhy) {
  const LanguageChoice choice = choose("", "klingon please");
  EXPECT_EQ(choice.tag, "en");
  EXPECT_EQ(choice.reason, LanguageReason::kDefault);
  EXPECT_EQ(choice.explanation,
            "the person's language is not known, and the workspace's language 'klingon please' is "
            "no language tag; en is the default.");
}

TEST(ChooseLanguage, AWildcardAsksForNothing) {
  EXPECT_EQ(choose("*", "es").tag, "es");
}

TEST(LanguageTag, IsWellFormedOrNot) {
  for (std::string_view good : {"es", "fil", "pt-BR", "es-419", "zh-Hant-TW", "zh-Hans-CN", "EN",
                                "sl-rozaj-biske-1994", "de-CH-1901"})
    EXPECT_TRUE(is_language_tag(good)) << good;
  for (std::string_view bad : {"", "e", "es-", "-es", "es--MX", "en_US", " en", "english",
                               "spanish!", "1n", "123", "en-abcdefghi", "*"})
    EXPECT_FALSE(is_language_tag(bad)) << bad;
}

TEST(LanguageTag, HasOneFormHoweverItIsSpelled) {
  EXPECT_EQ(canonical_language(" pt_BR "), "pt-br");
  EXPECT_EQ(canonical_language("IN-ID"), "id-id");
  EXPECT_EQ(canonical_language("zh-Hant"), "zh-hant");
}

}  // namespace
}  // namespace rapport::decide
