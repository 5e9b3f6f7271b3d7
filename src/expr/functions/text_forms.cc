#include "expr/functions/text_forms.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include "expr/functions/money.h"

namespace rapport::expr {
namespace {

constexpr int64_t kNanos = 1'000'000'000;

void append_fraction(std::string& out, uint32_t nanos) {
  if (nanos == 0) return;
  std::string digits = fmt::format("{:09}", nanos);
  digits.erase(digits.find_last_not_of('0') + 1);
  out += '.';
  out += digits;
}

void append_timestamp(std::string& out, const Span& t) {
  using namespace std::chrono;
  const sys_seconds at{seconds{t.seconds}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  out += fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
  append_fraction(out, t.nanos);
  out += 'Z';
}

void append_duration(std::string& out, const Span& d) {
  __int128 nanos = to_nanos(d);
  if (nanos < 0) {
    out += '-';
    nanos = -nanos;
  }
  out += fmt::format("{}", static_cast<int64_t>(nanos / kNanos));
  append_fraction(out, static_cast<uint32_t>(nanos % kNanos));
  out += 's';
}

void append_double(std::string& out, double d) {
  if (std::isnan(d)) {
    out += "NaN";
  } else if (std::isinf(d)) {
    out += d < 0 ? "-Infinity" : "Infinity";
  } else {
    char buffer[64];
    const double size = std::fabs(d);
    const auto form = size != 0 && (size < 1e-6 || size >= 1e21) ? std::chars_format::scientific
                                                                 : std::chars_format::fixed;
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, d, form).ptr);
  }
}

// Reads from the left; remembers failure.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  int digits(size_t n) {
    int v = 0;
    for (size_t i = 0; i < n; ++i) {
      if (i >= rest_.size() || rest_[i] < '0' || rest_[i] > '9') return fail();
      v = v * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(n);
    return v;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // ".5" as nanoseconds; digits beyond the ninth are refused.
  uint32_t fraction() {
    if (!take('.')) return 0;
    uint32_t nanos = 0, unit = 100'000'000, seen = 0;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; ++seen, unit /= 10) {
      nanos += static_cast<uint32_t>(rest_[0] - '0') * unit;
      rest_.remove_prefix(1);
    }
    if (seen == 0 || seen > 9) fail();
    return nanos;
  }
  bool ok_at_end() const { return ok_ && rest_.empty(); }
  int fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// Minutes east of Greenwich of "Z", "+02:00".
int read_offset(Reader& in) {
  if (in.take('Z')) return 0;
  const bool east = in.take('+');
  if (!east) in.expect('-');
  const int hours = in.digits(2);
  in.expect(':');
  const int minutes = in.digits(2);
  if (hours > 23 || minutes > 59) return in.fail();
  return (east ? 1 : -1) * (hours * 60 + minutes);
}

// Nanoseconds of the unit that begins the text, which it is taken from; 0 for none.
int64_t take_unit(std::string_view& text) {
  static constexpr std::pair<std::string_view, int64_t> kUnits[] = {
      {"ns", 1},         {"us", 1000},  {"µs", 1000},       {"μs", 1000},
      {"ms", 1'000'000}, {"s", kNanos}, {"m", kNanos * 60}, {"h", kNanos * 3600}};
  for (const auto& [unit, nanos] : kUnits) {
    if (!text.starts_with(unit)) continue;
    text.remove_prefix(unit.size());
    return nanos;
  }
  return 0;
}

// Digits before or after the point as value and scale; false when there are too many.
bool take_digits(std::string_view& text, __int128& value, __int128& scale, bool& any) {
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1)) {
    any = true;
    if (value > INT64_MAX || scale > INT64_MAX) return false;
    value = value * 10 + (text[0] - '0');
    scale *= 10;
  }
  return true;
}

// "1.5h" as nanoseconds, taken from the text; nothing when malformed.
std::optional<__int128> take_part(std::string_view& text) {
  __int128 value = 0, whole_scale = 1, scale = 1;
  bool any = false;
  if (!take_digits(text, value, whole_scale, any)) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text, value, scale, any)) return std::nullopt;
  }
  const int64_t unit = take_unit(text);
  if (!any || unit == 0) return std::nullopt;
  return value * unit / scale;
}

template <class T>
std::optional<T> read_number(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Whether a decimal number that is far from 1 is on the large side: where its first digit that is
// not 0 stands, moved by the exponent.
bool is_huge(std::string_view text) {
  const size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view digits = text.substr(0, e);
  const auto point = static_cast<int64_t>(std::min(digits.find('.'), digits.size()));
  const auto first = static_cast<int64_t>(digits.find_first_of("123456789"));
  const std::optional<int64_t> exponent =
      e < text.size() ? read_number<int64_t>(text.substr(e + 1)) : 0;
  if (!exponent) return text[e + 1] != '-';
  return point - first > -*exponent;
}

}  // namespace

void append_text_form(std::string& out, const Value& v) {
  switch (v.kind()) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBool:
      out += v.as_bool() ? "true" : "false";
      return;
    case Kind::kInt:
      fmt::format_to(std::back_inserter(out), "{}", v.as_int());
      return;
    case Kind::kUint:
      fmt::format_to(std::back_inserter(out), "{}", v.as_uint());
      return;
    case Kind::kDouble:
      append_double(out, v.as_double());
      return;
    case Kind::kTimestamp:
      append_timestamp(out, v.as_span());
      return;
    case Kind::kDuration:
      append_duration(out, v.as_span());
      return;
    case Kind::kMoney:
      append_money(out, v.as_money());
      return;
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kType:
      out += v.as_text();
      return;
    default:
      out += type_name(v);
  }
}

std::optional<Span> read_timestamp(std::string_view text) {
  using namespace std::chrono;
  Reader in(text);
  const int y = in.digits(4);
  in.expect('-');
  const int m = in.digits(2);
  in.expect('-');
  const int d = in.digits(2);
  in.expect('T');
  const int hour = in.digits(2);
  in.expect(':');
  const int minute = in.digits(2);
  in.expect(':');
  const int second = in.digits(2);
  const uint32_t nanos = in.fraction();
  const int offset = read_offset(in);
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!in.ok_at_end() || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const int64_t days = sys_days{date}.time_since_epoch().count();
  const Span at{days * 86400 + hour * 3600 + (minute - offset) * 60 + second, nanos};
  if (!in_range_of_timestamp(at)) return std::nullopt;
  return at;
}

std::optional<Span> read_duration(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return Span{};
  if (text.empty()) return std::nullopt;
  __int128 total = 0;
  while (!text.empty()) {
    const std::optional<__int128> part = take_part(text);
    if (!part) return std::nullopt;
    total += *part;
    if (total > (__int128{kLongestDuration} + 1) * kNanos) return std::nullopt;
  }
  const Span span = from_nanos(minus ? -total : total);
  if (!in_range_of_duration(span)) return std::nullopt;
  return span;
}

std::optional<double> read_double(std::string_view text) {
  if (text.ends_with(')')) return std::nullopt;  // "nan(…)" is a word of C++ alone
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc()) return value;
  if (error != std::errc::result_out_of_range) return std::nullopt;
  // Out of range is infinite or zero, as in every reader of IEEE 754 numbers.
  const double sign = text.starts_with('-') ? -1.0 : 1.0;
  return sign * (is_huge(text) ? std::numeric_limits<double>::infinity() : 0.0);
}

std::optional<int64_t> read_int(std::string_view text) {
  return read_number<int64_t>(text);
}
std::optional<uint64_t> read_uint(std::string_view text) {
  return read_number<uint64_t>(text);
}

__int128 to_nanos(const Span& span) {
  return __int128{span.seconds} * kNanos + span.nanos;
}

Span from_nanos(__int128 nanos) {
  __int128 seconds = nanos / kNanos;
  __int128 rest = nanos % kNanos;
  if (rest < 0) {
    rest += kNanos;
    --seconds;
  }
  return {static_cast<int64_t>(seconds), static_cast<uint32_t>(rest)};
}

size_t code_points(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

size_t step(std::string_view text) {
  const auto c = static_cast<unsigned char>(text[0]);
  const size_t size = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  return std::min(size, text.size());
}

size_t byte_of(std::string_view text, size_t n) {
  size_t at = 0;
  for (; n > 0 && at < text.size(); --n) at += step(text.substr(at));
  return n == 0 ? at : std::string_view::npos;
}

}  // namespace rapport::expr
