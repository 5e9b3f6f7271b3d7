// The strings extension but format: positions count code points.
#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "expr/collections.h"
#include "expr/functions/libraries.h"
#include "expr/functions/text_forms.h"
#include "expr/functions/text_search.h"

namespace rapport::expr {
namespace {

constexpr size_t kNowhere = std::string_view::npos;
constexpr size_t kLongest = size_t{1} << 20;
constexpr Failure kTooMany{"the text has more parts than the limit allows"};
constexpr Failure kTooLong{"the joined text is longer than 1 MiB"};

Value index_error(Call& call, int64_t index) {
  return call.error("index out of range: " + std::to_string(index));
}
// Byte where code point `n` begins; npos when n is negative or beyond the end.
size_t byte_at(std::string_view text, int64_t n) {
  return n < 0 || static_cast<uint64_t>(n) > text.size() ? kNowhere
                                                         : byte_of(text, static_cast<size_t>(n));
}
Value position(std::string_view text, size_t byte) {
  return Value::integer(byte == kNowhere ? -1
                                         : static_cast<int64_t>(code_points(text.substr(0, byte))));
}

Value char_at(Arguments args, Call& call) {
  const std::string_view text = args[0].as_text();
  const size_t at = byte_at(text, args[1].as_int());
  if (at == kNowhere) return index_error(call, args[1].as_int());
  return Value::string(at == text.size() ? "" : text.substr(at, step(text.substr(at))));
}

Value index_of(Arguments args, Call& call) {
  const std::string_view text = args[0].as_text();
  const int64_t offset = args.size() > 2 ? args[2].as_int() : 0;
  const size_t from = byte_at(text, offset);
  if (from == kNowhere) return index_error(call, offset);
  return position(text, find_text(text, args[1].as_text(), from));
}

Value last_index_of(Arguments args, Call& call) {
  const std::string_view text = args[0].as_text();
  if (args.size() == 2) return position(text, find_last_text(text, args[1].as_text()));
  const size_t from = byte_at(text, args[2].as_int());
  if (from == kNowhere) return index_error(call, args[2].as_int());
  return position(text, find_last_text(text, args[1].as_text(), from));
}

template <char kFirst, char kLast>
Value change_case(Arguments args, Call& call) {
  const Value copy = call.arena.string(args[0].as_text());
  if (copy.is_error()) return copy;
  auto* at = const_cast<char*>(copy.as_text().data());
  for (size_t i = 0; i < copy.as_text().size(); ++i)
    if (at[i] >= kFirst && at[i] <= kLast) at[i] ^= 0x20;
  return copy;
}

// Puts `with` in place of up to `left` occurrences; an empty `what` stands before each code point
// and at the end. False when the result would be longer than `limit`.
bool replace_all(std::string& out, std::string_view text, std::string_view what,
                 std::string_view with, uint64_t left, size_t limit) {
  size_t from = 0;
  while (left-- > 0) {
    const size_t at = find_text(text, what, from);
    if (at == kNowhere) break;
    out += text.substr(from, at - from);
    out += with;
    from = at + what.size();
    if (what.empty()) {
      if (at == text.size()) break;
      const size_t size = step(text.substr(at));
      out += text.substr(at, size);
      from = at + size;
    }
    if (out.size() > limit) return false;
  }
  out += text.substr(std::min(from, text.size()));
  return out.size() <= limit;
}

Value replace(Arguments args, Call& call) {
  const uint64_t left = args.size() > 3 && args[3].as_int() >= 0
                            ? static_cast<uint64_t>(args[3].as_int())
                            : UINT64_MAX;
  std::string out;
  if (!replace_all(out, args[0].as_text(), args[1].as_text(), args[2].as_text(), left, kLongest))
    return call.error("the replaced text is longer than 1 MiB");
  return call.arena.string(out);
}

Value split(Arguments args, Call& call) {
  const std::string_view text = args[0].as_text(), separator = args[1].as_text();
  const int64_t most = args.size() > 2 ? args[2].as_int() : -1;
  std::vector<Value> parts;
  if (most == 0) return call.arena.list(parts);
  size_t from = 0;
  while (most < 0 || static_cast<int64_t>(parts.size()) + 1 < most) {
    size_t at = find_text(text, separator, from);
    if (separator.empty()) at = from >= text.size() ? kNowhere : from + step(text.substr(from));
    if (at == kNowhere || (separator.empty() && at == text.size())) break;
    if (!call.budget.spend(1)) return Value::error(&kTooMany);
    parts.push_back(Value::string(text.substr(from, at - from)));
    from = at + separator.size();
  }
  if (!separator.empty() || !text.empty()) parts.push_back(Value::string(text.substr(from)));
  return call.arena.list(parts);
}

Value substring(Arguments args, Call& call) {
  const std::string_view text = args[0].as_text();
  const size_t from = byte_at(text, args[1].as_int());
  if (from == kNowhere) return index_error(call, args[1].as_int());
  if (args.size() == 2) return Value::string(text.substr(from));
  const size_t to = byte_at(text, args[2].as_int());
  if (to == kNowhere) return index_error(call, args[2].as_int());
  if (to < from)
    return call.error("invalid substring range. start: " + std::to_string(args[1].as_int()) +
                      ", end: " + std::to_string(args[2].as_int()));
  return Value::string(text.substr(from, to - from));
}

// Unicode's White_Space property. Source: PropList.txt of the Unicode Character Database.
bool is_space(std::string_view code_point) {
  static constexpr std::string_view kSpaces[] = {
      " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\u0085", "\u00a0", "\u1680",
      "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
      "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
  return std::find(std::begin(kSpaces), std::end(kSpaces), code_point) != std::end(kSpaces);
}

// Bytes of the last code point of a text that is not empty.
size_t last_step(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && size < 4 &&
         (static_cast<unsigned char>(text[text.size() - size]) & 0xc0) == 0x80)
    ++size;
  return size;
}

Value trim_spaces(Arguments args, Call&) {
  std::string_view text = args[0].as_text();
  while (!text.empty() && is_space(text.substr(0, step(text)))) text.remove_prefix(step(text));
  while (!text.empty() && is_space(text.substr(text.size() - last_step(text))))
    text.remove_suffix(last_step(text));
  return Value::string(text);
}

Value join(Arguments args, Call& call) {
  const std::string_view separator = args.size() > 1 ? args[1].as_text() : "";
  std::string out;
  for (uint32_t i = 0; i < list_size(args[0]); ++i) {
    const Value item = list_at(args[0], i, call.arena);
    if (item.is_unknown() || item.is_error()) return item;
    if (!item.is(Kind::kString)) return no_such_overload();
    if (i > 0) out += separator;
    out += item.as_text();
    if (out.size() > kLongest) return Value::error(&kTooLong);
    if (!call.budget.spend((separator.size() + item.as_text().size()) / 16))
      return Value::error(&kTooLong);
  }
  return call.arena.string(out);
}

Value reverse(Arguments args, Call& call) {
  const std::string_view text = args[0].as_text();
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t size = last_step(rest);
    out += rest.substr(rest.size() - size);
    rest.remove_suffix(size);
  }
  return call.arena.string(out);
}

Value quote(Arguments args, Call& call) {
  static constexpr std::string_view kPlain = "\a\b\f\n\r\t\v\\\"", kShort = "abfnrtv\\\"";
  std::string out = "\"";
  for (const char c : args[0].as_text()) {
    const size_t at = kPlain.find(c);
    if (at != kNowhere) out += '\\';
    out += at == kNowhere ? c : kShort[at];
  }
  return call.arena.string(out + '"');
}

constexpr Overload kOverloads[] = {
    {"charAt", "string.(int) -> string", 1, char_at},
    {"indexOf", "string.(string) -> int", 1, index_of},
    {"indexOf", "string.(string, int) -> int", 1, index_of},
    {"lastIndexOf", "string.(string) -> int", 1, last_index_of},
    {"lastIndexOf", "string.(string, int) -> int", 1, last_index_of},
    {"lowerAscii", "string.() -> string", 1, change_case<'A', 'Z'>},
    {"upperAscii", "string.() -> string", 1, change_case<'a', 'z'>},
    {"replace", "string.(string, string) -> string", 2, replace},
    {"replace", "string.(string, string, int) -> string", 2, replace},
    {"split", "string.(string) -> list(string)", 2, split},
    {"split", "string.(string, int) -> list(string)", 2, split},
    {"substring", "string.(int) -> string", 1, substring},
    {"substring", "string.(int, int) -> string", 1, substring},
    {"trim", "string.() -> string", 1, trim_spaces},
    {"join", "list(string).() -> string", 2, join},
    {"join", "list(string).(string) -> string", 2, join},
    {"reverse", "string.() -> string", 2, reverse},
    {"strings.quote", "(string) -> string", 2, quote},
};

}  // namespace

std::span<const Overload> string_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
