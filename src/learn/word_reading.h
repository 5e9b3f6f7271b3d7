// The declared words as they stand in one text, and what can be read from their order: amounts,
// spans of time, negations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "learn/phrase_table.h"
#include "learn/text_signals.h"

namespace rapport::learn {

enum class Role : uint8_t {
  kWord,  // of a definition
  kUnless,
  kNegation,
  kNegationStop,
  kNegationExcept,
  kLanguage,
  kNumber,
  kMagnitude,
  kCurrency,
  kPer,
  kTo,
  kBetween,
  kJoin,
  kSizeUnit,
  kSizeLead,
  kLead,
  kFollow,
  kUnit,
  kSpan,
  kMonth,  // the last one
};
static_assert(static_cast<int>(Role::kMonth) < 32, "a bit each");

// What one declared phrase stands for.
struct PhraseUse {
  Role role = Role::kWord;
  uint8_t language = 0;  // 0: any
  uint32_t target = 0;   // of a definition, currency or language
  int64_t number = 0;    // of numbers, magnitudes, months; the window of a negation
  std::string value;     // of units, spans, `per`
  std::string declared;
};

struct Languages {
  uint64_t active = 1;  // a bit for each
  bool has(uint8_t language) const { return (active >> language & 1) != 0; }
};

struct WordReading {
  WordReading(const TokenText& text, const PhraseHits& found, const std::vector<PhraseUse>& uses,
              Languages languages);

  const TokenText& text;
  const PhraseHits& found;
  const std::vector<PhraseUse>& uses;
  Languages languages;
  std::vector<uint32_t> starts, ends;  // of each word: a bit for each role beginning, ending there

  size_t size() const { return text.tokens.size(); }
  const Token& token(size_t at) const { return text.tokens[at]; }
  const PhraseUse& use(const PhraseHit& hit) const { return uses[hit.phrase]; }
  bool counts(const PhraseHit& hit) const { return languages.has(use(hit).language); }
  // The longest phrase in this role that begins, or ends, at a word; null when there is none.
  const PhraseHit* starting(size_t at, Role role) const;
  const PhraseHit* ending(size_t at, Role role) const;
  // The same for the word after, or before, this one, where no sign parts the two.
  const PhraseHit* after(size_t at, Role role) const;
  const PhraseHit* before(size_t at, Role role) const;
  bool is_exception(size_t at) const;
  // Whether a negation reaches the word.
  bool is_negated(size_t at) const;
  Evidence evidence(size_t first, size_t last, std::string definition, std::string declared) const;
};

// An entity found from words in order, and its last word.
struct EntityAt {
  Entity entity;
  size_t last = 0;
};

std::optional<EntityAt> money_at(const WordReading& reading, size_t at,
                                 const std::vector<Currency>& currencies);
// A sum without currency. `at` must be a number.
std::optional<EntityAt> bare_money_at(const WordReading& reading, size_t at);
std::optional<EntityAt> company_size_at(const WordReading& reading, size_t at);
std::optional<EntityAt> date_at(const WordReading& reading, size_t at);
std::optional<EntityAt> timeline_at(const WordReading& reading, size_t at);
bool is_number(const WordReading& reading, size_t at);

// Addresses of mail and web, in order and apart. Linear.
struct Address {
  Span span;
  bool mail = false;
};
std::vector<Address> find_addresses(std::string_view text);
// A phone number whose first digit is the byte `at`: as written, with a leading + or bracket. With
// + or 0 before it 8 to 15 digits, else 9 to 15 in groups.
std::optional<Span> phone_at(std::string_view text, size_t at);

}  // namespace rapport::learn
