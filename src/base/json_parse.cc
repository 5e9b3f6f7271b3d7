#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <span>
#include <vector>

#include "base/json.h"
#include "base/plain_run.h"
#include "base/text.h"

namespace rapport {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 63));
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

// Recursive descent. Every step returns false after noting the first problem and its place.
class Parser {
 public:
  Parser(std::string_view text, JsonLimits limits)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), limits_(limits) {}

  Result<Json> parse() {
    Json out;
    if (value(out, 0)) {
      skip_space();
      if (at_ == end_) return out;
      fail("unexpected text after the end of the value");
    }
    const auto offset = static_cast<size_t>(at_ - begin_);
    return invalid(fmt::format("not valid JSON at byte {}: {}", offset, problem_),
                   std::to_string(offset));
  }

 private:
  bool fail(const char* problem) {
    problem_ = problem;
    return false;
  }
  bool fail_at(const char* place, const char* problem) {
    at_ = place;
    return fail(problem);
  }
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool value(Json& out, size_t depth) {
    skip_space();
    if (at_ == end_) return fail("the text ends where a value should be");
    if (++values_ > limits_.members) return fail("too many values in one document");
    switch (*at_) {
      case '{':
        return depth < limits_.depth ? object(out, depth) : fail("nested too deeply");
      case '[':
        return depth < limits_.depth ? array(out, depth) : fail("nested too deeply");
      case '"':
        return text(out);
      case 't':
        return word("true", out, Json(true));
      case 'f':
        return word("false", out, Json(false));
      case 'n':
        return word("null", out, Json());
      default:
        return number(out);
    }
  }

  bool word(std::string_view expected, Json& out, Json value) {
    if (static_cast<size_t>(end_ - at_) < expected.size() ||
        std::string_view(at_, expected.size()) != expected)
      return fail("expected a value (text needs double quotes)");
    at_ += expected.size();
    out = std::move(value);
    return true;
  }

  bool object(Json& out, size_t depth) {
    ++at_;
    skip_space();
    if (take('}')) return keep(out, Json::Object());
    const size_t first = open_.size();
    for (;;) {
      skip_space();
      if (at_ == end_ || *at_ != '"') return fail("expected a member name in double quotes");
      const char* start = at_;
      Json::Member member;
      if (!string(member.first)) return false;
      const std::span<const Json::Member> before = std::span(open_).subspan(first);
      if (before.size() < kFewMembers && repeats_name(before, member.first))
        return fail_at(start, "this member name is there twice");
      skip_space();
      if (!take(':')) return fail("expected ':' after the member name");
      if (!value(member.second, depth + 1)) return false;
      open_.push_back(std::move(member));
      skip_space();
      if (take(',')) continue;
      if (!take('}')) return fail("expected ',' or '}'");
      const auto begin = open_.begin() + static_cast<std::ptrdiff_t>(first);
      Json::Object members(std::make_move_iterator(begin), std::make_move_iterator(open_.end()));
      open_.erase(begin, open_.end());
      if (members.size() > kFewMembers && has_duplicates(members))
        return fail("a member name is there twice in the object that ends here");
      return keep(out, std::move(members));
    }
  }

  template <class Parts>
  static bool keep(Json& out, Parts parts) {
    out = Json(std::move(parts));
    return true;
  }

  static bool repeats_name(std::span<const Json::Member> members, const SharedText& name) {
    return std::any_of(members.begin(), members.end(),
                       [&](const Json::Member& member) { return member.first == name; });
  }

  static bool has_duplicates(const Json::Object& members) {
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& member : members) names.push_back(member.first);
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  }

  bool array(Json& out, size_t depth) {
    ++at_;
    Json::Array items;
    skip_space();
    if (take(']')) return keep(out, std::move(items));
    for (;;) {
      if (!value(items.emplace_back(), depth + 1)) return false;
      skip_space();
      if (take(',')) continue;
      return take(']') ? keep(out, std::move(items)) : fail("expected ',' or ']'");
    }
  }

  bool text(Json& out) {
    SharedText read;
    if (!string(read)) return false;
    out = Json(std::move(read));
    return true;
  }

  bool string(SharedText& out) {
    ++at_;
    std::string_view run;
    if (!plain_run(run)) return false;
    if (take('"')) {
      out = SharedText(run);
      return true;
    }
    std::string pieces(run);
    for (;;) {
      if (*at_ != '\\') return fail("control characters must be escaped inside a string");
      if (!escape(pieces) || !plain_run(run)) return false;
      pieces += run;
      if (!take('"')) continue;
      out = SharedText(pieces);
      return true;
    }
  }

  // The bytes up to the next that needs work; never at the end of the text afterwards.
  bool plain_run(std::string_view& run) {
    const char* start = at_;
    const PlainRun plain = rapport::plain_run({start, static_cast<size_t>(end_ - start)});
    run = {start, plain.size};
    at_ += plain.size;
    if (plain.wide && !is_utf8(run)) return fail_at(start, "this text is not valid UTF-8");
    return at_ != end_ || fail("the text ends inside a string");
  }

  bool escape(std::string& out) {
    const char* start = at_++;
    if (at_ == end_) return fail("the text ends inside a string");
    static constexpr std::string_view kShort = "\"\\/bfnrt", kPlain = "\"\\/\b\f\n\r\t";
    const char c = *at_++;
    if (c == 'u') return unicode_escape(out, start);
    const size_t which = kShort.find(c);
    if (which == std::string_view::npos) return fail_at(start, "unknown escape");
    out += kPlain[which];
    return true;
  }

  bool unicode_escape(std::string& out, const char* start) {
    uint32_t c = 0;
    if (!four_hex(c)) return fail_at(start, "\\u needs four hexadecimal digits");
    if (c >= 0xD800 && c < 0xE000) {
      uint32_t low = 0;
      const bool pair =
          c < 0xDC00 && take('\\') && take('u') && four_hex(low) && low >= 0xDC00 && low < 0xE000;
      if (!pair) return fail_at(start, "half of a surrogate pair");
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, c);
    return true;
  }

  bool four_hex(uint32_t& out) {
    if (end_ - at_ < 4) return false;
    const auto [stop, error] = std::from_chars(at_, at_ + 4, out, 16);
    if (error != std::errc{} || stop != at_ + 4) return false;
    at_ += 4;
    return true;
  }

  size_t skip_digits() {
    const char* start = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return static_cast<size_t>(at_ - start);
  }

  bool number(Json& out) {
    const char* start = at_;
    take('-');
    const char* first = at_;
    const size_t digits = skip_digits();
    if (digits == 0) return fail_at(start, "expected a value (text needs double quotes)");
    if (digits > 1 && *first == '0') return fail_at(start, "a number must not start with 0");
    bool whole = true;
    if (take('.')) {
      whole = false;
      if (skip_digits() == 0) return fail("expected a digit after '.'");
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      whole = false;
      ++at_;
      if (!take('+')) take('-');
      if (skip_digits() == 0) return fail("expected a digit in the exponent");
    }
    int64_t n = 0;
    if (whole && std::from_chars(start, at_, n).ec == std::errc{}) {
      out = Json(n);
      return true;
    }
    double d = 0;
    if (std::from_chars(start, at_, d).ec != std::errc{})
      return fail_at(start, "this number is too large or too small to be kept");
    out = Json(d);
    return true;
  }

  static constexpr size_t kFewMembers = 16;  // up to here comparing all pairs is cheapest

  const char* begin_;
  const char* at_;
  const char* end_;
  JsonLimits limits_;
  size_t values_ = 0;
  // Members of the objects that have not ended yet, so that each gets memory once, as it needs.
  std::vector<Json::Member> open_;
  const char* problem_ = "";
};

}  // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  return Parser(text, limits).parse();
}

}  // namespace rapport
