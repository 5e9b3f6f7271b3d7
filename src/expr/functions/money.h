// Money: ISO 4217 currencies, amounts as whole minor units. Nothing here is floating point.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "expr/value.h"

namespace rapport::expr {

struct Call;

// How many units of one currency a unit of another is worth: numerator / denominator, both from 1
// to 10^12.
struct ExchangeRate {
  int64_t numerator = 1;
  int64_t denominator = 1;
};

// Rates handed in by the host: as they were at the moment of the evaluation.
class ExchangeRates {
 public:
  virtual ~ExchangeRates() = default;
  // Currencies as three letters. Nothing when there is no rate.
  virtual std::optional<ExchangeRate> find(std::string_view from, std::string_view to) const = 0;
};

// Minor units of a currency as digits after the point: 2 for USD, 0 for JPY; nothing when ISO 4217
// does not list it.
std::optional<int> minor_digits(uint32_t currency);
// Three capital letters to their packed form, and back. Zero for anything else.
uint32_t pack_currency(std::string_view letters);
std::string currency_letters(uint32_t currency);

// "50000 USD", "-12.50 EUR"; nothing when malformed, of an unknown currency, with more digits than
// the currency has, or out of range.
std::optional<Money> read_money(std::string_view text);
void append_money(std::string& out, const Money& money);  // "12.50 EUR"

// Amounts of one currency, or of two with a rate; without a rate the answer is unknown, and names
// the missing rate as "rate USD/EUR".
Value equal_money(const Value& a, const Value& b, Call& call);
Value compare_money(const Value& a, const Value& b, Call& call);  // an int: below, at, above 0

// Overload bodies of the operators. Sums of two currencies are in the left one's, rounded half to
// even in its minor unit.
Value add_money(std::span<const Value> args, Call& call);
Value subtract_money(std::span<const Value> args, Call& call);
Value multiply_money(std::span<const Value> args, Call& call);
Value negate_money(std::span<const Value> args, Call& call);

}  // namespace rapport::expr
