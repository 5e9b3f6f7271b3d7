#include "learn/read_text_signals.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "learn/word_compiler.h"

namespace rapport::learn {
namespace {

constexpr size_t kLongestName = 64;
constexpr int64_t kMostWeight = 10;
constexpr int64_t kMostNumber = 1'000'000'000'000;

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= kLongestName && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(), fits);
}

class Reader {
 public:
  Reader(YamlDocument& document, TextDefinitions& into) : document_(document), into_(into) {
    for (const Words& words : into.languages) languages_.push_back(words.language);
  }

  void read(const YamlNode& section) {
    YamlFields fields(section, "'text'", document_);
    if (const YamlNode* node = fields.take("languages")) read_languages(*node);
    if (const YamlNode* node = fields.take("negation")) read_negation(*node);
    if (const YamlNode* node = fields.take("intents")) definitions(*node, "intent", into_.intents);
    if (const YamlNode* node = fields.take("topics")) definitions(*node, "topic", into_.topics);
    if (const YamlNode* node = fields.take("sentiment")) read_sentiment(*node);
    if (const YamlNode* node = fields.take("entities")) read_entities(*node);
    if (const YamlNode* node = fields.take("amounts")) read_amounts(*node);
    if (const YamlNode* node = fields.take("timeline")) read_timeline(*node);
    fields.finish();
  }

 private:
  bool is_map(const YamlNode& node, std::string_view what) {
    if (node.kind == YamlNode::Kind::kMap && !node.members.empty()) return true;
    document_.refuse(node, fmt::format("{} must be a mapping that is not empty", what));
    return false;
  }

  void read_languages(const YamlNode& node) {
    if (!is_map(node, "'languages'")) return;
    for (const auto& [key, value] : node.members) {
      const bool fits = key.text.size() >= 2 && key.text.size() <= 3 && is_name(key.text);
      if (!fits || key.text == kAnyLanguage) {
        document_.refuse(key, fmt::format("'{}' is no language: write a BCP 47 primary subtag such "
                                          "as en, es or id",
                                          key.text));
        continue;
      }
      if (std::find(languages_.begin(), languages_.end(), key.text) == languages_.end()) {
        if (languages_.size() >= kMostLanguages)
          document_.refuse(key, fmt::format("at most {} languages are read", kMostLanguages));
        languages_.push_back(key.text);
        into_.languages.push_back({.language = key.text, .list = {}});
      }
      append(into_.languages, key.text, phrases(value, "the words of a language"));
    }
  }

  void check_language(const YamlNode& key) {
    if (key.text == kAnyLanguage) return;
    if (std::find(languages_.begin(), languages_.end(), key.text) != languages_.end()) return;
    document_.refuse(key, fmt::format("the language '{}' is not declared under 'languages'{}",
                                      key.text, suggestion(key.text, languages_)));
  }

  static void append(WordLists& lists, const std::string& language, std::vector<std::string> more) {
    auto at = std::find_if(lists.begin(), lists.end(),
                           [&](const Words& words) { return words.language == language; });
    if (at == lists.end()) at = lists.insert(lists.end(), {.language = language, .list = {}});
    std::move(more.begin(), more.end(), std::back_inserter(at->list));
  }

  // A text or a list of texts that is not empty.
  std::vector<const YamlNode*> texts(const YamlNode& node, std::string_view what) {
    std::vector<const YamlNode*> all;
    if (node.kind == YamlNode::Kind::kScalar) return {&node};
    if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
      document_.refuse(node, fmt::format("{} must be a list that is not empty", what));
      return all;
    }
    for (const YamlNode& item : node.items) {
      if (item.kind == YamlNode::Kind::kScalar) {
        all.push_back(&item);
      } else {
        document_.refuse(item, fmt::format("{} must be texts", what));
      }
    }
    return all;
  }

  // How a phrase is found: two that are the same so are the same.
  std::string folded(const std::string& phrase) const {
    const TokenText text = tokenizer_.cut(phrase, {});
    std::string key;
    for (const Token& token : text.tokens) {
      key += text.word(token);
      key += token.end < phrase.size() && phrase[token.end] == '*' ? "* " : " ";
    }
    return key;
  }

  std::vector<std::string> phrases(const YamlNode& node, std::string_view what) {
    std::vector<std::string> all;
    std::set<std::string> seen;
    for (const YamlNode* item : texts(node, what)) {
      if (auto added = scratch_.add(item->text); !added) {
        document_.refuse(*item, added.error().message);
        continue;
      }
      if (!seen.insert(folded(item->text)).second)
        document_.refuse(*item, fmt::format("'{}' stands here twice", item->text));
      all.push_back(item->text);
    }
    return all;
  }

  std::vector<std::string> patterns(const YamlNode& node) {
    std::vector<std::string> all;
    for (const YamlNode* item : texts(node, "the patterns")) {
      if (auto compiled = compile_pattern(item->text); !compiled)
        document_.refuse(*item, compiled.error().message);
      if (std::find(all.begin(), all.end(), item->text) != all.end())
        document_.refuse(*item, fmt::format("'{}' stands here twice", item->text));
      all.push_back(item->text);
    }
    return all;
  }

  // {en: [...], es: [...]}
  void word_lists(const YamlNode& node, std::string_view what, WordLists& into) {
    if (!is_map(node, what)) return;
    for (const auto& [key, value] : node.members) {
      check_language(key);
      append(into, key.text, phrases(value, what));
    }
  }
  void take_words(YamlFields& fields, std::string_view key, WordLists& into) {
    if (const YamlNode* node = fields.take(key)) word_lists(*node, fmt::format("'{}'", key), into);
  }

  void definitions(const YamlNode& node, std::string_view what, std::vector<TextDefinition>& into) {
    if (!is_map(node, fmt::format("the {}s", what))) return;
    for (const auto& [key, value] : node.members) {
      if (!is_name(key.text)) {
        document_.refuse(key, fmt::format("'{}' is no name: write letters a-z, digits and _, at "
                                          "most {}, a letter first",
                                          key.text, kLongestName));
      }
      definition(key, value, fmt::format("{} '{}'", what, key.text), into);
    }
  }

  void definition(const YamlNode& key, const YamlNode& node, std::string what,
                  std::vector<TextDefinition>& all) {
    auto known = std::find_if(all.begin(), all.end(),
                              [&](const TextDefinition& each) { return each.name == key.text; });
    const bool again = known != all.end();
    if (!again) known = all.insert(all.end(), {.name = key.text});
    TextDefinition& into = *known;
    YamlFields fields(node, what, document_);
    if (node.kind == YamlNode::Kind::kMap && node.find("words") == nullptr &&
        node.find("patterns") == nullptr)
      document_.refuse(node, what + " needs 'words' or 'patterns'");
    const auto spec = fields.texts("spec");
    into.spec.insert(into.spec.end(), spec.begin(), spec.end());
    take_words(fields, "words", into.words);
    take_words(fields, "unless", into.unless);
    if (const YamlNode* lists = fields.take("patterns"); lists && is_map(*lists, "'patterns'")) {
      for (const auto& [language, list] : lists->members) {
        check_language(language);
        append(into.patterns, language.text, patterns(list));
      }
    }
    if (again) {
      for (const std::string_view setting : {"negated", "weight", "amount_follows", "value"}) {
        if (const YamlNode* set = fields.take(setting))
          document_.refuse(*set, fmt::format("{} is declared already; only words, patterns and "
                                             "unless can be added",
                                             what));
      }
    } else {
      into.negated = static_cast<Negated>(fields.choice("negated", {"cancels", "ignored"}, 0));
      into.weight = static_cast<int>(fields.integer("weight", 1, kMostWeight, 1));
      into.amount_follows = fields.flag("amount_follows", false);
      into.as_written = fields.choice("value", {"name", "as_written"}, 0) == 1;
    }
    fields.finish();
  }

  void read_negation(const YamlNode& node) {
    if (!is_map(node, "'negation'")) return;
    for (const auto& [key, value] : node.members) {
      check_language(key);
      YamlFields fields(value, fmt::format("negation of '{}'", key.text), document_);
      NegationWords negation{.language = key.text, .words = {}};
      const auto take = [&](std::string_view name, std::vector<std::string>& into) {
        if (const YamlNode* list = fields.take(name))
          into = phrases(*list, fmt::format("'{}'", name));
      };
      fields.require("words");
      take("words", negation.words);
      take("stops", negation.stops);
      take("except", negation.except);
      negation.window = static_cast<int>(fields.integer("window", 1, kMostWindow, 3));
      fields.finish();
      into_.negation.push_back(std::move(negation));
    }
  }

  void read_sentiment(const YamlNode& node) {
    YamlFields fields(node, "'sentiment'", document_);
    const auto take = [&](std::string_view name, std::vector<TextDefinition>& into) {
      if (const YamlNode* list = fields.take(name))
        definitions(*list, fmt::format("{} sentiment", name), into);
    };
    take("positive", into_.positive);
    take("negative", into_.negative);
    take("neutral", into_.neutral);
    into_.unmarked = fields.text_or("unmarked", into_.unmarked);
    into_.negated_positive = fields.text_or("negated_positive", into_.negated_positive);
    std::vector<std::string> names;
    for (const TextDefinition& each : into_.negative) names.push_back(each.name);
    const std::string& negated = into_.negated_positive;
    if (!negated.empty() && std::find(names.begin(), names.end(), negated) == names.end()) {
      document_.refuse(node, fmt::format("'negated_positive' must be one of the negative ones{}",
                                         suggestion(negated, names)));
    }
    fields.finish();
  }

  void read_entities(const YamlNode& node) {
    constexpr std::array<std::string_view, 5> kBuiltIn = {"money", "timeline", "company_size",
                                                          "email", "phone"};
    if (!is_map(node, "'entities'")) return;
    for (const auto& [key, value] : node.members) {
      if (std::find(kBuiltIn.begin(), kBuiltIn.end(), key.text) != kBuiltIn.end() ||
          !is_name(key.text)) {
        document_.refuse(key, fmt::format("'{}' is no kind to be declared: choose another name; "
                                          "money, timeline, company_size, email and phone are "
                                          "found without",
                                          key.text));
        continue;
      }
      auto kind = std::find_if(into_.entities.begin(), into_.entities.end(),
                               [&](const EntityKind& each) { return each.name == key.text; });
      if (kind == into_.entities.end())
        kind = into_.entities.insert(into_.entities.end(), {.name = key.text, .values = {}});
      definitions(value, key.text, kind->values);
    }
  }

  // {en: {two: 2}}
  void numbers(YamlFields& fields, std::string_view name, std::vector<NumberWord>& into) {
    const YamlNode* node = fields.take(name);
    if (node == nullptr || !is_map(*node, fmt::format("'{}'", name))) return;
    for (const auto& [language, words] : node->members) {
      check_language(language);
      if (!is_map(words, "the words of a language")) continue;
      for (const auto& [word, value] : words.members) {
        int64_t number = 0;
        const char* end = value.text.data() + value.text.size();
        const auto [stop, error] = std::from_chars(value.text.data(), end, number);
        if (error != std::errc() || stop != end || number < 1 || number > kMostNumber)
          document_.refuse(value, fmt::format("'{}' must be a whole number from 1 to {}", word.text,
                                              kMostNumber));
        if (auto added = scratch_.add(word.text); !added)
          document_.refuse(word, added.error().message);
        into.push_back({.language = language.text, .word = word.text, .value = number});
      }
    }
  }

  // {month: {en: [...]}}, with the values allowed; none named: any name.
  void values(YamlFields& fields, std::string_view name, bool (*allowed)(std::string_view),
              std::string_view form, std::vector<ValueWords>& into) {
    const YamlNode* node = fields.take(name);
    if (node == nullptr || !is_map(*node, fmt::format("'{}'", name))) return;
    for (const auto& [value, words] : node->members) {
      if (!allowed(value.text))
        document_.refuse(value, fmt::format("'{}' in '{}' must be {}", value.text, name, form));
      into.push_back({.value = value.text, .words = {}});
      word_lists(words, fmt::format("'{}'", value.text), into.back().words);
    }
  }

  void read_amounts(const YamlNode& node) {
    YamlFields fields(node, "'amounts'", document_);
    AmountWords& into = into_.amounts;
    numbers(fields, "numbers", into.numbers);
    numbers(fields, "magnitudes", into.magnitudes);
    if (const YamlNode* currencies = fields.take("currencies"); currencies)
      read_currencies(*currencies);
    values(fields, "per", is_name, "a name", into.per);
    take_words(fields, "to", into.to);
    take_words(fields, "between", into.between);
    take_words(fields, "join", into.join);
    take_words(fields, "size_units", into.size_units);
    take_words(fields, "size_leads", into.size_leads);
    fields.finish();
  }

  void read_currencies(const YamlNode& node) {
    if (!is_map(node, "'currencies'")) return;
    for (const auto& [code, value] : node.members) {
      const bool fits =
          code.text.size() == 3 && std::all_of(code.text.begin(), code.text.end(),
                                               [](char c) { return c >= 'A' && c <= 'Z'; });
      if (!fits) document_.refuse(code, fmt::format("'{}' is no ISO 4217 code", code.text));
      YamlFields fields(value, fmt::format("currency '{}'", code.text), document_);
      Currency currency{.code = code.text};
      currency.digits = static_cast<int>(fields.integer("digits", 0, 4, 2));
      if (const YamlNode* words = fields.require("words"))
        word_lists(*words, "'words'", currency.words);
      fields.finish();
      into_.amounts.currencies.push_back(std::move(currency));
    }
  }

  void read_timeline(const YamlNode& node) {
    YamlFields fields(node, "'timeline'", document_);
    TimelineWords& into = into_.timeline;
    const auto is_unit = [](std::string_view unit) {
      return unit.size() == 1 && std::string_view("DWMY").find(unit) != std::string_view::npos;
    };
    const auto is_span = [](std::string_view span) {
      if (span.size() == 2 && span[0] == 'Q') return span[1] >= '1' && span[1] <= '4';
      const bool ends = span.size() >= 3 && span.size() <= 5 && span[0] == 'P' &&
                        std::string_view("DWMY").find(span.back()) != std::string_view::npos;
      return ends && span.substr(1, span.size() - 2).find_first_not_of("0123456789") == span.npos;
    };
    const auto is_month = [](std::string_view month) {
      const int64_t number = month.size() <= 2 && !month.empty() ? parse_number(month) : kNoNumber;
      return month.find_first_not_of("0123456789") == month.npos && number >= kNumberScale &&
             number <= 12 * kNumberScale;
    };
    take_words(fields, "leads", into.leads);
    take_words(fields, "follows", into.follows);
    values(fields, "units", is_unit, "D, W, M or Y", into.units);
    values(fields, "spans", is_span, "a span such as P0D, P2W, P1M, or Q1 to Q4", into.spans);
    values(fields, "months", is_month, "a month from 1 to 12", into.months);
    fields.finish();
  }

  YamlDocument& document_;
  TextDefinitions& into_;
  Tokenizer tokenizer_;
  PhraseTable scratch_{tokenizer_};
  std::vector<std::string> languages_;
};

}  // namespace

void read_text_signals(const YamlNode& section, YamlDocument& document, TextDefinitions& into) {
  Reader(document, into).read(section);
}

Result<TextDefinitions> load_text_signals(std::string_view yaml, std::string_view name) {
  TRY_ASSIGN(const YamlNode root, parse_yaml(yaml, name));
  YamlDocument document{.name = std::string(name)};
  TextDefinitions definitions;
  YamlFields fields(root, "the document", document);
  if (const YamlNode* section = fields.require("text"))
    read_text_signals(*section, document, definitions);
  fields.finish();
  if (document.error) return *document.error;
  return definitions;
}

}  // namespace rapport::learn
