// What a message may say, as declared in packs: words and patterns per language. Plain values;
// docs/reference/text-signals.md is the grammar. read_text_signals reads them from YAML,
// WordSignals compiles them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rapport::learn {

// Words, phrases or patterns of one language: its BCP 47 primary subtag, or kAnyLanguage.
struct Words {
  std::string language;
  std::vector<std::string> list;
};
using WordLists = std::vector<Words>;
inline constexpr std::string_view kAnyLanguage = "any";

// What a negation shortly before a word does.
enum class Negated : uint8_t {
  kCancels,  // "no demo needed" asks for no demo
  kIgnored,  // "I do not see your prices" is about prices
};

struct TextDefinition {
  std::string name;
  std::vector<std::string> spec = {};  // lines of the specification it serves
  WordLists words = {};
  WordLists patterns = {};  // RE2, in any case, over the text as written
  WordLists unless = {};    // phrases that take a hit away which they overlap
  Negated negated = Negated::kCancels;
  int weight = 1;               // of sentiment
  bool amount_follows = false;  // a bare number shortly after is a sum of money
  bool as_written = false;      // of an entity: the value is the text found, not the name
};

inline constexpr size_t kMostWindow = 8;

struct NegationWords {
  std::string language;
  std::vector<std::string> words;
  std::vector<std::string> stops = {};   // a negation does not reach beyond these
  std::vector<std::string> except = {};  // phrases that are no negation: "not only"
  int window = 3;  // a word so many places after the negation is reached; 1 to kMostWindow
};

struct NumberWord {
  std::string language;
  std::string word;
  int64_t value = 0;
};

struct Currency {
  std::string code;  // ISO 4217
  int digits = 2;    // of the minor unit
  WordLists words = {};
};

// Words that stand for one value: "month" for all names of a month.
struct ValueWords {
  std::string value;
  WordLists words;
};

struct AmountWords {
  std::vector<NumberWord> numbers = {};     // "two"
  std::vector<NumberWord> magnitudes = {};  // "k", "million"
  std::vector<Currency> currencies = {};
  std::vector<ValueWords> per = {};  // what a price is for: "month", "seat"
  WordLists to = {};                 // between the ends of a range
  WordLists between = {};            // before a range whose ends are joined by `join`
  WordLists join = {};
  WordLists size_units = {};  // after a number of people
  WordLists size_leads = {};  // before one
};

struct TimelineWords {
  WordLists leads = {};                 // before a span or month: "in", "within"
  WordLists follows = {};               // after a span: "from now"
  std::vector<ValueWords> units = {};   // "D", "W", "M", "Y"
  std::vector<ValueWords> spans = {};   // whole phrases: P0D: "right away", Q3: "third quarter"
  std::vector<ValueWords> months = {};  // "1" to "12"
};

struct EntityKind {
  std::string name;
  std::vector<TextDefinition> values;
};

struct TextDefinitions {
  WordLists languages = {};  // each language with words that give it away
  std::vector<NegationWords> negation = {};
  std::vector<TextDefinition> intents = {};
  std::vector<TextDefinition> topics = {};
  std::vector<TextDefinition> positive = {}, negative = {}, neutral = {};
  std::string negated_positive = {};  // what a negated positive word is; empty: nothing
  std::string unmarked = "neutral";   // the finer word where no word of sentiment stands
  std::vector<EntityKind> entities = {};
  AmountWords amounts = {};
  TimelineWords timeline = {};
};

}  // namespace rapport::learn
