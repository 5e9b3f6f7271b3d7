#include "expr/functions/money.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "expr/functions/libraries.h"

namespace rapport::expr {
namespace {

constexpr Failure kOverflow{"the amount of money is out of range"};

// ISO 4217, active codes by their number of minor digits. Source: SIX, list one (currencies).
constexpr std::string_view kTwoDigits =
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
    "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
    "TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
constexpr std::string_view kNoDigits =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr std::string_view kThreeDigits = "BHD IQD JOD KWD LYD OMR TND";
constexpr std::string_view kFourDigits = "CLF UYW";

constexpr bool are_sorted(std::string_view codes) {
  for (size_t at = 4; at < codes.size(); at += 4)
    if (codes.substr(at - 4, 3) >= codes.substr(at, 3)) return false;
  return codes.size() % 4 == 3;
}
static_assert(are_sorted(kTwoDigits) && are_sorted(kNoDigits) && are_sorted(kThreeDigits) &&
              are_sorted(kFourDigits));

bool lists(std::string_view codes, std::string_view code) {
  size_t low = 0, high = (codes.size() + 1) / 4;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const int order = codes.substr(middle * 4, 3).compare(code);
    if (order == 0) return true;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return false;
}

constexpr int64_t kPowers[] = {1, 10, 100, 1000, 10000};

std::optional<Money> to_money(__int128 minor, uint32_t currency) {
  if (minor > INT64_MAX || minor < INT64_MIN) return std::nullopt;
  return Money{static_cast<int64_t>(minor), currency};
}
Value value_of(__int128 minor, uint32_t currency) {
  const auto money = to_money(minor, currency);
  return money ? Value::money(*money) : Value::error(&kOverflow);
}

// `from` in the currency `to` as an exact fraction of its minor units.
struct Fraction {
  __int128 numerator;
  __int128 denominator;
};
std::optional<Fraction> convert(const Money& from, uint32_t to, const ExchangeRates* rates) {
  if (from.currency == to) return Fraction{from.minor, 1};
  if (rates == nullptr) return std::nullopt;
  const auto rate = rates->find(currency_letters(from.currency), currency_letters(to));
  constexpr int64_t kMost = 1'000'000'000'000;
  if (!rate || rate->numerator < 1 || rate->denominator < 1 || rate->numerator > kMost ||
      rate->denominator > kMost)
    return std::nullopt;
  const int64_t up = kPowers[minor_digits(to).value_or(2)];
  const int64_t down = kPowers[minor_digits(from.currency).value_or(2)];
  return Fraction{__int128{from.minor} * rate->numerator * up, __int128{rate->denominator} * down};
}

__int128 round_half_even(const Fraction& f) {
  __int128 whole = f.numerator / f.denominator;
  const __int128 rest = f.numerator % f.denominator;
  const __int128 twice = (rest < 0 ? -rest : rest) * 2;
  if (twice > f.denominator || (twice == f.denominator && whole % 2 != 0))
    whole += f.numerator < 0 ? -1 : 1;
  return whole;
}

Value no_rate(const Money& from, const Money& to, Call& call) {
  const Value path = call.arena.string(
      fmt::format("rate {}/{}", currency_letters(from.currency), currency_letters(to.currency)));
  if (path.is_error()) return path;
  const Value missing = call.arena.missing(path.as_text());
  return missing.is_error() ? missing : Value::unknown(missing.missing());
}

template <class Combine>
Value combine(Arguments args, Call& call, Combine combine) {
  const Money left = args[0].as_money(), right = args[1].as_money();
  const auto converted = convert(right, left.currency, call.rates);
  if (!converted) return no_rate(right, left, call);
  return value_of(combine(__int128{left.minor}, round_half_even(*converted)), left.currency);
}

std::string no_money(std::string_view text) {
  return fmt::format("'{}' is no money: write an amount and an ISO 4217 code, '12.50 EUR'",
                     cut_utf8(text, 40));
}
std::string no_currency(std::string_view text) {
  return fmt::format("'{}' is no ISO 4217 currency code such as 'EUR'", cut_utf8(text, 40));
}

// Literals that are no money and no currency are refused when the expression is made ready.
Result<Prepared> prepare_money(std::span<const Value* const> args, const Zones*) {
  if (args.empty() || args[0] == nullptr || !args[0]->is(Kind::kString)) return Prepared();
  if (!read_money(args[0]->as_text())) return invalid(no_money(args[0]->as_text()));
  return Prepared();
}
Result<Prepared> prepare_currency(std::span<const Value* const> args, const Zones*) {
  if (args.size() < 2 || args[1] == nullptr || !args[1]->is(Kind::kString)) return Prepared();
  const std::string_view code = args[1]->as_text();
  if (!minor_digits(pack_currency(code))) return invalid(no_currency(code));
  return Prepared();
}

Value money_of_text(Arguments args, Call& call) {
  const auto money = read_money(args[0].as_text());
  return money ? Value::money(*money) : call.error(no_money(args[0].as_text()));
}
Value money_of_units(Arguments args, Call& call) {
  const uint32_t currency = pack_currency(args[1].as_text());
  const auto digits = minor_digits(currency);
  if (!digits) return call.error(no_currency(args[1].as_text()));
  return value_of(__int128{args[0].as_int()} * kPowers[*digits], currency);
}
Value money_of_minor(Arguments args, Call& call) {
  const uint32_t currency = pack_currency(args[1].as_text());
  if (!minor_digits(currency)) return call.error(no_currency(args[1].as_text()));
  return Value::money({args[0].as_int(), currency});
}
Value minor_units(Arguments args, Call&) {
  return Value::integer(args[0].as_money().minor);
}
Value currency_of(Arguments args, Call& call) {
  return call.arena.string(currency_letters(args[0].as_money().currency));
}
Value in_currency(Arguments args, Call& call) {
  const uint32_t currency = pack_currency(args[1].as_text());
  if (!minor_digits(currency)) return call.error(no_currency(args[1].as_text()));
  const auto converted = convert(args[0].as_money(), currency, call.rates);
  if (!converted) return no_rate(args[0].as_money(), {0, currency}, call);
  return value_of(round_half_even(*converted), currency);
}

constexpr Overload kOverloads[] = {
    {"money", "(string) -> money", 10, money_of_text, prepare_money},
    {"money", "(int, string) -> money", 1, money_of_units, prepare_currency},
    {"money.ofMinor", "(int, string) -> money", 1, money_of_minor, prepare_currency},
    {"minorUnits", "money.() -> int", 1, minor_units},
    {"currency", "money.() -> string", 1, currency_of},
    {"to", "money.(string) -> money", 2, in_currency, prepare_currency},
};

}  // namespace

uint32_t pack_currency(std::string_view letters) {
  if (letters.size() != 3) return 0;
  uint32_t packed = 0;
  for (size_t i = 0; i < 3; ++i) {
    if (letters[i] < 'A' || letters[i] > 'Z') return 0;
    packed |= static_cast<uint32_t>(letters[i]) << (8 * i);
  }
  return packed;
}

std::string currency_letters(uint32_t currency) {
  return {static_cast<char>(currency), static_cast<char>(currency >> 8),
          static_cast<char>(currency >> 16)};
}

std::optional<int> minor_digits(uint32_t currency) {
  if (currency == 0) return std::nullopt;
  const std::string code = currency_letters(currency);
  if (lists(kTwoDigits, code)) return 2;
  if (lists(kNoDigits, code)) return 0;
  if (lists(kThreeDigits, code)) return 3;
  if (lists(kFourDigits, code)) return 4;
  return std::nullopt;
}

std::optional<Money> read_money(std::string_view text) {
  if (text.size() < 5 || text[text.size() - 4] != ' ') return std::nullopt;
  const uint32_t currency = pack_currency(text.substr(text.size() - 3));
  const auto digits = minor_digits(currency);
  if (!digits) return std::nullopt;
  std::string_view amount = text.substr(0, text.size() - 4);
  const bool minus = amount.starts_with('-');
  if (minus) amount.remove_prefix(1);
  const size_t point = std::min(amount.find('.'), amount.size());
  const std::string_view fraction = amount.substr(std::min(point + 1, amount.size()));
  if (point == 0 || point + 1 == amount.size() || fraction.size() > static_cast<size_t>(*digits))
    return std::nullopt;
  __int128 minor = 0;
  std::string all(amount.substr(0, point));
  all += fraction;
  all.append(static_cast<size_t>(*digits) - fraction.size(), '0');
  for (const char c : all) {
    if (c < '0' || c > '9' || minor > INT64_MAX) return std::nullopt;
    minor = minor * 10 + (c - '0');
  }
  return to_money(minus ? -minor : minor, currency);
}

void append_money(std::string& out, const Money& money) {
  const int digits = minor_digits(money.currency).value_or(2);
  const __int128 minor = money.minor;
  const auto size = static_cast<uint64_t>(minor < 0 ? -minor : minor);
  const auto unit = static_cast<uint64_t>(kPowers[digits]);
  out += fmt::format("{}{}", minor < 0 ? "-" : "", size / unit);
  if (digits > 0) out += fmt::format(".{:0{}}", size % unit, digits);
  out += ' ';
  out += currency_letters(money.currency);
}

Value compare_money(const Value& a, const Value& b, Call& call) {
  const Money left = a.as_money(), right = b.as_money();
  const auto converted = convert(left, right.currency, call.rates);
  if (!converted) return no_rate(left, right, call);
  // Rounding is avoided: whole parts first, then what is left over.
  const __int128 whole = converted->numerator / converted->denominator;
  if (whole != right.minor) return Value::integer(whole < right.minor ? -1 : 1);
  const __int128 rest = converted->numerator % converted->denominator;
  return Value::integer((rest > 0) - (rest < 0));
}

Value equal_money(const Value& a, const Value& b, Call& call) {
  const Value order = compare_money(a, b, call);
  return order.is(Kind::kInt) ? Value::boolean(order.as_int() == 0) : order;
}

Value add_money(Arguments args, Call& call) {
  return combine(args, call, [](__int128 a, __int128 b) { return a + b; });
}
Value subtract_money(Arguments args, Call& call) {
  return combine(args, call, [](__int128 a, __int128 b) { return a - b; });
}
Value multiply_money(Arguments args, Call&) {
  const Value& money = args[args[0].is(Kind::kMoney) ? 0 : 1];
  const Value& times = args[args[0].is(Kind::kMoney) ? 1 : 0];
  return value_of(__int128{money.as_money().minor} * times.as_int(), money.as_money().currency);
}
Value negate_money(Arguments args, Call&) {
  return value_of(-__int128{args[0].as_money().minor}, args[0].as_money().currency);
}

std::span<const Overload> money_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
