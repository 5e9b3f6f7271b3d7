// rooms: learn
// Any bytes as a message: whatever is found stands where it says, within the limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "learn/read_text_signals.h"
#include "learn/text_signals.h"

namespace {

using namespace rapport::learn;

constexpr std::string_view kDefinitions = R"(text:
  languages: {en: [the, is, you], es: [el, que]}
  negation: {en: {words: [not], stops: [but], except: [not only]}}
  intents:
    refund: {words: {en: [refund*, re*, money back, "a a a b"], any: ["€"]}, unless: {en: [tax re*]}}
    seats: {negated: ignored, patterns: {any: ['\bper (seat|user)\b', 'a+b'], es: ['[oó]+x']}}
    budget: {amount_follows: true, words: {en: [budget]}}
  topics: {letters: {words: {en: [a, b]}}}
  sentiment:
    negated_positive: bad
    positive: {good: {words: {en: [good, "🎉"]}}}
    negative: {bad: {words: {en: [bad]}}}
  entities:
    company: {named: {value: as_written, patterns: {any: ['\bat ((?-i:[A-Z])\w*)']}}}
  amounts:
    numbers: {en: {two: 2}}
    magnitudes: {any: {k: 1000, m: 1000000}}
    currencies: {USD: {words: {any: ["$", "US$", usd]}}, JPY: {digits: 0, words: {any: ["¥"]}}}
    per: {month: {en: [month, a month]}}
    to: {en: [to]}
    between: {en: [between]}
    join: {en: [and]}
    size_units: {en: [people]}
    size_leads: {en: [team of]}
  timeline:
    leads: {en: [in, by]}
    follows: {en: [from now]}
    units: {D: {en: [day, days]}, M: {en: [month, months]}}
    spans: {P0D: {en: [asap]}, Q3: {any: [q3]}}
    months: {5: {en: [may, of may]}, 2: {en: [february]}}
)";

void check(std::string_view text, const Evidence& evidence) {
  CHECK(evidence.begin < evidence.end && evidence.end <= text.size());
  CHECK(text.substr(evidence.begin, evidence.end - evidence.begin) == evidence.word);
  CHECK(!evidence.definition.empty());
  CHECK(sentence_around(text, evidence).size() <= text.size());
}

void check(std::string_view text, const TextSignals& signals) {
  for (const auto* list : {&signals.intents, &signals.topics}) {
    for (const Signal& signal : *list) {
      CHECK(!signal.evidence.empty() && signal.evidence.size() <= kMostEvidence);
      for (const Evidence& each : signal.evidence) check(text, each);
    }
  }
  for (const Evidence& each : signals.sentiment.evidence) check(text, each);
  CHECK(signals.entities.size() <= kMostEntities);
  size_t begin = 0;
  for (const Entity& entity : signals.entities) {
    check(text, entity.evidence);
    CHECK(entity.evidence.begin >= begin);
    begin = entity.evidence.begin;
    if (entity.money) CHECK(entity.money->low >= 0 && entity.money->low <= entity.money->high);
    if (entity.number) CHECK(entity.number->low >= 0 && entity.number->low <= entity.number->high);
  }
  CHECK(signals.cut == (text.size() > kLongestText));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const WordSignals reader =
      WordSignals::compile(load_text_signals(kDefinitions, "text.yaml").value()).value();
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  check(text, reader.read(text, ""));
  check(text, reader.read(text, "en-GB"));
  return 0;
}
