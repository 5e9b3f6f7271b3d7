// Sums of money and numbers of people.
#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "learn/word_reading.h"

namespace rapport::learn {
namespace {

constexpr int64_t kMost = 900'000'000'000'000 * kNumberScale;

struct Amount {
  int64_t plain = 0;  // before the magnitude, times kNumberScale
  int64_t magnitude = 1;
  size_t last = 0;
  int64_t value() const {
    int64_t product = 0;
    if (__builtin_mul_overflow(plain, magnitude, &product) || product > kMost) return kNoNumber;
    return product;
  }
};

std::optional<Amount> amount_at(const WordReading& reading, size_t at) {
  if (at >= reading.size()) return std::nullopt;
  Amount amount{.plain = reading.token(at).number, .last = at};
  if (amount.plain == kNoNumber) {
    const PhraseHit* word = reading.starting(at, Role::kNumber);
    if (word == nullptr) return std::nullopt;
    amount.plain = reading.use(*word).number * kNumberScale;
    amount.last = word->last;
  }
  if (const PhraseHit* times = reading.after(amount.last, Role::kMagnitude)) {
    const Amount plain = amount;
    amount.magnitude = reading.use(*times).number;
    amount.last = times->last;
    if (amount.value() == kNoNumber) return plain;
  }
  return amount;
}

struct Range {
  int64_t low = 0, high = 0;  // times kNumberScale
  size_t first = 0, last = 0;
  const PhraseHit* currency = nullptr;
};

// Where the other end of a range begins, or `size()`.
size_t other_end(const WordReading& reading, const Range& range) {
  const size_t next = range.last + 1;
  if (next >= reading.size()) return next;
  if (reading.token(next).gap == '-' && reading.token(next).joined) return next;
  if (const PhraseHit* to = reading.after(range.last, Role::kTo)) return to->last + 1;
  if (reading.before(range.first, Role::kBetween) != nullptr) {
    if (const PhraseHit* join = reading.after(range.last, Role::kJoin)) return join->last + 1;
  }
  return reading.size();
}

const PhraseHit* currency_at(const WordReading& reading, size_t& at) {
  const PhraseHit* currency = reading.starting(at, Role::kCurrency);
  if (currency != nullptr) at = currency->last + 1;
  return currency;
}

std::optional<Range> range_at(const WordReading& reading, size_t at) {
  const auto low = amount_at(reading, at);
  if (!low) return std::nullopt;
  Range range{.low = low->value(), .high = low->value(), .first = at, .last = low->last};
  range.currency = reading.before(at, Role::kCurrency);
  if (range.currency != nullptr) range.first = range.currency->first;
  const PhraseHit* between_sign = reading.after(range.last, Role::kCurrency);
  if (range.currency == nullptr && between_sign != nullptr) {
    range.currency = between_sign;
    range.last = between_sign->last;
  }
  size_t other = other_end(reading, range);
  const PhraseHit* sign = currency_at(reading, other);
  if (const auto high = amount_at(reading, other); high && high->value() >= low->plain) {
    range.high = high->value();
    // "5 to 10 million": the magnitude is of both.
    if (low->magnitude == 1 && high->magnitude > 1 && low->plain <= high->plain) {
      range.low = low->plain * high->magnitude;
    }
    range.last = high->last;
    if (range.currency == nullptr) range.currency = sign;
  }
  if (range.low > range.high) std::swap(range.low, range.high);
  if (const PhraseHit* end = reading.after(range.last, Role::kCurrency);
      end != nullptr && (range.currency == nullptr || end == range.currency ||
                         reading.use(*end).target == reading.use(*range.currency).target)) {
    range.currency = end;
    range.last = end->last;
  }
  return range;
}

constexpr std::array<int64_t, 5> kPowers = {1, 10, 100, 1000, 10'000};

int64_t minor_units(int64_t scaled, int digits) {
  const int64_t unit = kNumberScale / kPowers[static_cast<size_t>(digits)];
  return (scaled + unit / 2) / unit;
}

std::string minor_text(int64_t minor, int digits) {
  const int64_t one = kPowers[static_cast<size_t>(digits)];
  if (digits == 0) return fmt::format("{}", minor);
  return fmt::format("{}.{:0{}}", minor / one, minor % one, digits);
}

std::string money_text(const MoneyRange& money, int digits) {
  std::string text = minor_text(money.low, digits);
  if (money.high != money.low) text += "-" + minor_text(money.high, digits);
  if (!money.currency.empty()) text += " " + money.currency;
  return money.per.empty() ? text : text + "/" + money.per;
}

EntityAt money_entity(const WordReading& reading, Range range, std::string_view code, int digits) {
  MoneyRange money{.low = minor_units(range.low, digits),
                   .high = minor_units(range.high, digits),
                   .currency = std::string(code),
                   .per = {},
                   .digits = digits};
  for (int parts = 0; parts < 3; parts++) {
    const PhraseHit* per = reading.after(range.last, Role::kPer);
    if (per == nullptr) break;
    money.per += (money.per.empty() ? "" : "/") + reading.use(*per).value;
    range.last = per->last;
  }
  EntityAt at{.entity = {.kind = "money",
                         .value = money_text(money, digits),
                         .evidence = reading.evidence(range.first, range.last, "amounts", "")},
              .last = range.last};
  at.entity.money = std::move(money);
  return at;
}

}  // namespace

bool is_number(const WordReading& reading, size_t at) {
  return reading.token(at).number != kNoNumber || reading.starting(at, Role::kNumber) != nullptr;
}

std::optional<EntityAt> money_at(const WordReading& reading, size_t at,
                                 const std::vector<Currency>& currencies) {
  const auto range = range_at(reading, at);
  if (!range || range->currency == nullptr) return std::nullopt;
  const Currency& currency = currencies[reading.use(*range->currency).target];
  return money_entity(reading, *range, currency.code, currency.digits);
}

std::optional<EntityAt> bare_money_at(const WordReading& reading, size_t at) {
  const auto range = range_at(reading, at);
  if (!range || reading.after(range->last, Role::kUnit) != nullptr) return std::nullopt;
  return money_entity(reading, *range, "", 2);
}

std::optional<EntityAt> company_size_at(const WordReading& reading, size_t at) {
  auto range = range_at(reading, at);
  if (!range || range->currency != nullptr || range->high < kNumberScale) return std::nullopt;
  const PhraseHit* unit = reading.after(range->last, Role::kSizeUnit);
  const PhraseHit* lead = reading.before(at, Role::kSizeLead);
  if (unit == nullptr && lead == nullptr) return std::nullopt;
  if (unit == nullptr && reading.after(range->last, Role::kUnit) != nullptr) return std::nullopt;
  if (unit != nullptr) range->last = unit->last;
  if (lead != nullptr) range->first = lead->first;
  const NumberRange number{.low = range->low / kNumberScale, .high = range->high / kNumberScale};
  EntityAt found{.entity = {.kind = "company_size",
                            .value = fmt::format("{}", number.low),
                            .evidence = reading.evidence(range->first, range->last,
                                                         "amounts.company_size", "")},
                 .last = range->last};
  if (number.high != number.low) found.entity.value += fmt::format("-{}", number.high);
  found.entity.number = number;
  return found;
}

}  // namespace rapport::learn
