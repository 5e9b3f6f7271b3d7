// What goes into a series and what comes out of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "expr/value.h"

namespace rapport::decide {

// A number in millionths, exact: ±9.2 million millions.
struct Decimal {
  int64_t millionths = 0;
  auto operator<=>(const Decimal&) const = default;
};
std::optional<Decimal> decimal(int64_t number);  // none: out of range
std::optional<Decimal> decimal(double number);   // rounded to the nearest; none: no number, or out

// The value of an event; nothing for figures that count events.
using Given = std::variant<std::monostate, Decimal, expr::Money, std::string_view>;

// Whether the currency is three capital letters.
bool is_currency(uint32_t packed);

enum class Added {
  kYes,
  kTooLate,  // its bucket has left the window; nothing has changed
  kUnfit,    // the figure cannot take such a value; nothing has changed
};

// Why there is no figure.
enum class Absence {
  kNone,             // there is one
  kNoEvents,         // in the window
  kSeveralUnits,     // money of two currencies, or money and numbers
  kNothingToCompare  // no event in the window before
};
// For a person: "no events in the window".
std::string_view reason(Absence absence);

// A figure at a moment.
struct Reading {
  enum class Kind { kAbsent, kInt, kDecimal, kMoney, kText };

  Kind kind = Kind::kAbsent;
  int64_t amount = 0;     // integer; millionths; minor units
  uint32_t currency = 0;  // of money, as in expr::Money
  std::string text = {};
  Absence absence = Absence::kNone;
  int64_t sample = 0;      // events in the window, distinct: values it rests on
  bool estimate = false;   // of a sample: see series_distinct.h
  bool saturated = false;  // a sum was out of range: the figure is a bound

  bool operator==(const Reading&) const = default;
};

// The quotient rounded to the nearest, halves away from zero. `divisor` above 0.
int64_t divide(__int128 dividend, int64_t divisor);
int64_t saturate(__int128 number, bool& saturated);

}  // namespace rapport::decide
