#include "learn/read_text_signals.h"

#include <gtest/gtest.h>

#include "learn/text_signals.h"

namespace rapport::learn {
namespace {

struct Wrong {
  std::string_view yaml;  // below "text:\n  languages: {en: [the], es: [el]}\n"
  std::string_view message;
};

std::string error_of(std::string_view body) {
  const std::string yaml = "text:\n  languages: {en: [the], es: [el]}\n" + std::string(body) + "\n";
  const auto read = load_text_signals(yaml, "text.yaml");
  return read.ok() ? "read" : read.error().message;
}

TEST(ReadTextSignals, WhatIsWrongIsNamedWithItsPlace) {
  const Wrong all[] = {
      {"  intents: {a: {words: {ex: [x]}}}",
       "text.yaml:3:25: the language 'ex' is not declared under 'languages'; did you mean 'en'?"},
      {"  intents: {a: {words: {en: []}}}",
       "text.yaml:3:29: 'words' must be a list that is not empty"},
      {"  intents: {a: {words: {en: [Price, príce]}}}",
       "text.yaml:3:37: 'príce' stands here twice"},
      {"  intents: {a: {words: {en: ['?!']}}}", "text.yaml:3:30: '?!' holds no word"},
      {"  intents: {a: {words: {en: [r*]}}}",
       "text.yaml:3:30: 'r*': write at least two letters before '*'"},
      {"  intents: {a: {words: {en: ['re*fund']}}}",
       "text.yaml:3:30: 're*fund': '*' stands at the end of a word"},
      {"  intents: {a: {words: {en: ['re* fund']}}}", "read"},
      {"  intents: {a: {words: {en: ['*fund']}}}",
       "text.yaml:3:30: '*fund': '*' stands at the end of a word"},
      {"  intents: {a: {words: {en: [a b c d e f g h i]}}}",
       "text.yaml:3:30: 'a b c d e f g h i' has more than 8 words"},
      {"  intents: {a: {patterns: {en: ['(x']}}}",
       "text.yaml:3:33: this is no pattern of RE2: missing ): (x"},
      {"  intents: {a: {patterns: {en: ['x*']}}}", "text.yaml:3:33: the pattern finds empty text"},
      {"  intents: {a: {patterns: {en: ['(a)(b)']}}}",
       "text.yaml:3:33: a pattern has at most one group; write (?:…) for the others"},
      {"  intents: {a: {patterns: {en: ['a{1000}b{1000}']}}}",
       "text.yaml:3:33: the pattern is more work than the limit allows; repeat less"},
      {"  intents: {a: {unless: {en: [x]}}}",
       "text.yaml:3:16: intent 'a' needs 'words' or 'patterns'"},
      {"  intents: {a: {word: {en: [x]}, words: {en: [y]}}}",
       "text.yaml:3:17: intent 'a' has no 'word'; did you mean 'words'?"},
      {"  intents: {A-b: {words: {en: [x]}}}",
       "text.yaml:3:13: 'A-b' is no name: write letters a-z, digits and _, at most 64, a letter "
       "first"},
      {"  intents: {a: {negated: sometimes, words: {en: [x]}}}",
       "text.yaml:3:26: 'negated' must be one of cancels, ignored"},
      {"  intnets: {}", "text.yaml:3:3: 'text' has no 'intnets'; did you mean 'intents'?"},
      {"  negation: {en: {words: [not], window: 9}}",
       "text.yaml:3:41: 'window' must be a whole number from 1 to 8"},
      {"  sentiment: {negated_positive: bda, negative: {bad: {words: {en: [bad]}}}}",
       "text.yaml:3:14: 'negated_positive' must be one of the negative ones; did you mean 'bad'?"},
      {"  entities: {money: {a: {words: {en: [x]}}}}",
       "text.yaml:3:14: 'money' is no kind to be declared: choose another name; money, timeline, "
       "company_size, email and phone are found without"},
      {"  amounts: {currencies: {Dollar: {words: {any: [$]}}}}",
       "text.yaml:3:26: 'Dollar' is no ISO 4217 code"},
      {"  amounts: {numbers: {en: {two: two}}}",
       "text.yaml:3:33: 'two' must be a whole number from 1 to 1000000000000"},
      {"  timeline: {months: {13: {en: [x]}}}",
       "text.yaml:3:23: '13' in 'months' must be a month from 1 to 12"},
      {"  timeline: {spans: {soon: {en: [x]}}}",
       "text.yaml:3:22: 'soon' in 'spans' must be a span such as P0D, P2W, P1M, or Q1 to Q4"},
      {"  timeline: {units: {H: {en: [x]}}}",
       "text.yaml:3:22: 'H' in 'units' must be D, W, M or Y"},
  };
  for (const Wrong& each : all) EXPECT_EQ(error_of(each.yaml), each.message) << each.yaml;
}

TEST(ReadTextSignals, AnotherPackAddsWordsToWhatIsThere) {
  TextDefinitions definitions =
      load_text_signals("text: {languages: {en: [the]}, intents: {a: {words: {en: [one]}}}}", "x")
          .value();
  const auto add = [&](std::string_view yaml) {
    const YamlNode root = parse_yaml(yaml, "y").value();
    YamlDocument document{.name = "y"};
    read_text_signals(*root.find("text"), document, definitions);
    return document.error ? document.error->message : "";
  };
  EXPECT_EQ(add("text: {intents: {a: {words: {en: [two]}}, b: {words: {en: [three]}}}}"), "");
  const auto reader = WordSignals::compile(definitions).value();
  EXPECT_EQ(reader.read("one two three", "en").intents.size(), 2U);
  EXPECT_EQ(reader.read("one two three", "en").intent("a")->evidence.size(), 2U);
  EXPECT_EQ(add("text: {intents: {a: {negated: ignored, words: {en: [four]}}}}"),
            "y:1:31: intent 'a' is declared already; only words, patterns and unless can be added");
}

TEST(ReadTextSignals, TheWholeIsBounded) {
  TextDefinitions definitions = load_text_signals("text: {languages: {en: [the]}}", "x").value();
  definitions.intents.push_back({.name = "a"});
  definitions.intents[0].words.push_back({.language = "en", .list = {}});
  for (int i = 0; i < 20'001; i++)
    definitions.intents[0].words[0].list.push_back("w" + std::to_string(i));
  const auto compiled = WordSignals::compile(definitions);
  ASSERT_FALSE(compiled.ok());
  EXPECT_EQ(compiled.error().message, "at most 20000 words and phrases are read");
}

}  // namespace
}  // namespace rapport::learn
