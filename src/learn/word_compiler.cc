#include "learn/word_compiler.h"

#include <fmt/core.h>

#include <algorithm>

namespace rapport::learn {
namespace {

constexpr int64_t kMemoryOfPattern = 1 << 20;
constexpr int64_t kMemoryOfAll = 32 << 20;
constexpr int kLargestProgram = 2'000;  // instructions

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

RE2::Options pattern_options(int64_t memory) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(false);
  options.set_max_mem(memory);
  return options;
}

class Compiler {
 public:
  explicit Compiler(CompiledWords& out) : out_(out) {}

  Result<void> languages(const WordLists& lists) {
    for (const Words& words : lists) {
      const auto number = static_cast<uint32_t>(out_.languages.size());
      if (number > kMostLanguages) {
        return invalid(fmt::format("at most {} languages are read", kMostLanguages));
      }
      out_.languages.push_back(words.language);
      TRY(add(Role::kLanguage, {words}, {.target = number}));
    }
    return {};
  }

  Result<void> negation(const std::vector<NegationWords>& all) {
    for (const NegationWords& words : all) {
      PhraseUse use;
      use.number = std::clamp<int64_t>(words.window, 1, kMostWindow);
      TRY(add(Role::kNegation, {{words.language, words.words}}, use));
      TRY(add(Role::kNegationStop, {{words.language, words.stops}}, {}));
      TRY(add(Role::kNegationExcept, {{words.language, words.except}}, {}));
    }
    return {};
  }

  Result<void> section(Section section, const std::vector<TextDefinition>& all,
                       std::string_view path, std::string_view kind = {}) {
    for (const TextDefinition& definition : all) {
      const auto number = static_cast<uint32_t>(out_.definitions.size());
      if (number >= kMostDefinitions) {
        return invalid(fmt::format("at most {} definitions are read", kMostDefinitions));
      }
      const uint32_t slot = slots_[static_cast<size_t>(section)]++;
      out_.definitions.push_back({.section = section,
                                  .slot = slot,
                                  .name = definition.name,
                                  .id = fmt::format("{}.{}", path, definition.name),
                                  .kind = std::string(kind),
                                  .negated = definition.negated,
                                  .weight = definition.weight,
                                  .amount_follows = definition.amount_follows,
                                  .as_written = definition.as_written});
      TRY(add(Role::kWord, definition.words, {.target = number}));
      TRY(add(Role::kUnless, definition.unless, {.target = number}));
      TRY(patterns(definition.patterns, number));
    }
    return {};
  }

  Result<void> amounts(const AmountWords& words) {
    TRY(numbers(Role::kNumber, words.numbers));
    TRY(numbers(Role::kMagnitude, words.magnitudes));
    for (const Currency& currency : words.currencies) {
      const auto number = static_cast<uint32_t>(out_.currencies.size());
      out_.currencies.push_back({.code = currency.code, .digits = currency.digits});
      TRY(add(Role::kCurrency, currency.words, {.target = number}));
    }
    TRY(values(Role::kPer, words.per));
    TRY(add(Role::kTo, words.to, {}));
    TRY(add(Role::kBetween, words.between, {}));
    TRY(add(Role::kJoin, words.join, {}));
    TRY(add(Role::kSizeUnit, words.size_units, {}));
    return add(Role::kSizeLead, words.size_leads, {});
  }

  Result<void> timeline(const TimelineWords& words) {
    TRY(add(Role::kLead, words.leads, {}));
    TRY(add(Role::kFollow, words.follows, {}));
    TRY(values(Role::kUnit, words.units));
    TRY(values(Role::kSpan, words.spans));
    for (const ValueWords& month : words.months) {
      PhraseUse use;
      use.number = parse_number(month.value) / kNumberScale;
      TRY(add(Role::kMonth, month.words, use));
    }
    return {};
  }

  Result<void> finish() {
    if (out_.patterns.empty()) return {};
    out_.all_patterns = std::make_unique<RE2::Set>(pattern_options(kMemoryOfAll), RE2::UNANCHORED);
    for (const CompiledPattern& pattern : out_.patterns) {
      std::string error;
      if (out_.all_patterns->Add(pattern.pattern->pattern(), &error) < 0) {
        return invalid("a pattern cannot stand beside the others: " + error);
      }
    }
    if (!out_.all_patterns->Compile()) {
      return invalid("the patterns are together too large; shorten or leave out some");
    }
    return {};
  }

 private:
  Result<uint8_t> language(std::string_view name) {
    const auto found = std::find(out_.languages.begin(), out_.languages.end(), name);
    if (found == out_.languages.end()) {
      return invalid(fmt::format("the language '{}' is not declared under 'languages'", name));
    }
    return static_cast<uint8_t>(found - out_.languages.begin());
  }

  Result<void> add(Role role, const WordLists& lists, PhraseUse use) {
    use.role = role;
    for (const Words& words : lists) {
      TRY_ASSIGN(use.language, language(words.language));
      for (const std::string& word : words.list) TRY(add_one(word, use));
    }
    return {};
  }

  Result<void> add_one(const std::string& word, PhraseUse use) {
    if (out_.uses.size() >= kMostPhrases) {
      return invalid(fmt::format("at most {} words and phrases are read", kMostPhrases));
    }
    TRY_ASSIGN(const uint32_t number, out_.phrases.add(word));
    CHECK(number == out_.uses.size());
    use.declared = word;
    out_.uses.push_back(std::move(use));
    return {};
  }

  Result<void> numbers(Role role, const std::vector<NumberWord>& all) {
    for (const NumberWord& number : all) {
      PhraseUse use;
      use.number = number.value;
      TRY(add(role, {{number.language, {number.word}}}, use));
    }
    return {};
  }

  Result<void> values(Role role, const std::vector<ValueWords>& all) {
    for (const ValueWords& value : all) {
      PhraseUse use;
      use.value = value.value;
      TRY(add(role, value.words, use));
    }
    return {};
  }

  Result<void> patterns(const WordLists& lists, uint32_t definition) {
    for (const Words& words : lists) {
      TRY_ASSIGN(const uint8_t number, language(words.language));
      for (const std::string& text : words.list) {
        if (out_.patterns.size() >= kMostPatterns) {
          return invalid(fmt::format("at most {} patterns are read", kMostPatterns));
        }
        TRY_ASSIGN(auto pattern, compile_pattern(text));
        out_.patterns.push_back(
            {.definition = definition, .language = number, .pattern = std::move(pattern)});
      }
    }
    return {};
  }

  CompiledWords& out_;
  std::array<uint32_t, 6> slots_{};
};

}  // namespace

Result<std::unique_ptr<const RE2>> compile_pattern(std::string_view pattern) {
  if (pattern.size() > kLongestPattern) {
    return invalid(fmt::format("a pattern is at most {} bytes long", kLongestPattern));
  }
  auto compiled = std::make_unique<const RE2>(piece(pattern), pattern_options(kMemoryOfPattern));
  if (!compiled->ok()) return invalid("this is no pattern of RE2: " + compiled->error());
  if (compiled->ProgramSize() > kLargestProgram) {
    return invalid("the pattern is more work than the limit allows; repeat less");
  }
  if (RE2::FullMatch("", *compiled)) return invalid("the pattern finds empty text");
  if (compiled->NumberOfCapturingGroups() > 1) {
    return invalid("a pattern has at most one group; write (?:…) for the others");
  }
  return compiled;
}

Result<void> compile_words(const TextDefinitions& definitions, CompiledWords& into) {
  Compiler compiler(into);
  TRY(compiler.languages(definitions.languages));
  TRY(compiler.negation(definitions.negation));
  TRY(compiler.section(Section::kIntent, definitions.intents, "intents"));
  TRY(compiler.section(Section::kTopic, definitions.topics, "topics"));
  TRY(compiler.section(Section::kPositive, definitions.positive, "sentiment.positive"));
  TRY(compiler.section(Section::kNegative, definitions.negative, "sentiment.negative"));
  TRY(compiler.section(Section::kNeutral, definitions.neutral, "sentiment.neutral"));
  for (const EntityKind& kind : definitions.entities) {
    TRY(compiler.section(Section::kEntity, kind.values, "entities." + kind.name, kind.name));
  }
  TRY(compiler.amounts(definitions.amounts));
  TRY(compiler.timeline(definitions.timeline));
  into.negated_positive = definitions.negated_positive;
  into.unmarked = definitions.unmarked;
  return compiler.finish();
}

}  // namespace rapport::learn
