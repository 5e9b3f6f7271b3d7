#include <algorithm>
#include <map>

#include "base/text.h"
#include "learn/text_signals.h"
#include "learn/word_compiler.h"

namespace rapport::learn {
namespace {

constexpr size_t kBareAmountWithin = 6;          // words after "budget"
constexpr int64_t kLeastBareAmount = 100 * 100;  // hundredths
constexpr int64_t kFirstLikelyYear = 2020 * kNumberScale, kLastLikelyYear = 2099 * kNumberScale;

// A definition found at some words.
struct Found {
  uint32_t definition = 0;
  uint8_t language = 0;
  uint32_t first = 0, last = 0;  // words
  Evidence evidence;
  std::string value = {};  // the group of a pattern
  bool negated = false;
};

// What was found of one intent or topic, by its place in the definitions.
struct Slot {
  uint32_t number = 0;
  Signal signal;
};

template <class Slots>
auto* slot_of(Slots& slots, uint32_t number) {
  const auto found = std::find_if(slots.begin(), slots.end(),
                                  [&](const Slot& slot) { return slot.number == number; });
  return found == slots.end() ? nullptr : &*found;
}

// One text being read.
class TextRun {
 public:
  TextRun(const CompiledWords& words, std::string_view text, Languages languages)
      : words_(words),
        addresses_(find_addresses(text)),
        tokens_(words.tokenizer.cut(text, spans())),
        hits_(words.phrases.find(tokens_)),
        reading_{tokens_, hits_, words.uses, languages} {}

  TextSignals read() {
    out_.entities.reserve(8);
    read_words();
    read_patterns();
    read_addresses();
    read_order();
    finish();
    return std::move(out_);
  }

 private:
  std::vector<Span> spans() const {
    std::vector<Span> all;
    all.reserve(addresses_.size());
    for (const Address& address : addresses_) all.push_back(address.span);
    return all;
  }

  void read_words() {
    std::vector<uint32_t> beyond(
        words_.definitions.size());  // of each: the word after its last hit
    std::vector<int> speaks(words_.languages.size());
    // Longer phrases first, so that a shorter one within them counts no second time.
    for (size_t at = 0; at < tokens_.tokens.size(); at++) {
      for (uint32_t i = hits_.begins[at + 1]; i > hits_.begins[at]; i--) {
        const PhraseHit& hit = hits_.hits[i - 1];
        const PhraseUse& use = words_.uses[hit.phrase];
        if (use.role == Role::kLanguage) speaks[use.target]++;
        if (use.role != Role::kWord || !reading_.counts(hit)) continue;
        if (beyond[use.target] > hit.last) continue;
        if (add_word(hit, use)) beyond[use.target] = hit.last + 1;
      }
    }
    guess_language(speaks);
  }

  bool add_word(const PhraseHit& hit, const PhraseUse& use) {
    const CompiledDefinition& definition = words_.definitions[use.target];
    if (is_full(definition)) return false;
    if (is_excepted(use.target, hit.first, hit.last)) return false;
    Found found{.definition = use.target,
                .language = use.language,
                .first = hit.first,
                .last = hit.last,
                .evidence = reading_.evidence(hit.first, hit.last, definition.id, use.declared)};
    return add(std::move(found));
  }

  // Whether nothing more of a definition would be kept.
  bool is_full(const CompiledDefinition& definition) const {
    if (definition.section == Section::kEntity) return out_.entities.size() >= 2 * kMostEntities;
    const auto& list = definition.section == Section::kTopic ? topics_ : intents_;
    if (definition.section != Section::kIntent && definition.section != Section::kTopic)
      return false;
    const Slot* known = slot_of(list, definition.slot);
    return known != nullptr && known->signal.evidence.size() >= kMostEvidence;
  }

  // Whether an `unless` of the definition overlaps these words.
  bool is_excepted(uint32_t definition, size_t first, size_t last) const {
    const size_t from = first + 1 < kLongestPhrase ? 0 : first + 1 - kLongestPhrase;
    for (uint32_t i = hits_.begins[from]; i < hits_.begins[last + 1]; i++) {
      const PhraseHit& hit = hits_.hits[i];
      const PhraseUse& use = words_.uses[hit.phrase];
      if (use.role == Role::kUnless && use.target == definition && hit.last >= first &&
          reading_.counts(hit))
        return true;
    }
    return false;
  }

  bool add(Found found) {
    const CompiledDefinition& definition = words_.definitions[found.definition];
    if (definition.negated == Negated::kCancels) found.negated = reading_.is_negated(found.first);
    switch (definition.section) {
      case Section::kIntent:
        return add_signal(intents_, definition, std::move(found));
      case Section::kTopic:
        return add_signal(topics_, definition, std::move(found));
      case Section::kEntity:
        return add_entity(definition, std::move(found));
      default:
        return add_sentiment(definition, std::move(found));
    }
  }

  bool add_signal(std::vector<Slot>& signals, const CompiledDefinition& definition, Found found) {
    if (found.negated) return false;
    if (definition.amount_follows) amounts_after_.push_back(found.last);
    Slot* slot = slot_of(signals, definition.slot);
    if (slot == nullptr)
      slot =
          &signals.emplace_back(Slot{definition.slot, {.name = definition.name, .evidence = {}}});
    Signal& signal = slot->signal;
    if (signal.evidence.size() < kMostEvidence)
      signal.evidence.push_back(std::move(found.evidence));
    return true;
  }

  bool add_entity(const CompiledDefinition& definition, Found found) {
    if (found.negated) return false;
    std::string value = definition.name;
    if (definition.as_written) value = found.value.empty() ? found.evidence.word : found.value;
    out_.entities.push_back({.kind = definition.kind,
                             .value = std::move(value),
                             .evidence = std::move(found.evidence)});
    return true;
  }

  // A negated negative word says nothing; a negated positive one is what the definitions say.
  bool add_sentiment(const CompiledDefinition& definition, Found found) {
    Section section = definition.section;
    std::string_view finer = definition.name;
    if (found.negated) {
      if (section != Section::kPositive || words_.negated_positive.empty()) return false;
      section = Section::kNegative;
      finer = words_.negated_positive;
    }
    if (section == Section::kPositive) out_.sentiment.positive += definition.weight;
    if (section == Section::kNegative) out_.sentiment.negative += definition.weight;
    auto& finers = finers_[static_cast<size_t>(section)];
    const auto known = std::find_if(finers.begin(), finers.end(),
                                    [&](const auto& each) { return each.first == finer; });
    if (known == finers.end()) {
      finers.emplace_back(finer, definition.weight);
    } else {
      known->second += definition.weight;
    }
    if (out_.sentiment.evidence.size() < kMostEvidence)
      out_.sentiment.evidence.push_back(std::move(found.evidence));
    return true;
  }

  void read_patterns() {
    if (words_.all_patterns == nullptr) return;
    const std::string_view text = cut_utf8(tokens_.text, kLongestForPatterns);
    std::vector<int> numbers;
    RE2::Set::ErrorInfo error{RE2::Set::kNoError};
    const bool any = words_.all_patterns->Match({text.data(), text.size()}, &numbers, &error);
    if (!any && error.kind != RE2::Set::kNoError) {  // no room for the automaton: one by one
      numbers.resize(words_.patterns.size());
      for (size_t i = 0; i < numbers.size(); i++) numbers[i] = static_cast<int>(i);
    }
    std::sort(numbers.begin(), numbers.end());
    for (const int number : numbers)
      read_pattern(words_.patterns[static_cast<size_t>(number)], text);
  }

  void read_pattern(const CompiledPattern& pattern, std::string_view text) {
    constexpr int kMostPlaces = 4;
    if (!reading_.languages.has(pattern.language)) return;
    const re2::StringPiece whole(text.data(), text.size());
    size_t from = 0;
    for (int places = 0; places < kMostPlaces && from < text.size(); places++) {
      re2::StringPiece parts[2];
      const int groups = pattern.pattern->NumberOfCapturingGroups();
      if (!pattern.pattern->Match(whole, from, text.size(), RE2::UNANCHORED, parts, groups + 1))
        return;
      const auto begin = static_cast<size_t>(parts[0].data() - text.data());
      const size_t end = begin + parts[0].size();
      from = std::max(end, from + 1);
      if (end > begin) add_pattern(pattern, begin, end, {parts[1].data(), parts[1].size()});
    }
  }

  void add_pattern(const CompiledPattern& pattern, size_t begin, size_t end,
                   std::string_view group) {
    const auto& all = tokens_.tokens;
    const auto after = [](size_t at, const Token& token) { return at < token.end; };
    const auto first = std::upper_bound(all.begin(), all.end(), begin, after);
    if (first == all.end() || first->begin >= end) return;
    auto last = first;
    while (last + 1 != all.end() && (last + 1)->begin < end) last++;
    const CompiledDefinition& definition = words_.definitions[pattern.definition];
    Found found{.definition = pattern.definition,
                .language = pattern.language,
                .first = static_cast<uint32_t>(first - all.begin()),
                .last = static_cast<uint32_t>(last - all.begin()),
                .evidence = {.word = std::string(tokens_.text.substr(begin, end - begin)),
                             .begin = begin,
                             .end = end,
                             .definition = definition.id,
                             .declared = pattern.pattern->pattern()},
                .value = std::string(group)};
    if (!is_excepted(found.definition, found.first, found.last)) add(std::move(found));
  }

  void read_addresses() {
    for (const Address& address : addresses_) {
      if (address.mail) add_contact("email", address.span);
    }
  }

  void add_contact(std::string_view kind, Span span) {
    const std::string text(tokens_.text.substr(span.begin, span.end - span.begin));
    out_.entities.push_back(
        {.kind = std::string(kind),
         .value = text,
         .evidence = {
             .word = text, .begin = span.begin, .end = span.end, .definition = std::string(kind)}});
  }

  // What numbers and words mean by their order.
  void read_order() {
    std::sort(amounts_after_.begin(), amounts_after_.end());
    size_t found = 0;
    for (size_t at = 0; at < tokens_.tokens.size() && found < kMostEntities;) {
      if (is_number(reading_, at)) {
        const size_t next = read_number(at);
        found += next > at ? 1 : 0;
        at = std::max(next, at + 1);
        continue;
      }
      auto time = timeline_at(reading_, at);
      if (!time && tokens_.tokens[at].gap != 0) time = date_at(reading_, at);
      found += time ? 1 : 0;
      at = time ? take(std::move(*time)) : at + 1;
    }
  }

  size_t take(EntityAt found) {
    out_.entities.push_back(std::move(found.entity));
    return found.last + 1;
  }

  // The word after what was found, or `at`.
  size_t read_number(size_t at) {
    if (auto date = date_at(reading_, at)) return take(std::move(*date));
    if (auto money = money_at(reading_, at, words_.currencies)) return take(std::move(*money));
    if (auto size = company_size_at(reading_, at)) return take(std::move(*size));
    if (auto time = timeline_at(reading_, at)) return take(std::move(*time));
    const Token& token = tokens_.tokens[at];
    if (const auto phone =
            is_digit_at(token) ? phone_at(tokens_.text, token.begin) : std::nullopt) {
      add_contact("phone", *phone);
      while (at < tokens_.tokens.size() && tokens_.tokens[at].begin < phone->end) at++;
      return at;
    }
    if (!is_after_amount_word(at)) return at;
    auto money = bare_money_at(reading_, at);
    if (!money || money->entity.money->high < kLeastBareAmount || is_year(token)) return at;
    return take(std::move(*money));
  }

  // "budget 2026"
  static bool is_year(const Token& token) {
    return token.end - token.begin == 4 && token.number >= kFirstLikelyYear &&
           token.number <= kLastLikelyYear;
  }

  bool is_digit_at(const Token& token) const {
    return tokens_.text[token.begin] >= '0' && tokens_.text[token.begin] <= '9';
  }

  bool is_after_amount_word(size_t at) const {
    const auto after = std::lower_bound(amounts_after_.begin(), amounts_after_.end(), at);
    if (after == amounts_after_.begin() || at - *(after - 1) > kBareAmountWithin) return false;
    for (size_t t = *(after - 1) + 1; t <= at; t++) {
      const char gap = tokens_.tokens[t].gap;
      if (tokens_.tokens[t].clause && gap != ':' && gap != '(') return false;
    }
    return true;
  }

  void guess_language(const std::vector<int>& speaks) {
    size_t best = 0;
    int second = 0;
    for (size_t i = 1; i < speaks.size(); i++) {
      if (best == 0 || speaks[i] > speaks[best]) {
        if (best != 0) second = std::max(second, speaks[best]);
        best = i;
      } else {
        second = std::max(second, speaks[i]);
      }
    }
    if (best != 0 && speaks[best] >= 2 && speaks[best] >= 3 * second)
      out_.language = words_.languages[best];
  }

  void finish() {
    const auto earlier = [](const auto& a, const auto& b) { return a.begin < b.begin; };
    for (auto* signals : {&intents_, &topics_}) {
      auto& list = signals == &intents_ ? out_.intents : out_.topics;
      std::sort(signals->begin(), signals->end(),
                [](const Slot& a, const Slot& b) { return a.number < b.number; });
      list.reserve(signals->size());
      for (Slot& slot : *signals) {
        std::stable_sort(slot.signal.evidence.begin(), slot.signal.evidence.end(), earlier);
        list.push_back(std::move(slot.signal));
      }
    }
    finish_sentiment();
    std::stable_sort(out_.sentiment.evidence.begin(), out_.sentiment.evidence.end(), earlier);
    const auto by_place = [&](const Entity& a, const Entity& b) {
      return earlier(a.evidence, b.evidence);
    };
    if (!std::is_sorted(out_.entities.begin(), out_.entities.end(), by_place))
      std::stable_sort(out_.entities.begin(), out_.entities.end(), by_place);
    if (out_.entities.size() > 1) leave_out_contained();
    if (out_.entities.size() > kMostEntities)
      out_.entities.erase(out_.entities.begin() + kMostEntities, out_.entities.end());
  }

  // Of two places of one kind that overlap the longer one stays, of equal ones the first.
  void leave_out_contained() {
    std::map<std::string_view, size_t> latest;  // by kind: its place in `kept`
    std::vector<Entity> kept;
    kept.reserve(out_.entities.size());
    for (Entity& entity : out_.entities) {
      const auto known = latest.find(entity.kind);
      if (known != latest.end()) {
        Entity& before = kept[known->second];
        if (entity.evidence.begin < before.evidence.end) {
          const auto length = [](const Entity& e) { return e.evidence.end - e.evidence.begin; };
          if (length(entity) > length(before)) {
            latest.erase(known);
            before = std::move(entity);
            latest[before.kind] = static_cast<size_t>(&before - kept.data());
          }
          continue;
        }
        latest.erase(known);
      }
      kept.push_back(std::move(entity));
      latest[kept.back().kind] = kept.size() - 1;
    }
    out_.entities = std::move(kept);
  }

  void finish_sentiment() {
    Sentiment& sentiment = out_.sentiment;
    Section section = Section::kNeutral;
    if (sentiment.negative > 0 && sentiment.negative >= sentiment.positive) {
      sentiment.polarity = Polarity::kNegative;
      section = Section::kNegative;
    } else if (sentiment.positive > 0) {
      sentiment.polarity = Polarity::kPositive;
      section = Section::kPositive;
    }
    const auto& finers = finers_[static_cast<size_t>(section)];
    const auto most = std::max_element(finers.begin(), finers.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    sentiment.finer = most == finers.end() ? words_.unmarked : std::string(most->first);
  }

  const CompiledWords& words_;
  std::vector<Address> addresses_;
  TokenText tokens_;
  PhraseHits hits_;
  WordReading reading_;
  TextSignals out_;
  std::vector<Slot> intents_, topics_;
  std::array<std::vector<std::pair<std::string_view, int>>, 6> finers_;
  std::vector<size_t> amounts_after_;
};

template <class List>
auto* named(List& list, std::string_view name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

std::string_view name(Polarity polarity) {
  switch (polarity) {
    case Polarity::kNegative:
      return "negative";
    case Polarity::kNeutral:
      return "neutral";
    case Polarity::kPositive:
      return "positive";
  }
  BUG("polarity");
}

const Signal* TextSignals::intent(std::string_view name) const {
  return named(intents, name);
}
const Signal* TextSignals::topic(std::string_view name) const {
  return named(topics, name);
}
const Entity* TextSignals::entity(std::string_view kind) const {
  const auto found = std::find_if(entities.begin(), entities.end(),
                                  [&](const Entity& each) { return each.kind == kind; });
  return found == entities.end() ? nullptr : &*found;
}

std::string_view sentence_around(std::string_view text, const Evidence& evidence) {
  CHECK(evidence.begin <= evidence.end && evidence.end <= text.size());
  const auto ends = [&](size_t at) {  // after this byte a sentence may begin
    if (text[at] == '\n') return true;
    const bool sign = text[at] == '.' || text[at] == '!' || text[at] == '?';
    return sign && (at + 1 == text.size() || static_cast<unsigned char>(text[at + 1]) <= ' ');
  };
  size_t begin = evidence.begin, end = evidence.end;
  while (begin > 0 && !ends(begin - 1)) begin--;
  while (end < text.size() && !(end > begin && ends(end - 1))) end++;
  return trim(text.substr(begin, end - begin));
}

struct WordSignals::Compiled {
  CompiledWords words;
};

WordSignals::WordSignals(std::unique_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}
WordSignals::WordSignals(WordSignals&&) noexcept = default;
WordSignals& WordSignals::operator=(WordSignals&&) noexcept = default;
WordSignals::~WordSignals() = default;

Result<WordSignals> WordSignals::compile(const TextDefinitions& definitions) {
  auto compiled = std::make_unique<Compiled>();
  TRY(compile_words(definitions, compiled->words));
  return WordSignals(std::move(compiled));
}

TextSignals WordSignals::read(std::string_view text, std::string_view language) const {
  const CompiledWords& words = compiled_->words;
  Languages languages{.active = ~uint64_t{0}};
  if (!language.empty()) {
    const std::string primary = ascii_lower(language.substr(0, language.find_first_of("-_")));
    languages.active = 1;
    for (size_t i = 1; i < words.languages.size(); i++) {
      if (words.languages[i] == primary) languages.active |= uint64_t{1} << i;
    }
  }
  const std::string_view whole = cut_utf8(text, kLongestText);
  TextSignals signals = TextRun(words, whole, languages).read();
  signals.cut = whole.size() < text.size();
  return signals;
}

}  // namespace rapport::learn
