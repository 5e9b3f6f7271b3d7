// bool, bytes, double, duration, dyn, int, string, timestamp, type, uint: with range errors.
#include <cmath>
#include <string>

#include "base/text.h"
#include "expr/functions/libraries.h"
#include "expr/functions/text_forms.h"

namespace rapport::expr {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;
constexpr Failure kIntRange{"range: the number does not fit an int"};
constexpr Failure kUintRange{"range: the number does not fit a uint"};

Value itself(Arguments args, Call&) {
  return args[0];
}

Value refuse(Call& call, std::string_view what, std::string_view text) {
  std::string message = "type conversion error: '";
  message += cut_utf8(text, 60);
  message += "' is no ";
  message += what;
  return call.error(message);
}

Value bool_of_string(Arguments args, Call& call) {
  const std::string_view text = args[0].as_text();
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes) return Value::boolean(true);
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no) return Value::boolean(false);
  return refuse(call, "bool", text);
}

Value bytes_of_string(Arguments args, Call&) {
  return Value::bytes(args[0].as_text());
}

Value double_of_int(Arguments args, Call&) {
  return Value::real(static_cast<double>(args[0].as_int()));
}
Value double_of_uint(Arguments args, Call&) {
  return Value::real(static_cast<double>(args[0].as_uint()));
}
Value double_of_string(Arguments args, Call& call) {
  const auto read = read_double(args[0].as_text());
  return read ? Value::real(*read) : refuse(call, "double", args[0].as_text());
}

Value int_of_uint(Arguments args, Call&) {
  if (args[0].as_uint() > INT64_MAX) return Value::error(&kIntRange);
  return Value::integer(args[0].as_int());
}
Value int_of_double(Arguments args, Call&) {
  const double d = args[0].as_double();
  if (!(d > -kTwoTo63 && d < kTwoTo63)) return Value::error(&kIntRange);
  return Value::integer(static_cast<int64_t>(d));
}
Value int_of_string(Arguments args, Call& call) {
  const auto read = read_int(args[0].as_text());
  return read ? Value::integer(*read) : refuse(call, "int", args[0].as_text());
}
Value int_of_timestamp(Arguments args, Call&) {
  return Value::integer(args[0].as_span().seconds);
}

Value uint_of_int(Arguments args, Call&) {
  if (args[0].as_int() < 0) return Value::error(&kUintRange);
  return Value::uint(args[0].as_uint());
}
Value uint_of_double(Arguments args, Call&) {
  const double d = args[0].as_double();
  if (!(d >= 0 && d < kTwoTo64)) return Value::error(&kUintRange);
  return Value::uint(static_cast<uint64_t>(d));
}
Value uint_of_string(Arguments args, Call& call) {
  const auto read = read_uint(args[0].as_text());
  return read ? Value::uint(*read) : refuse(call, "uint", args[0].as_text());
}

Value string_of(Arguments args, Call& call) {
  std::string text;
  append_text_form(text, args[0]);
  return call.arena.string(text);
}
Value string_of_bytes(Arguments args, Call& call) {
  if (!is_utf8(args[0].as_text())) return call.error("invalid UTF-8 in bytes");
  return Value::string(args[0].as_text());
}

Value timestamp_of_string(Arguments args, Call& call) {
  const auto read = read_timestamp(args[0].as_text());
  return read ? Value::timestamp(*read)
              : refuse(call, "RFC 3339 time of the years 1 to 9999 (range)", args[0].as_text());
}
Value timestamp_of_int(Arguments args, Call& call) {
  const Span at{args[0].as_int(), 0};
  return in_range_of_timestamp(at) ? Value::timestamp(at)
                                   : call.error("range: a timestamp lies in the years 1 to 9999");
}
Value duration_of_string(Arguments args, Call& call) {
  const auto read = read_duration(args[0].as_text());
  return read ? Value::duration(*read)
              : refuse(call, "duration such as '1h30m' (range 315,576,000,000 s)",
                       args[0].as_text());
}

// A literal that cannot be converted is refused when the expression is made ready.
template <Value (*kConvert)(Arguments, Call&)>
Result<Prepared> prepare(std::span<const Value* const> args, const Zones*) {
  if (args.empty() || args[0] == nullptr || !args[0]->is(Kind::kString)) return Prepared();
  Arena arena;
  Budget budget(1000);
  Call call{arena, budget};
  const Value converted = kConvert({args[0], 1}, call);
  if (converted.is_error()) return invalid(std::string(converted.failure()->message));
  return Prepared();
}

Value type_of(Arguments args, Call&) {
  return Value::type(type_name(args[0]));
}

constexpr Overload kOverloads[] = {
    {"bool", "(bool) -> bool", 1, itself},
    {"bool", "(string) -> bool", 1, bool_of_string},
    {"bytes", "(bytes) -> bytes", 1, itself},
    {"bytes", "(string) -> bytes", 1, bytes_of_string},
    {"double", "(double) -> double", 1, itself},
    {"double", "(int) -> double", 1, double_of_int},
    {"double", "(uint) -> double", 1, double_of_uint},
    {"double", "(string) -> double", 1, double_of_string},
    {"duration", "(duration) -> duration", 1, itself},
    {"duration", "(string) -> duration", 1, duration_of_string, prepare<duration_of_string>},
    {"dyn", "(T) -> dyn", 1, itself},
    {"int", "(int) -> int", 1, itself},
    {"int", "(uint) -> int", 1, int_of_uint},
    {"int", "(double) -> int", 1, int_of_double},
    {"int", "(string) -> int", 1, int_of_string},
    {"int", "(timestamp) -> int", 1, int_of_timestamp},
    {"string", "(string) -> string", 1, itself},
    {"string", "(bool) -> string", 1, string_of},
    {"string", "(int) -> string", 1, string_of},
    {"string", "(uint) -> string", 1, string_of},
    {"string", "(double) -> string", 1, string_of},
    {"string", "(bytes) -> string", 1, string_of_bytes},
    {"string", "(timestamp) -> string", 1, string_of},
    {"string", "(duration) -> string", 1, string_of},
    {"string", "(money) -> string", 1, string_of},
    {"timestamp", "(timestamp) -> timestamp", 1, itself},
    {"timestamp", "(string) -> timestamp", 1, timestamp_of_string, prepare<timestamp_of_string>},
    {"timestamp", "(int) -> timestamp", 1, timestamp_of_int},
    {"type", "(T) -> type(T)", 1, type_of},
    {"uint", "(uint) -> uint", 1, itself},
    {"uint", "(int) -> uint", 1, uint_of_int},
    {"uint", "(double) -> uint", 1, uint_of_double},
    {"uint", "(string) -> uint", 1, uint_of_string},
};

}  // namespace

std::span<const Overload> conversion_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
