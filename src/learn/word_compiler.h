// Definitions made ready to be found: one table of phrases, one automaton of patterns.
#pragma once

#include <re2/re2.h>
#include <re2/set.h>

#include <memory>
#include <string>
#include <vector>

#include "learn/phrase_table.h"
#include "learn/text_definitions.h"
#include "learn/word_reading.h"

namespace rapport::learn {

enum class Section : uint8_t { kIntent, kTopic, kPositive, kNegative, kNeutral, kEntity };

struct CompiledDefinition {
  Section section = Section::kIntent;
  uint32_t slot = 0;  // its place in its section
  std::string name;
  std::string id;    // "intents.demo_request"
  std::string kind;  // of an entity
  Negated negated = Negated::kCancels;
  int weight = 1;
  bool amount_follows = false;
  bool as_written = false;
};

struct CompiledPattern {
  uint32_t definition = 0;
  uint8_t language = 0;
  std::unique_ptr<const RE2> pattern;
};

inline constexpr size_t kMostPhrases = 20'000;  // of all definitions together
inline constexpr size_t kMostPatterns = 300;
inline constexpr size_t kMostDefinitions = 2'000;
inline constexpr size_t kLongestPattern = 500;  // bytes
inline constexpr size_t kMostLanguages = 63;

// Compiles one pattern as definitions are searched with: in any case, linear time.
Result<std::unique_ptr<const RE2>> compile_pattern(std::string_view pattern);

struct CompiledWords {
  Tokenizer tokenizer;
  PhraseTable phrases{tokenizer};
  std::vector<PhraseUse> uses;  // by the number of the phrase
  std::vector<std::string> languages{std::string(kAnyLanguage)};
  std::vector<CompiledDefinition> definitions;
  std::vector<CompiledPattern> patterns;
  std::unique_ptr<RE2::Set> all_patterns;  // null when there are none
  std::vector<Currency> currencies;
  std::string negated_positive, unmarked;
};

// Fills `into`, whose address must not change afterwards.
Result<void> compile_words(const TextDefinitions& definitions, CompiledWords& into);

}  // namespace rapport::learn
