#include "cel/hand_written.h"

#include <cstring>
#include <string_view>

#include "cel/records.h"

namespace rapport::bench {
namespace {

using expr::Kind;
using expr::Value;

enum Intent : uint32_t {
  kPricing = 1 << 0,
  kCompetitor = 1 << 1,
  kEnterprise = 1 << 2,
  kDemo = 1 << 3,
  kTrial = 1 << 4,
  kImplementationTimeline = 1 << 5,
  kFaq = 1 << 6,
  kPlans = 1 << 7,
  kUseCase = 1 << 8,
  kProblem = 1 << 9,
  kImplementation = 1 << 10,
  kSetup = 1 << 11,
  kDecision = 1 << 12,
  kMeeting = 1 << 13,
};

// One look at the length, then one or two comparisons.
uint32_t intent_of(std::string_view name) {
  switch (name.size()) {
    case 3:
      return name == "faq" ? kFaq : 0;
    case 4:
      return name == "demo" ? kDemo : 0;
    case 5:
      return name == "trial" ? kTrial : name == "plans" ? kPlans : name == "setup" ? kSetup : 0;
    case 7:
      return name == "pricing" ? kPricing : name == "meeting" ? kMeeting : 0;
    case 8:
      return name == "use_case" ? kUseCase : 0;
    case 14:
      return name == "implementation" ? kImplementation : 0;
    case 16:
      return name == "business_problem" ? kProblem : 0;
    case 17:
      return name == "decision_timeline" ? kDecision : 0;
    case 19:
      return name == "enterprise_features" ? kEnterprise : 0;
    case 21:
      return name == "competitor_comparison" ? kCompetitor : 0;
    case 23:
      return name == "implementation_timeline" ? kImplementationTimeline : 0;
    default:
      return 0;
  }
}

enum Words : uint32_t {
  kCo25 = 1 << 0,
  kCo26 = 1 << 1,
  kCo27 = 1 << 2,
  kCo28 = 1 << 3,
};

constexpr bool is_word_byte(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
struct Classes {
  bool word[256] = {};
  constexpr Classes() {
    for (int c = 0; c < 128; ++c) word[c] = is_word_byte(static_cast<unsigned char>(c));
  }
};
constexpr Classes kClasses;

bool is_word(const char* at, size_t size, const char* lower) {
  for (size_t i = 0; i < size; ++i)
    if ((at[i] | 0x20) != lower[i]) return false;
  return true;
}

// What one word of `left` bytes of text means for the rules.
uint32_t meaning_of(const char* at, size_t size, size_t left) {
  const auto is = [&](const char* lower) { return is_word(at, size, lower); };
  switch (size) {
    case 4:
      return is("cost") ? kCo28 : 0;
    case 5:
      return is("price") ? kCo25 | kCo28 : is("legal") ? kCo26 : 0;
    case 6:
      if (is("refund")) return kCo25;
      if (is("lawyer")) return kCo26;
      if (is("charge")) return kCo27;
      if (is("budget")) return kCo28;
      if (is("social") && left >= 12 && at[6] == ' ' && is_word(at + 7, 5, "media") &&
          (left == 12 || !kClasses.word[static_cast<unsigned char>(at[12])]))
        return kCo26;
      return 0;
    case 7:
      return is("billing")                    ? kCo25 | kCo27
             : is("payment") || is("invoice") ? kCo27
             : is("twitter")                  ? kCo26
                                              : 0;
    case 8:
      return is("facebook") ? kCo26 : 0;
    case 9:
      return is("expensive") ? kCo28 : is("instagram") ? kCo26 : 0;
    default:
      return 0;
  }
}

uint32_t words_of(const Value& text) {
  if (!text.is(Kind::kString)) return 0;
  const char* at = text.as_text().data();
  const char* end = at + text.as_text().size();
  uint32_t found = 0;
  while (at != end) {
    while (at != end && !kClasses.word[static_cast<unsigned char>(*at)]) ++at;
    const char* word = at;
    while (at != end && kClasses.word[static_cast<unsigned char>(*at)]) ++at;
    const auto size = static_cast<size_t>(at - word);
    if (size >= 4 && size <= 9) found |= meaning_of(word, size, static_cast<size_t>(end - word));
  }
  return found;
}

bool is_text(const Value& v, std::string_view text) {
  return v.is(Kind::kString) && v.as_text() == text;
}
bool is_filled(const Value& v) {
  return v.is(Kind::kString) && !v.as_text().empty();
}
bool is_above(const Value& v, int64_t limit) {
  if (v.is(Kind::kInt)) return v.as_int() > limit;
  return v.is(Kind::kDouble) && v.as_double() > static_cast<double>(limit);
}

uint32_t intents_of(const Value& list) {
  uint32_t intents = 0;
  if (list.is(Kind::kList) && !list.is_view())
    for (uint32_t i = 0; i < list.cell_count(); ++i)
      if (list.cells()[i].is(Kind::kString)) intents |= intent_of(list.cells()[i].as_text());
  return intents;
}

uint32_t score(uint32_t intents) {
  uint32_t bits = 0;
  const auto set = [&](uint32_t condition, uint32_t any) {
    if (intents & any) bits |= 1u << condition;
  };
  set(0, kPricing);
  set(1, kCompetitor);
  set(2, kEnterprise);
  set(3, kDemo | kTrial);
  set(4, kImplementationTimeline);
  set(5, kFaq);
  set(8, kPricing | kPlans);
  set(9, kUseCase | kProblem);
  set(10, kImplementation | kSetup);
  set(11, kImplementationTimeline | kDecision);
  set(12, kDemo | kTrial | kMeeting);
  return bits;
}

}  // namespace

uint32_t decide_by_hand(const expr::RecordView& record, expr::Arena& arena) {
  const auto read = [&](Slot slot) { return record.read(slot, arena); };
  uint32_t bits = 0;
  const auto set = [&](uint32_t condition, bool holds) { bits |= uint32_t{holds} << condition; };
  const Value type = read(kType);
  const bool message = is_text(type, "message.received");
  const bool ticket = !message && is_text(type, "ticket.created");
  if (message) bits |= score(intents_of(read(kIntents)));
  set(6, is_filled(read(kEmail)));
  set(7, is_filled(read(kEmailDomain)) && read(kFreeMail).is_false());
  const Value ltv = read(kLtv);
  set(13, is_above(ltv, 50'000));
  set(14, is_text(read(kRetentionRisk), "high"));
  set(15, is_text(read(kUpsellPotential), "high"));
  if (ticket) {
    const Value tags = read(kTags);
    if (tags.is(Kind::kList) && !tags.is_view())
      for (uint32_t i = 0; i < tags.cell_count(); ++i)
        if (is_text(tags.cells()[i], "cost")) set(16, true);
  }
  set(17, (message || ticket || is_text(type, "conversation.started")) && is_above(ltv, 25'000));
  const Value tier = read(kTier);
  if (is_text(tier, "gold") || is_text(tier, "platinum"))
    set(18, (words_of(read(kSubject)) & kCo25) != 0);
  const uint32_t words = words_of(read(kText));
  set(19, is_above(read(kAmount), 2'000) || (words & kCo26) != 0);
  set(20, (words & kCo27) != 0);
  set(21, (words & kCo28) != 0);
  return bits;
}

}  // namespace rapport::bench
