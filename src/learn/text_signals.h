// What a message says: intents, sentiment, entities, topics and language, each with the words that
// gave it. BO-133, BO-134, BO-135, CH-131, CH-132.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "learn/text_definitions.h"

namespace rapport::learn {

// The place in the text that gave a signal.
struct Evidence {
  std::string word;          // as written
  size_t begin = 0;          // bytes in the text given
  size_t end = 0;            // exclusive
  std::string definition{};  // "intents.demo_request", "timeline"
  std::string declared{};    // the word or pattern of the definition: "refund*"
  bool operator==(const Evidence&) const = default;
};

struct Signal {
  std::string name;
  std::vector<Evidence> evidence;  // in the order of the text, at most kMostEvidence; never empty
};

enum class Polarity : uint8_t { kNegative, kNeutral, kPositive };
std::string_view name(Polarity polarity);  // "negative", "neutral", "positive"

struct Sentiment {
  Polarity polarity = Polarity::kNeutral;
  std::string finer;  // "frustrated"; of a text without such words what `unmarked` declares
  int positive = 0;   // sums of the weights found
  int negative = 0;
  std::vector<Evidence> evidence;  // of both sides
};

// A sum or range in minor units of the currency: 5000.00 USD is 500000.
struct MoneyRange {
  int64_t low = 0;
  int64_t high = 0;      // equal to `low` where one sum stands
  std::string currency;  // ISO 4217; empty where the text names none
  std::string per;       // "month", "seat/month"; empty: once, or not said
  int digits = 2;        // after the point; 2 where no currency is named
  bool operator==(const MoneyRange&) const = default;
};

struct NumberRange {
  int64_t low = 0;
  int64_t high = 0;
  bool operator==(const NumberRange&) const = default;
};

// `kind` is money, timeline, company_size, email, phone, or a kind that a pack declares
// (competitor, title, company …). `value` in one form for all languages:
//   money         "5000.00 USD", "500.00-1000.00 EUR/month"
//   timeline      from now: "P0D" at once, "P0M" within this month, "P2W"; "2026-06-15", "2026-06",
//                 "--06-15", "--06", "2026-Q3", "Q3"; empty where a date is ambiguous (3/4/2026)
//   company_size  "50", "10-50"
//   email, phone  as written
//   declared      the name declared, or the text where the definition says so
struct Entity {
  std::string kind;
  std::string value;
  Evidence evidence;
  std::optional<MoneyRange> money = std::nullopt;
  std::optional<NumberRange> number = std::nullopt;  // of company_size
};

struct TextSignals {
  std::vector<Signal> intents;  // in the order of their declaration, each once
  Sentiment sentiment;
  std::vector<Entity> entities;  // in the order of the text, at most kMostEntities
  std::vector<Signal> topics;
  std::string language;  // BCP 47 primary subtag where certain, else empty
  bool cut = false;      // the text was longer than kLongestText; what is beyond was not read

  const Signal* intent(std::string_view name) const;  // null when absent
  const Signal* topic(std::string_view name) const;
  const Entity* entity(std::string_view kind) const;  // the first of its kind
};

inline constexpr size_t kLongestText = 64 * 1024;       // bytes; cut at a character
inline constexpr size_t kLongestForPatterns = 8 << 10;  // patterns are looked for up to here
inline constexpr size_t kMostEvidence = 16;             // per signal
inline constexpr size_t kMostEntities = 100;

// The sentence of `text` around a piece of evidence, trimmed: what a technical requirement or a use
// case is recorded with.
std::string_view sentence_around(std::string_view text, const Evidence& evidence);

// The seam behind which learned models stand beside words.
class TextReader {
 public:
  virtual ~TextReader() = default;
  // `language`: BCP 47 ("es", "es-MX": the primary subtag counts), or empty where it is not known:
  // then the words of all languages count. Of a language without definitions only what is declared
  // for any language counts. Any bytes may be given: what is no UTF-8 separates words.
  // Pure; any thread.
  virtual TextSignals read(std::string_view text, std::string_view language) const = 0;
};

// Reads by declared words and patterns. Immutable once compiled.
//
// A word is found whole, in any case and without regard to accents; "refund*" finds every word that
// begins so; the words of a phrase may be parted by white space, hyphens and slashes. Words inside
// addresses of mail and web do not count.
//
// All words of all definitions are found in one pass, all patterns by one automaton, so the cost is
// that of the text and of what is found, hardly of the definitions. Measured with the 5,900 words
// of packs/text-signals (bench/text.cc): a message of 100 bytes takes 2 µs when nothing is in
// it, 4.3 to 5.5 µs when a dozen signals are; 64 KiB made to hurt at most 10 ms.
class WordSignals final : public TextReader {
 public:
  // Refuses what cannot be compiled: a bad pattern, a word without letters, too many definitions.
  // What read_text_signals has read without error is compiled, short of the limits on the whole.
  static Result<WordSignals> compile(const TextDefinitions& definitions);

  WordSignals(WordSignals&&) noexcept;
  WordSignals& operator=(WordSignals&&) noexcept;
  ~WordSignals() override;

  TextSignals read(std::string_view text, std::string_view language) const override;

 private:
  struct Compiled;
  explicit WordSignals(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace rapport::learn
