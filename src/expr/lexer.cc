#include "expr/lexer.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace rapport::expr {
namespace {

constexpr std::array<std::string_view, 17> kReserved = {
    "as",  "break", "const",     "continue", "else",   "for", "function", "if",   "import",
    "let", "loop",  "namespace", "package",  "return", "var", "void",     "while"};
constexpr std::array<std::string_view, 4> kKeywords = {"false", "in", "null", "true"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool in_name(char c) {
  return starts_name(c) || is_digit(c);
}

// What people write for what CEL writes otherwise; longest first.
struct Slip {
  std::string_view written;
  std::string_view meant;
};
constexpr Slip kSlips[] = {{"===", "=="}, {"!==", "!="}, {"<>", "!="},
                           {"=>", ">="},  {"=<", "<="},  {"=~", "matches"}};
constexpr Slip kWrongSigns[] = {
    {"=", "=="},     {"&", "&&"},     {"|", "||"},      {"\u201c", "\""}, {"\u201d", "\""},
    {"\u2018", "'"}, {"\u2019", "'"}, {"\u2264", "<="}, {"\u2265", ">="}, {"\u2260", "!="},
    {"\u2013", "-"}, {"\u00d7", "*"}, {"\u00a0", " "}};

std::string_view code_point_at(std::string_view text, size_t at) {
  size_t length = 1;
  while (at + length < text.size() && (text[at + length] & 0xC0) == 0x80) length++;
  return text.substr(at, length);
}

}  // namespace

bool is_reserved(std::string_view word) {
  return std::ranges::binary_search(kReserved, word);
}
bool is_keyword(std::string_view word) {
  return std::ranges::binary_search(kKeywords, word);
}

Token Lexer::token(TokenKind kind, size_t length) {
  const Token found{kind, static_cast<uint32_t>(at_), static_cast<uint32_t>(at_ + length)};
  at_ += length;
  return found;
}

Token Lexer::wrong(uint32_t at, std::string message, std::string suggestion) {
  fault_ = {at, std::move(message), std::move(suggestion)};
  const Token found{TokenKind::kWrong, at, static_cast<uint32_t>(source_.size())};
  at_ = source_.size();
  return found;
}

void Lexer::skip_blanks() {
  for (; at_ < source_.size(); at_++) {
    if (source_.substr(at_, 2) == "//") {
      at_ = std::min(source_.find('\n', at_), source_.size());
    }
    const char c = peek();
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f') return;
  }
}

Token Lexer::next() {
  skip_blanks();
  if (at_ >= source_.size()) return token(TokenKind::kEnd, 0);
  const char c = peek();
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
  if (starts_name(c) || c == '"' || c == '\'') return word_or_text();
  if (c == '`') return quoted_name();
  return symbol();
}

Token Lexer::number() {
  size_t length = 0;
  TokenKind kind = TokenKind::kInt;
  const auto digits = [&](bool (*belongs)(char)) {
    const size_t start = length;
    while (belongs(peek(length))) length++;
    return length > start;
  };
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2))) {
    length = 2;
    digits(is_hex);
  } else {
    digits(is_digit);
    if (peek(length) == '.' && is_digit(peek(length + 1))) {
      kind = TokenKind::kDouble;
      length++;
      digits(is_digit);
    }
    if (peek(length) == 'e' || peek(length) == 'E') {
      const size_t sign = peek(length + 1) == '+' || peek(length + 1) == '-' ? 1 : 0;
      if (is_digit(peek(length + 1 + sign))) {
        kind = TokenKind::kDouble;
        length += 1 + sign;
        digits(is_digit);
      }
    }
  }
  if (kind == TokenKind::kInt && (peek(length) == 'u' || peek(length) == 'U')) {
    kind = TokenKind::kUint;
    length++;
  }
  if (in_name(peek(length))) {
    digits(in_name);
    return wrong(static_cast<uint32_t>(at_),
                 "'" + std::string(source_.substr(at_, std::min<size_t>(length, 40))) +
                     "' is neither a number nor a name");
  }
  return token(kind, length);
}

Token Lexer::quoted_name() {
  size_t length = 1;
  while (in_name(peek(length)) || peek(length) == '.' || peek(length) == '-' ||
         peek(length) == '/' || peek(length) == ' ') {
    length++;
  }
  const auto at = static_cast<uint32_t>(at_);
  if (peek(length) != '`') {
    if (at_ + length >= source_.size()) return wrong(at, "the name in backticks is not closed");
    return wrong(static_cast<uint32_t>(at_ + length),
                 "a name in backticks has letters, digits, '_', '.', '-', '/' and spaces only; "
                 "write [\"…\"] for others");
  }
  if (length == 1) return wrong(at, "the name in backticks is empty");
  return token(TokenKind::kQuoted, length + 1);
}

Token Lexer::word_or_text() {
  size_t length = 0;
  bool bytes = false;
  bool raw = false;
  if (peek(length) == 'b' || peek(length) == 'B') {
    bytes = true;
    length++;
  }
  if (peek(length) == 'r' || peek(length) == 'R') {
    raw = true;
    length++;
  }
  if (peek(length) == '"' || peek(length) == '\'') {
    return text(static_cast<uint32_t>(length), raw, bytes);
  }
  length = 0;
  while (in_name(peek(length))) length++;
  return token(TokenKind::kName, length);
}

Token Lexer::text(uint32_t prefix, bool raw, bool bytes) {
  const char quote = peek(prefix);
  const bool triple = peek(prefix + 1) == quote && peek(prefix + 2) == quote;
  const size_t quotes = triple ? 3 : 1;
  const std::string closing(quotes, quote);
  const auto at = static_cast<uint32_t>(at_);
  for (size_t i = at_ + prefix + quotes; i < source_.size(); i++) {
    const char c = source_[i];
    if (source_.compare(i, quotes, closing) == 0) {
      return token(bytes ? TokenKind::kBytes : TokenKind::kString, i + quotes - at_);
    }
    if (!triple && (c == '\n' || c == '\r')) break;
    if (!raw && c == '\\') i++;
  }
  if (triple) return wrong(at, "the text is not closed: " + closing + " is missing");
  return wrong(at, std::string("the text is not closed: ") + quote + " is missing on this line");
}

Token Lexer::symbol() {
  const std::string_view rest = source_.substr(at_);
  const auto at = static_cast<uint32_t>(at_);
  for (const Slip& slip : kSlips) {
    if (!rest.starts_with(slip.written)) continue;
    return wrong(at, "unknown operator '" + std::string(slip.written) + "'",
                 std::string(slip.meant));
  }
  for (const std::string_view two : {"<=", ">=", "==", "!=", "&&", "||"}) {
    if (rest.starts_with(two)) return token(TokenKind::kSymbol, 2);
  }
  if (std::string_view("()[]{}.,:?+-*/%!<>").find(rest[0]) != std::string_view::npos) {
    return token(TokenKind::kSymbol, 1);
  }
  const std::string sign(code_point_at(source_, at_));
  for (const Slip& slip : kWrongSigns) {
    if (!rest.starts_with(slip.written)) continue;
    return wrong(at, "unexpected '" + sign + "'", std::string(slip.meant));
  }
  const bool visible = static_cast<unsigned char>(sign[0]) > ' ' && sign[0] != '\x7f';
  return wrong(
      at, visible ? "unexpected '" + sign + "'" : "unexpected control character 0x" + to_hex(sign));
}

}  // namespace rapport::expr
