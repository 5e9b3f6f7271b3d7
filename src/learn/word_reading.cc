#include "learn/word_reading.h"

#include <algorithm>

namespace rapport::learn {
namespace {

uint32_t bit(Role role) {
  return uint32_t{1} << static_cast<int>(role);
}

}  // namespace

WordReading::WordReading(const TokenText& given, const PhraseHits& hits,
                         const std::vector<PhraseUse>& all, Languages spoken)
    : text(given),
      found(hits),
      uses(all),
      languages(spoken),
      starts(given.tokens.size()),
      ends(given.tokens.size()) {
  for (const PhraseHit& hit : found.hits) {
    if (!counts(hit)) continue;
    starts[hit.first] |= bit(use(hit).role);
    ends[hit.last] |= bit(use(hit).role);
  }
}

const PhraseHit* WordReading::starting(size_t at, Role role) const {
  if (at >= size() || (starts[at] & bit(role)) == 0) return nullptr;
  for (uint32_t i = found.begins[at + 1]; i > found.begins[at]; i--) {
    const PhraseHit& hit = found.hits[i - 1];
    if (use(hit).role == role && counts(hit)) return &hit;
  }
  return nullptr;
}

const PhraseHit* WordReading::ending(size_t at, Role role) const {
  if (at >= size() || (ends[at] & bit(role)) == 0) return nullptr;
  const size_t from = at + 1 < kLongestPhrase ? 0 : at + 1 - kLongestPhrase;
  for (uint32_t i = found.begins[from]; i < found.begins[at + 1]; i++) {
    const PhraseHit& hit = found.hits[i];
    if (hit.last == at && use(hit).role == role && counts(hit)) return &hit;
  }
  return nullptr;
}

const PhraseHit* WordReading::after(size_t at, Role role) const {
  return at + 1 < size() && token(at + 1).joined ? starting(at + 1, role) : nullptr;
}

const PhraseHit* WordReading::before(size_t at, Role role) const {
  return at > 0 && token(at).joined ? ending(at - 1, role) : nullptr;
}

// Whether a phrase that is no negation lies across the word.
bool WordReading::is_exception(size_t at) const {
  const size_t from = at + 1 < kLongestPhrase ? 0 : at + 1 - kLongestPhrase;
  for (size_t first = from; first <= at; first++) {
    const PhraseHit* hit = starting(first, Role::kNegationExcept);
    if (hit != nullptr && hit->last >= at) return true;
  }
  return false;
}

bool WordReading::is_negated(size_t at) const {
  for (size_t t = at, steps = 1; t > 0 && !token(t).clause; steps++) {
    t--;
    if (starting(t, Role::kNegationStop) != nullptr) return false;
    if (is_exception(t)) return false;
    const PhraseHit* negation = ending(t, Role::kNegation);
    if (negation != nullptr) return steps <= static_cast<size_t>(use(*negation).number);
    if (steps >= kMostWindow) return false;
  }
  return false;
}

Evidence WordReading::evidence(size_t first, size_t last, std::string definition,
                               std::string declared) const {
  return {.word = std::string(text.source(first, last)),
          .begin = token(first).begin,
          .end = token(last).end,
          .definition = std::move(definition),
          .declared = std::move(declared)};
}

}  // namespace rapport::learn
