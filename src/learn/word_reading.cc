#include "learn/word_reading.h"

#include <algorithm>

namespace rapport::learn {

const PhraseHit* WordReading::starting(size_t at, Role role) const {
  if (at >= size()) return nullptr;
  for (uint32_t i = found.begins[at + 1]; i > found.begins[at]; i--) {
    const PhraseHit& hit = found.hits[i - 1];
    if (use(hit).role == role && counts(hit)) return &hit;
  }
  return nullptr;
}

const PhraseHit* WordReading::ending(size_t at, Role role) const {
  if (at >= size()) return nullptr;
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

bool WordReading::is_negated(size_t at) const {
  for (size_t t = at, steps = 1; t > 0 && !token(t).clause; steps++) {
    t--;
    if (starting(t, Role::kNegationStop) != nullptr) return false;
    const size_t from = t + 1 < kLongestPhrase ? 0 : t + 1 - kLongestPhrase;
    bool reaches = false;
    for (uint32_t i = found.begins[from]; i < found.begins[t + 1]; i++) {
      const PhraseHit& hit = found.hits[i];
      const PhraseUse& negation = use(hit);
      if (!counts(hit)) continue;
      if (negation.role == Role::kNegationExcept && hit.last >= t) return false;
      if (negation.role != Role::kNegation || hit.last != t) continue;
      reaches |= steps <= static_cast<size_t>(negation.number);
    }
    if (reaches) return starting(t, Role::kNegationExcept) == nullptr;
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
