// string.format: %s %d %f %e %b %o %x %X, with a precision for %f and %e.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "base/text.h"
#include "expr/collections.h"
#include "expr/functions/libraries.h"
#include "expr/functions/text_forms.h"

namespace rapport::expr {
namespace {

constexpr int kDefaultPrecision = 6;
constexpr int kMostPrecision = 100;
constexpr size_t kMostBytes = size_t{1} << 20;

// Writes one result; the first thing that cannot be written ends it.
class Formatter {
 public:
  explicit Formatter(Call& call) : call_(call) {}

  Value run(std::string_view format, const Value& arguments) {
    while (!format.empty() && !stop_) {
      const size_t at = format.find('%');
      out_ += format.substr(0, at);
      if (at == std::string_view::npos) break;
      format.remove_prefix(at + 1);
      directive(format, arguments);
    }
    if (stop_) return *stop_;
    return call_.arena.string(out_);
  }

 private:
  void directive(std::string_view& format, const Value& arguments) {
    if (format.starts_with('%')) {
      out_ += '%';
      format.remove_prefix(1);
      return;
    }
    const int precision = read_precision(format);
    if (stop_) return;
    if (format.empty()) return refuse("the format ends within a directive");
    const char letter = format[0];
    format.remove_prefix(1);
    if (next_ >= list_size(arguments)) return refuse(fmt::format("index {} out of range", next_));
    const Value value = list_at(arguments, next_++, call_.arena);
    if (!value.is_known()) return stop(value);
    write(letter, value, precision);
    if (out_.size() > kMostBytes) refuse("the formatted text is longer than 1 MiB");
  }

  int read_precision(std::string_view& format) {
    if (!format.starts_with('.')) return kDefaultPrecision;
    format.remove_prefix(1);
    int precision = 0;
    const auto [end, error] =
        std::from_chars(format.data(), format.data() + format.size(), precision);
    if (error != std::errc() || precision < 0 || precision > kMostPrecision)
      refuse("a precision is a number from 0 to 100");
    format.remove_prefix(static_cast<size_t>(end - format.data()));
    return precision;
  }

  void write(char letter, const Value& value, int precision) {
    switch (letter) {
      case 's':
        return write_text(value, 0);
      case 'd':
        return write_decimal(value);
      case 'f':
        return write_double(value, std::chars_format::fixed, precision, "fixed-point");
      case 'e':
        return write_double(value, std::chars_format::scientific, precision, "scientific");
      case 'b':
        return write_binary(value);
      case 'o':
        return write_octal(value);
      case 'x':
      case 'X':
        return write_hex(value, letter == 'X');
      default:
        refuse(fmt::format("unrecognized formatting clause \"{}\"", letter));
    }
  }

  void write_text(const Value& value, int depth) {
    if (depth > 32) return refuse("the value is nested too deeply to be formatted");
    if (!call_.budget.spend(1) || out_.size() > kMostBytes) return refuse("too much to format");
    if (!value.is_known()) return stop(value);
    if (value.is(Kind::kList)) return write_list(value, depth);
    if (is_map(value)) return write_map(value, depth);
    if (value.is(Kind::kOptional) || value.is(Kind::kOpaque))
      return refuse(fmt::format("string clause cannot be used on {}", type_name(value)));
    append_text_form(out_, value);
  }
  void write_list(const Value& list, int depth) {
    out_ += '[';
    for (uint32_t i = 0; i < list_size(list) && !stop_; ++i) {
      if (i > 0) out_ += ", ";
      write_text(list_at(list, i, call_.arena), depth + 1);
    }
    out_ += ']';
  }
  // Sorted by the text of the keys.
  void write_map(const Value& map, int depth) {
    std::vector<std::pair<std::string, Value>> entries;
    for (uint32_t i = 0; i < map_size(map); ++i) {
      const MapEntry entry = map_at(map, i, call_.arena);
      std::string key;
      append_text_form(key, entry.key);
      entries.emplace_back(std::move(key), entry.value);
    }
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    out_ += '{';
    for (size_t i = 0; i < entries.size() && !stop_; ++i) {
      out_ += i > 0 ? ", " : "";
      out_ += entries[i].first + ": ";
      write_text(entries[i].second, depth + 1);
    }
    out_ += '}';
  }

  void write_decimal(const Value& value) {
    const bool special = value.is(Kind::kDouble) && !std::isfinite(value.as_double());
    if (!special && !value.is(Kind::kInt) && !value.is(Kind::kUint))
      return refuse_kind("decimal clause can only be used on integers", value);
    append_text_form(out_, value);
  }

  void write_double(const Value& value, std::chars_format form, int precision, const char* what) {
    if (!value.is_number())
      return refuse_kind(fmt::format("{} clause can only be used on doubles", what), value);
    const double d = value.is(Kind::kInt)    ? static_cast<double>(value.as_int())
                     : value.is(Kind::kUint) ? static_cast<double>(value.as_uint())
                                             : value.as_double();
    if (!std::isfinite(d)) return append_text_form(out_, Value::real(d));
    char buffer[512];
    out_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, d, form, precision).ptr);
  }

  void write_integer(const Value& value, std::string_view format) {
    if (value.is(Kind::kInt))
      out_ += fmt::format(fmt::runtime(format), value.as_int());
    else
      out_ += fmt::format(fmt::runtime(format), value.as_uint());
  }
  void write_binary(const Value& value) {
    if (value.is(Kind::kBool)) {
      out_ += value.as_bool() ? '1' : '0';
      return;
    }
    if (!value.is(Kind::kInt) && !value.is(Kind::kUint))
      return refuse_kind("only integers and bools can be formatted as binary", value);
    write_integer(value, "{:b}");
  }
  void write_octal(const Value& value) {
    if (!value.is(Kind::kInt) && !value.is(Kind::kUint))
      return refuse_kind("octal clause can only be used on integers", value);
    write_integer(value, "{:o}");
  }
  void write_hex(const Value& value, bool capitals) {
    if (value.is(Kind::kInt) || value.is(Kind::kUint))
      return write_integer(value, capitals ? "{:X}" : "{:x}");
    if (!value.is(Kind::kString) && !value.is(Kind::kBytes))
      return refuse_kind("only integers, byte buffers, and strings can be formatted as hex", value);
    std::string hex = to_hex(value.as_text());
    if (capitals) std::transform(hex.begin(), hex.end(), hex.begin(), ::toupper);
    out_ += hex;
  }

  void refuse_kind(std::string_view what, const Value& value) {
    refuse(fmt::format("{}, was given {}", what, type_name(value)));
  }
  void refuse(std::string_view what) {
    stop(call_.error(fmt::format("error during formatting: {}", what)));
  }
  void stop(const Value& why) {
    if (!stop_) stop_ = why;
  }

  Call& call_;
  std::string out_;
  uint32_t next_ = 0;
  std::optional<Value> stop_;
};

Value format(Arguments args, Call& call) {
  return Formatter(call).run(args[0].as_text(), args[1]);
}

constexpr Overload kOverloads[] = {{"format", "string.(list(dyn)) -> string", 16, format}};

}  // namespace

std::span<const Overload> format_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
