#include "decide/series_reading.h"

#include <cmath>
#include <limits>

#include "expr/functions/money.h"

namespace rapport::decide {

namespace {
constexpr int64_t kMillion = 1'000'000;
}  // namespace

std::optional<Decimal> decimal(int64_t number) {
  int64_t millionths = 0;
  if (__builtin_mul_overflow(number, kMillion, &millionths)) return std::nullopt;
  return Decimal{millionths};
}

std::optional<Decimal> decimal(double number) {
  const double millionths = std::round(number * 1e6);
  if (!(std::abs(millionths) < 9.2e18)) return std::nullopt;
  return Decimal{static_cast<int64_t>(millionths)};
}

bool is_currency(uint32_t packed) {
  return packed != 0 && expr::pack_currency(expr::currency_letters(packed)) == packed;
}

std::string_view reason(Absence absence) {
  switch (absence) {
    case Absence::kNone:
      return "";
    case Absence::kNoEvents:
      return "no events in the window";
    case Absence::kSeveralUnits:
      return "the events of the window have values of several currencies or units";
    case Absence::kNothingToCompare:
      return "no events in the window before, to compare with";
  }
  return "";
}

int64_t saturate(__int128 number, bool& saturated) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  if (number >= kLeast && number <= kMost) return static_cast<int64_t>(number);
  saturated = true;
  return number < 0 ? kLeast : kMost;
}

int64_t divide(__int128 dividend, int64_t divisor) {
  const __int128 half = divisor / 2;
  bool out_of_range = false;
  return saturate((dividend < 0 ? dividend - half : dividend + half) / divisor, out_of_range);
}

}  // namespace rapport::decide
