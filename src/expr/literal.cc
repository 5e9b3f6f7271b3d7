// The content of string and bytes literals.
#include <algorithm>
#include <array>

#include "expr/lexer.h"

namespace rapport::expr {
namespace {

constexpr uint32_t kMaxCodePoint = 0x10FFFF;

void append_code_point(std::string& out, uint32_t c) {
  const auto add = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xC0 | c >> 6);
    add(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    add(0xE0 | c >> 12);
    add(0x80 | (c >> 6 & 0x3F));
    add(0x80 | (c & 0x3F));
  } else {
    add(0xF0 | c >> 18);
    add(0x80 | (c >> 12 & 0x3F));
    add(0x80 | (c >> 6 & 0x3F));
    add(0x80 | (c & 0x3F));
  }
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

bool is_surrogate(uint32_t c) {
  return c >= 0xD800 && c <= 0xDFFF;
}

// Reads one literal's body, escape by escape.
class Unescaping {
 public:
  Unescaping(std::string_view body, bool bytes, LexicalFault& fault)
      : body_(body), bytes_(bytes), fault_(fault) {}

  std::optional<std::string> run() {
    while (at_ < body_.size()) {
      const size_t plain = std::min(body_.find('\\', at_), body_.size());
      out_ += body_.substr(at_, plain - at_);
      at_ = plain;
      if (at_ < body_.size() && !escape()) return std::nullopt;
    }
    return std::move(out_);
  }

 private:
  bool escape() {
    const char c = at_ + 1 < body_.size() ? body_[at_ + 1] : '\0';
    constexpr std::string_view kLetters = "abfnrtv\\?\"'`";
    constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\?\"'`";
    if (const size_t n = kLetters.find(c); n != std::string_view::npos) {
      out_ += kMeant[n];
      at_ += 2;
      return true;
    }
    if (c == 'x' || c == 'X') return number(2, 2, 16);
    if (c >= '0' && c <= '7') return number(1, 3, 8);
    if ((c == 'u' || c == 'U') && bytes_) {
      return refuse("'\\" + std::string(1, c) + "' is for strings; bytes take \\xHH");
    }
    if (c == 'u') return number(2, 4, 16);
    if (c == 'U') return number(2, 8, 16);
    size_t length = 1;
    while (at_ + 1 + length < body_.size() && (body_[at_ + 1 + length] & 0xC0) == 0x80) length++;
    const std::string sign(body_.substr(at_ + 1, length));
    return refuse("unknown escape '\\" + sign + "'", "\\\\" + sign);
  }

  bool number(size_t skip, size_t digits, uint32_t base) {
    const std::optional<uint32_t> c = digits_at(at_ + skip, digits, base);
    if (!c) {
      return refuse("the escape '" + std::string(body_.substr(at_, skip)) + "' takes " +
                    std::to_string(digits) + (base == 16 ? " hexadecimal" : " octal") + " digits");
    }
    const size_t start = at_;
    at_ += skip + digits;
    if (base == 8 && *c > 0377) return refuse_at(start, "the escape is over \\377");
    if (bytes_) {
      out_ += static_cast<char>(*c);
      return true;
    }
    return code_point(start, *c, digits == 4);
  }

  bool code_point(size_t start, uint32_t c, bool may_pair) {
    if (may_pair && c >= 0xD800 && c < 0xDC00 && body_.substr(at_, 2) == "\\u") {
      const std::optional<uint32_t> low = digits_at(at_ + 2, 4, 16);
      if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
        at_ += 6;
        append_code_point(out_, 0x10000 + ((c - 0xD800) << 10) + (*low - 0xDC00));
        return true;
      }
    }
    if (is_surrogate(c)) return refuse_at(start, "half a surrogate pair is no code point");
    if (c > kMaxCodePoint) return refuse_at(start, "code points end at \\U0010FFFF");
    append_code_point(out_, c);
    return true;
  }

  std::optional<uint32_t> digits_at(size_t at, size_t digits, uint32_t base) const {
    if (at + digits > body_.size()) return std::nullopt;
    uint32_t value = 0;
    for (const char c : body_.substr(at, digits)) {
      const auto digit = static_cast<uint32_t>(digit_value(c));
      if (digit >= base) return std::nullopt;
      value = value * base + digit;
    }
    return value;
  }

  bool refuse(std::string message, std::string suggestion = {}) {
    return refuse_at(at_, std::move(message), std::move(suggestion));
  }
  bool refuse_at(size_t at, std::string message, std::string suggestion = {}) {
    fault_ = {static_cast<uint32_t>(at), std::move(message), std::move(suggestion)};
    return false;
  }

  std::string_view body_;
  bool bytes_;
  LexicalFault& fault_;
  size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::optional<std::string> literal_content(std::string_view literal, LexicalFault& fault) {
  size_t start = 0;
  bool raw = false;
  bool bytes = false;
  for (; literal[start] != '"' && literal[start] != '\''; start++) {
    (literal[start] == 'r' || literal[start] == 'R' ? raw : bytes) = true;
  }
  const char quote = literal[start];
  const bool triple =
      literal.size() >= start + 6 && literal[start + 1] == quote && literal[start + 2] == quote;
  const size_t quotes = triple ? 3 : 1;
  const std::string_view body = literal.substr(start + quotes, literal.size() - start - 2 * quotes);
  if (raw) return std::string(body);
  auto content = Unescaping(body, bytes, fault).run();
  if (!content) fault.at += static_cast<uint32_t>(start + quotes);
  return content;
}

}  // namespace rapport::expr
