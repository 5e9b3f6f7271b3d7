// Letters of a series: numbers in base 36 and in base 64 of fixed width.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rapport::decide {

void append_long_base36(std::string& out, int64_t number);
inline void append_base36(std::string& out, int64_t number) {
  if (number >= 0 && number < 10) {
    out += static_cast<char>('0' + number);  // most counts
  } else {
    append_long_base36(out, number);
  }
}
constexpr std::array<int8_t, 256> base36_digits() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 36; ++i)
    values[static_cast<size_t>(i < 10 ? '0' + i : 'a' + i - 10)] = static_cast<int8_t>(i);
  return values;
}
inline constexpr std::array<int8_t, 256> kBase36 = base36_digits();
// The value of a digit; -1: none.
inline int base36_digit(char c) {
  return kBase36[static_cast<unsigned char>(c)];
}

void append_base64(std::string& out, uint64_t number, size_t width);

// Reads what was written; after the first failure all else is zero and failed() tells.
class SeriesReader {
 public:
  explicit SeriesReader(std::string_view text)
      : at_(text.data()), end_(text.data() + text.size()) {}

  bool done() const { return failed_ || at_ == end_; }
  bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  bool next_is(char c) const { return at_ != end_ && *at_ == c && !failed_; }
  bool take(char c) {  // whether it was there
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  void expect(char c) { failed_ |= !take(c); }
  int64_t base36(int64_t least, int64_t most) {
    if (done()) return long_base36(least, most);
    const int digit = base36_digit(*at_);
    const bool single = at_ + 1 == end_ || base36_digit(at_[1]) < 0;
    if (!single || digit < 0 || digit < least || digit > most) return long_base36(least, most);
    ++at_;
    return digit;
  }
  uint64_t base64(size_t width);
  std::string_view until(char c);  // without it; it stays

 private:
  int64_t long_base36(int64_t least, int64_t most);

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

}  // namespace rapport::decide
