#include "decide/series_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace rapport::decide {
namespace {

constexpr std::string_view kDigits =
    "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

constexpr std::array<int8_t, 256> values_of_digits() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<int8_t>(i);
  return values;
}
constexpr std::array<int8_t, 256> kValues = values_of_digits();

}  // namespace

void append_long_base36(std::string& out, int64_t number) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, 36).ptr;
  out.append(digits, end);
}

void append_base64(std::string& out, uint64_t number, size_t width) {
  const size_t start = out.size();
  out.resize(start + width);
  for (size_t i = width; i-- > 0; number >>= 6) out[start + i] = kDigits[number & 63];
}

// One text for one number: no capitals, no leading zeros, no "-0".
int64_t SeriesReader::long_base36(int64_t least, int64_t most) {
  const bool below = take('-');
  int64_t number = 0;
  size_t digits = 0;
  bool good = !failed_;
  const auto left = static_cast<size_t>(end_ - at_);
  for (; digits < left && base36_digit(at_[digits]) >= 0; ++digits) {
    const int digit = base36_digit(at_[digits]);
    good &= !__builtin_mul_overflow(number, 36, &number) &&
            !__builtin_add_overflow(number, below ? -digit : digit, &number);
  }
  const bool plain = digits == 1 ? number != 0 || !below : digits > 1 && *at_ != '0';
  if (!good || !plain || number < least || number > most) {
    failed_ = true;
    return 0;
  }
  at_ += digits;
  return number;
}

uint64_t SeriesReader::base64(size_t width) {
  if (failed_ || static_cast<size_t>(end_ - at_) < width) {
    failed_ = true;
    return 0;
  }
  uint64_t number = 0;
  for (size_t i = 0; i < width; ++i) {
    const int8_t digit = kValues[static_cast<unsigned char>(at_[i])];
    if (digit < 0) failed_ = true;
    number = number << 6 | (static_cast<uint64_t>(digit) & 63);
  }
  at_ += width;
  return failed_ ? 0 : number;
}

std::string_view SeriesReader::until(char c) {
  if (failed_) return {};
  const char* start = at_;
  at_ = std::find(at_, end_, c);
  return {start, at_};
}

}  // namespace rapport::decide
