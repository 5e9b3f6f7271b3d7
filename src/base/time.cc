#include "base/time.h"

#include <fmt/format.h>

namespace rapport {
namespace {

// Days since 1970-01-01 of a proleptic Gregorian date, and back.
// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
int64_t days_from_civil(int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const unsigned yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<int64_t>(doe) - 719468;
}

struct Civil {
  int64_t year;
  unsigned month, day;
};

Civil civil_from_days(int64_t z) {
  z += 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const unsigned doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned d = doy - (153 * mp + 2) / 5 + 1;
  const unsigned m = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<int64_t>(yoe) + era * 400 + (m <= 2), m, d};
}

unsigned days_in_month(int64_t y, unsigned m) {
  static constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  return m == 2 && leap ? 29 : kDays[m - 1];
}

// Reads fixed-width digits; remembers failure instead of branching at each call.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  unsigned digits(size_t n) {
    unsigned v = 0;
    if (rest_.size() < n) return fail();
    for (size_t i = 0; i < n; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return fail();
      v = v * 10 + static_cast<unsigned>(rest_[i] - '0');
    }
    rest_.remove_prefix(n);
    return v;
  }
  void skip(char c) {
    if (rest_.empty() || rest_[0] != c) {
      fail();
      return;
    }
    rest_.remove_prefix(1);
  }
  bool take(std::string_view any) {
    if (rest_.empty() || any.find(rest_[0]) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool digit_ahead() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }
  bool empty() const { return rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool ok() const { return ok_; }

 private:
  unsigned fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

int64_t fraction_micros(Reader& in) {
  int64_t micros = 0;
  int seen = 0;
  for (; in.digit_ahead() && seen < 9; ++seen) {
    const unsigned d = in.digits(1);
    if (seen < 6) micros = micros * 10 + d;
  }
  for (int i = seen; i < 6; ++i) micros *= 10;
  return micros;
}

int64_t offset_seconds(Reader& in) {
  if (in.take("Zz")) return 0;
  const bool west = in.front() == '-';
  if (!in.take("+-")) {
    in.skip('Z');
    return 0;
  }
  const unsigned h = in.digits(2);
  in.take(":");
  const unsigned m = in.digits(2);
  if (h > 23 || m > 59) in.skip('\x01');
  const int64_t s = h * 3600LL + m * 60LL;
  return west ? -s : s;
}

}  // namespace

Result<Micros> parse_time(std::string_view text) {
  const auto wrong = [&] {
    return invalid(fmt::format("'{}' is not an RFC 3339 time such as 2026-03-02T09:00:00Z",
                               text.substr(0, 40)));
  };
  Reader in(text);
  const unsigned year = in.digits(4);
  in.skip('-');
  const unsigned month = in.digits(2);
  in.skip('-');
  const unsigned day = in.digits(2);
  if (!in.ok() || year < 1 || month < 1 || month > 12 || day < 1 ||
      day > days_in_month(year, month))
    return wrong();
  int64_t micros = days_from_civil(year, month, day) * 86'400'000'000;
  if (in.empty()) return Micros{micros};

  if (!in.take("Tt ")) return wrong();
  const unsigned h = in.digits(2);
  in.skip(':');
  const unsigned m = in.digits(2);
  unsigned s = 0;
  int64_t fraction = 0;
  if (in.take(":")) {
    s = in.digits(2);
    if (in.take(".,")) {
      if (!in.digit_ahead()) return wrong();
      fraction = fraction_micros(in);
    }
  }
  const int64_t offset = offset_seconds(in);
  if (!in.ok() || !in.empty() || h > 23 || m > 59 || s > 60) return wrong();
  micros += (h * 3600LL + m * 60LL + s - offset) * 1'000'000 + fraction;
  return Micros{micros};
}

namespace {
struct Split {
  Civil date;
  int64_t second_of_day, micros;
};
Split split(Micros instant) {
  constexpr int64_t kDay = 86'400'000'000;
  int64_t day = instant.value / kDay;
  int64_t rest = instant.value % kDay;
  if (rest < 0) {
    rest += kDay;
    --day;
  }
  return {civil_from_days(day), rest / 1'000'000, rest % 1'000'000};
}

void put_digits(char* to, int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

// Written by hand: every folded event prints several times.
std::string format_with(Micros instant, int digits, int64_t divisor) {
  const Split p = split(instant);
  const int64_t year = p.date.year;
  if (year < 0 || year > 9999)
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:0{}}Z", year, p.date.month,
                       p.date.day, p.second_of_day / 3600, p.second_of_day / 60 % 60,
                       p.second_of_day % 60, p.micros / divisor, digits);
  std::string out = "0000-00-00T00:00:00.000000Z";
  put_digits(out.data(), year, 4);
  put_digits(out.data() + 5, p.date.month, 2);
  put_digits(out.data() + 8, p.date.day, 2);
  put_digits(out.data() + 11, p.second_of_day / 3600, 2);
  put_digits(out.data() + 14, p.second_of_day / 60 % 60, 2);
  put_digits(out.data() + 17, p.second_of_day % 60, 2);
  put_digits(out.data() + 20, p.micros / divisor, digits);
  out.resize(static_cast<size_t>(20 + digits));
  out += 'Z';
  return out;
}
}  // namespace

std::string format_time(Micros instant) {
  return format_with(instant, 3, 1000);
}
std::string format_time_micros(Micros instant) {
  return format_with(instant, 6, 1);
}

}  // namespace rapport
