// What reading by words promises, beside the messages of the packs (text_cases_test.cc).
#include "learn/text_signals.h"

#include <gtest/gtest.h>

#include "learn/read_text_signals.h"

namespace rapport::learn {
namespace {

WordSignals reader(std::string_view yaml) {
  auto definitions = load_text_signals(yaml, "text.yaml");
  if (!definitions) BUG(definitions.error().message);
  return WordSignals::compile(*definitions).value();
}

constexpr std::string_view kSmall = R"(text:
  languages: {en: [the, is, you, and], es: [el, los, que, para]}
  negation:
    en: {words: [not, never], stops: [but], except: [not only], window: 3}
    es: {words: ["no"]}
  intents:
    refund: {words: {en: [refund*, money back], es: [reembols*]}, unless: {en: [tax refund]}}
    price: {negated: ignored, words: {any: [price], es: [cuánto cuesta]}}
    seats: {patterns: {en: ['\bper (?:seat|user)\b']}}
    budget: {amount_follows: true, negated: ignored, words: {en: [budget]}}
  sentiment:
    unmarked: factual
    negated_positive: disappointed
    positive: {satisfied: {words: {en: [good]}}, excited: {weight: 2, words: {en: [love, "🎉"]}}}
    negative: {disappointed: {words: {en: [bad]}}, angry: {weight: 3, words: {en: [scam]}}}
  amounts:
    currencies: {USD: {words: {any: ["$"]}}, JPY: {digits: 0, words: {any: ["¥"]}}}
    magnitudes: {any: {k: 1000}}
)";

std::vector<std::string> words_of(const Signal* signal) {
  std::vector<std::string> words;
  if (signal == nullptr) return words;
  for (const Evidence& each : signal->evidence) words.push_back(each.word);
  return words;
}
using Words = std::vector<std::string>;

// BO-133
TEST(TextSignals, EveryHitNamesItsWordPlaceAndDefinition) {
  const auto signals = reader(kSmall).read("Hi! Refunding my MONEY-\n back?", "en");
  ASSERT_NE(signals.intent("refund"), nullptr);
  const std::vector<Evidence> expected = {{.word = "Refunding",
                                           .begin = 4,
                                           .end = 13,
                                           .definition = "intents.refund",
                                           .declared = "refund*"},
                                          {.word = "MONEY-\n back",
                                           .begin = 17,
                                           .end = 29,
                                           .definition = "intents.refund",
                                           .declared = "money back"}};
  EXPECT_EQ(signals.intent("refund")->evidence, expected);
  EXPECT_EQ(signals.intent("price"), nullptr);
}

TEST(TextSignals, WordsAreWholeInAnyCaseAndWithoutRegardToAccents) {
  const auto read = reader(kSmall);
  EXPECT_EQ(words_of(read.read("PRICE, prices, xprice", "").intent("price")), Words{"PRICE"});
  EXPECT_EQ(words_of(read.read("¿CUANTO  cuesta?", "es").intent("price")), Words{"CUANTO  cuesta"});
  EXPECT_EQ(words_of(read.read("cua\xCC\x81nto cuesta", "es").intent("price")),
            Words{"cua\xCC\x81nto cuesta"});
  EXPECT_EQ(words_of(read.read("ｐｒｉｃｅ and pri\xC2\xAD"
                               "ce",
                               "")
                         .intent("price")),
            (Words{"ｐｒｉｃｅ",
                   "pri\xC2\xAD"
                   "ce"}));
}

TEST(TextSignals, APhraseDoesNotReachAcrossASentence) {
  EXPECT_EQ(reader(kSmall).read("my money. Back then", "en").intent("refund"), nullptr);
}

TEST(TextSignals, UnlessTakesAwayWhatItOverlaps) {
  const auto read = reader(kSmall);
  EXPECT_EQ(read.read("my tax refund", "en").intent("refund"), nullptr);
  EXPECT_EQ(words_of(read.read("tax refund, refund", "en").intent("refund")), Words{"refund"});
}

TEST(TextSignals, ANegationCancelsWithinItsWindowAndClause) {
  const auto read = reader(kSmall);
  EXPECT_EQ(read.read("not a refund", "en").intent("refund"), nullptr);
  EXPECT_NE(read.read("not, refund", "en").intent("refund"), nullptr);
  EXPECT_NE(read.read("not this but refund", "en").intent("refund"), nullptr);
  EXPECT_NE(read.read("not a b c refund", "en").intent("refund"), nullptr);
  EXPECT_NE(read.read("not only a refund", "en").intent("refund"), nullptr);
  EXPECT_NE(read.read("not the price", "en").intent("price"), nullptr) << "negated: ignored";
  EXPECT_EQ(read.read("no refund", "").intent("refund"), nullptr) << "a negation of any language";
}

// CO-32
TEST(TextSignals, OnlyTheLanguageGivenCountsAndAllWhereNoneIs) {
  const auto read = reader(kSmall);
  EXPECT_EQ(read.read("reembolso", "en").intent("refund"), nullptr);
  EXPECT_NE(read.read("reembolso", "es-MX").intent("refund"), nullptr);
  EXPECT_NE(read.read("reembolso", "").intent("refund"), nullptr);
  EXPECT_NE(read.read("price", "fr").intent("price"), nullptr) << "declared for any language";
  EXPECT_EQ(read.read("refund", "fr").intent("refund"), nullptr);
}

TEST(TextSignals, PatternsGiveTheirPlaceToo) {
  const auto signals = reader(kSmall).read("¿$5 PER Seat?", "en");
  ASSERT_NE(signals.intent("seats"), nullptr);
  const Evidence& found = signals.intent("seats")->evidence[0];
  EXPECT_EQ(found.word, "PER Seat");
  EXPECT_EQ(found.begin, 5U);
  EXPECT_EQ(found.declared, "\\bper (?:seat|user)\\b");
}

// BO-134
TEST(TextSignals, SentimentIsTheHeavierSideAndItsHeaviestWord) {
  const auto read = reader(kSmall);
  const auto sentiment = [&](std::string_view text) { return read.read(text, "en").sentiment; };
  EXPECT_EQ(sentiment("good good love").finer, "satisfied") << "two words of 1 come first";
  EXPECT_EQ(sentiment("good good love").positive, 4);
  EXPECT_EQ(sentiment("love 🎉 good").finer, "excited");
  EXPECT_EQ(sentiment("good but a scam").polarity, Polarity::kNegative);
  EXPECT_EQ(sentiment("good, bad").polarity, Polarity::kNegative) << "a tie is negative";
  EXPECT_EQ(sentiment("not good").finer, "disappointed");
  EXPECT_EQ(sentiment("not bad").polarity, Polarity::kNeutral);
  EXPECT_EQ(sentiment("a table").finer, "factual");
  EXPECT_EQ(sentiment("a scam").evidence.at(0).definition, "sentiment.negative.angry");
}

// BO-135
TEST(TextSignals, MoneyIsInMinorUnitsOfItsCurrency) {
  const auto read = reader(kSmall);
  const auto money = [&](std::string_view text) {
    const auto signals = read.read(text, "en");
    const Entity* entity = signals.entity("money");
    return entity == nullptr ? MoneyRange{} : *entity->money;
  };
  EXPECT_EQ(money("$5k"), (MoneyRange{500'000, 500'000, "USD", ""}));
  EXPECT_EQ(money("$12.5"), (MoneyRange{1250, 1250, "USD", ""}));
  EXPECT_EQ(money("¥1,500"), (MoneyRange{1500, 1500, "JPY", "", 0}));
  EXPECT_EQ(money("budget: 5-10k"), (MoneyRange{500'000, 1'000'000, "", ""}));
  EXPECT_EQ(money("budget is 50"), MoneyRange()) << "too small to be one";
  EXPECT_EQ(money("$900000000000000 k"),
            (MoneyRange{90'000'000'000'000'000, 90'000'000'000'000'000, "USD", ""}))
      << "a magnitude beyond the limit is not applied";
}

TEST(TextSignals, WordsInAddressesDoNotCount) {
  const auto signals =
      reader(kSmall).read("See https://acme.example/price or price@acme.example", "en");
  EXPECT_EQ(signals.intent("price"), nullptr);
  ASSERT_NE(signals.entity("email"), nullptr);
  EXPECT_EQ(signals.entity("email")->value, "price@acme.example");
}

TEST(TextSignals, LongTextIsCutAndSaysSo) {
  const auto read = reader(kSmall);
  const std::string pad(kLongestText - 6, ' ');
  EXPECT_NE(read.read(pad + "refund", "").intent("refund"), nullptr);
  EXPECT_FALSE(read.read(pad + "refund", "").cut);
  EXPECT_EQ(read.read(pad + " refund", "").intent("refund"), nullptr);
  EXPECT_TRUE(read.read(pad + " refund", "").cut);
}

TEST(TextSignals, EvidenceAndEntitiesAreBounded) {
  std::string text;
  for (int i = 0; i < 500; i++) text += "refund of $5. ";
  const auto signals = reader(kSmall).read(text, "en");
  EXPECT_EQ(signals.intent("refund")->evidence.size(), kMostEvidence);
  EXPECT_EQ(signals.entities.size(), kMostEntities);
  EXPECT_EQ(signals.entities.back().evidence.begin, 99 * 14 + 10U) << "the first ones are kept";
}

TEST(TextSignals, BrokenUtf8SeparatesWords) {
  const auto signals = reader(kSmall).read("price\xFF price\xC3", "");
  EXPECT_EQ(words_of(signals.intent("price")), (Words{"price", "price"}));
}

TEST(TextSignals, TheLanguageIsSaidOnlyWhereCertain) {
  const auto read = reader(kSmall);
  EXPECT_EQ(read.read("the price is good", "").language, "en");
  EXPECT_EQ(read.read("el precio que", "").language, "es");
  EXPECT_EQ(read.read("the el is que", "").language, "");
  EXPECT_EQ(read.read("ok", "").language, "");
}

// CH-132
TEST(TextSignals, TheSentenceAroundAHitIsGiven) {
  const std::string_view text = "Hi there. We pay $5.50 per seat!  Thanks";
  const auto signals = reader(kSmall).read(text, "en");
  EXPECT_EQ(sentence_around(text, signals.intent("seats")->evidence[0]), "We pay $5.50 per seat!");
}

}  // namespace
}  // namespace rapport::learn
