// The words of an expression, one after the other, and the values of its literals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rapport::expr {

enum class TokenKind : uint8_t {
  kEnd,
  kWrong,   // Lexer::fault() says why
  kName,    // also reserved words, and `true`, `false`, `null`, `in`
  kQuoted,  // `content-type` between backticks
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kSymbol,  // ( ) [ ] { } . , : ? + - * / % ! < <= > >= == != && ||
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  uint32_t begin = 0;  // bytes in the source
  uint32_t end = 0;
};

struct LexicalFault {
  uint32_t at = 0;  // byte in the source
  std::string message;
  std::string suggestion;
};

// Over a text of UTF-8 that outlives it. Each call of next() is linear in what it reads.
class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Token next();
  // Of the last token that was kWrong.
  const LexicalFault& fault() const { return fault_; }

 private:
  void skip_blanks();
  Token number();
  Token quoted_name();
  Token word_or_text();
  Token text(uint32_t prefix, bool raw, bool bytes);
  Token symbol();
  Token wrong(uint32_t at, std::string message, std::string suggestion = {});
  Token token(TokenKind kind, size_t length);
  char peek(size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  std::string_view source_;
  size_t at_ = 0;
  LexicalFault fault_;
};

// The content of a string or bytes literal, from its prefix to its closing quote. Else what is
// wrong: `fault.at` counts from the start of `literal`.
std::optional<std::string> literal_content(std::string_view literal, LexicalFault& fault);

// May not name a variable or a function, but may name a field or a method.
bool is_reserved(std::string_view word);
// true, false, null, in: name nothing.
bool is_keyword(std::string_view word);

}  // namespace rapport::expr
