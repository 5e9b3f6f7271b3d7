#include "learn/phrase_table.h"

#include <fmt/core.h>

#include <algorithm>

namespace rapport::learn {
namespace {

constexpr uint64_t kHashStart = 14695981039346656037u, kHashStep = 1099511628211u;  // FNV-1a
constexpr size_t kShortestStem = 2;

uint64_t step(uint64_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(c)) * kHashStep;
}
uint64_t hash_of(std::string_view word) {
  uint64_t hash = kHashStart;
  for (const char c : word) hash = step(hash, c);
  return hash;
}
size_t filter_bit(uint64_t hash) {
  return (hash >> 24) & 0xFFFF;
}
uint64_t edge(uint32_t node, uint32_t term) {
  return (uint64_t{node} << 32) | term;
}

// Where a `*` stands in a phrase: after which byte a stem ends.
bool stem_ends_at(std::string_view phrase, size_t at) {
  return at < phrase.size() && phrase[at] == '*';
}

}  // namespace

void KeyTable::put(uint64_t key, uint32_t value) {
  if (used_ * 2 >= slots_.size()) {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(std::max<size_t>(16, old.size() * 2), {});
    mask_ = slots_.size() - 1;
    used_ = 0;
    for (const Slot& slot : old) {
      if (slot.value != kAbsent) put(slot.key, slot.value);
    }
  }
  size_t i = mix(key) & mask_;
  while (slots_[i].value != kAbsent && slots_[i].key != key) i = (i + 1) & mask_;
  if (slots_[i].value == kAbsent) used_++;
  slots_[i] = {key, value};
}

Result<uint32_t> PhraseTable::term(std::string_view word, bool stem) {
  KeyTable& table = stem ? stems_ : words_;
  const uint64_t hash = hash_of(word);
  const uint32_t known = table.find(hash);
  if (known != KeyTable::kAbsent) {
    if (terms_[known] == word) return known;
    return invalid(
        fmt::format("'{}' cannot stand beside '{}'; leave one out", word, terms_[known]));
  }
  const auto made = static_cast<uint32_t>(terms_.size());
  terms_.emplace_back(word);
  table.put(hash, made);
  if (stem) {
    stem_filter_[filter_bit(hash) / 64] |= uint64_t{1} << (filter_bit(hash) % 64);
    longest_stem_ = std::max(longest_stem_, word.size());
  }
  return made;
}

Result<uint32_t> PhraseTable::add(std::string_view phrase) {
  const TokenText text = tokenizer_.cut(phrase, {});
  if (text.tokens.empty()) return invalid(fmt::format("'{}' holds no word", phrase));
  if (text.tokens.size() > kLongestPhrase) {
    return invalid(fmt::format("'{}' has more than {} words", phrase, kLongestPhrase));
  }
  uint32_t node = 0;
  auto stars = std::count(phrase.begin(), phrase.end(), '*');
  for (const Token& token : text.tokens) stars -= stem_ends_at(phrase, token.end) ? 1 : 0;
  if (stars != 0) return invalid(fmt::format("'{}': '*' stands at the end of a word", phrase));
  for (const Token& token : text.tokens) {
    const bool stem = stem_ends_at(phrase, token.end);
    if (stem && token.end + 1 < phrase.size() && phrase[token.end + 1] != ' ')
      return invalid(fmt::format("'{}': '*' stands at the end of a word", phrase));
    const std::string_view word = text.word(token);
    if (stem && word.size() < kShortestStem) {
      return invalid(fmt::format("'{}': write at least two letters before '*'", phrase));
    }
    TRY_ASSIGN(const uint32_t id, term(word, stem));
    uint32_t next = edges_.find(edge(node, id));
    if (next == KeyTable::kAbsent) {
      next = static_cast<uint32_t>(nodes_.size());
      nodes_.emplace_back();
      edges_.put(edge(node, id), next);
    }
    node = next;
  }
  nodes_[node].phrases.push_back(phrases_);
  return phrases_++;
}

void PhraseTable::find_terms(std::string_view word, std::vector<uint32_t>& found) const {
  uint64_t hash = kHashStart;
  size_t i = 0;
  for (; i < word.size(); i++) {
    hash = step(hash, word[i]);
    if (i + 1 < kShortestStem || i >= longest_stem_) continue;
    const size_t bit = filter_bit(hash);
    if ((stem_filter_[bit / 64] >> (bit % 64) & 1) == 0) continue;
    const uint32_t stem = stems_.find(hash);
    if (stem != KeyTable::kAbsent && terms_[stem] == word.substr(0, i + 1)) found.push_back(stem);
  }
  const uint32_t exact = words_.find(hash);
  if (exact != KeyTable::kAbsent && terms_[exact] == word) found.push_back(exact);
}

PhraseHits PhraseTable::find(const TokenText& text) const {
  std::vector<uint32_t> terms, begins;
  terms.reserve(2 * text.tokens.size());
  begins.reserve(text.tokens.size() + 1);
  for (const Token& token : text.tokens) {
    begins.push_back(static_cast<uint32_t>(terms.size()));
    find_terms(text.word(token), terms);
  }
  begins.push_back(static_cast<uint32_t>(terms.size()));

  PhraseHits found;
  found.begins.reserve(begins.size());
  found.hits.reserve(4 * text.tokens.size());
  std::vector<uint32_t> reached, next;
  for (size_t first = 0; first < text.tokens.size(); first++) {
    found.begins.push_back(static_cast<uint32_t>(found.hits.size()));
    reached.assign(1, 0);
    for (size_t at = first; at < text.tokens.size() && !reached.empty(); at++) {
      if (begins[at] == begins[at + 1] || (at > first && !text.tokens[at].joined)) break;
      next.clear();
      for (const uint32_t node : reached) {
        for (uint32_t i = begins[at]; i < begins[at + 1]; i++) {
          const uint32_t to = edges_.find(edge(node, terms[i]));
          if (to == KeyTable::kAbsent) continue;
          next.push_back(to);
          for (const uint32_t phrase : nodes_[to].phrases) {
            found.hits.push_back({phrase, static_cast<uint32_t>(first), static_cast<uint32_t>(at)});
          }
        }
      }
      reached.swap(next);
    }
  }
  found.begins.push_back(static_cast<uint32_t>(found.hits.size()));
  return found;
}

}  // namespace rapport::learn
