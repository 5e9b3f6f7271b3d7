#include "learn/text_tokens.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "base/result.h"

namespace rapport::learn {
namespace {

constexpr UChar32 kFirst = 0x80;
constexpr UChar32 kRightQuote = 0x2019, kModifierQuote = 0x02BC;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_ascii_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}
bool is_accent(UChar32 c) {
  return c >= 0x0300 && c <= 0x036F;
}
bool is_word_part(UChar32 c) {
  return u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
}
bool is_symbol(UChar32 c) {
  return (U_GET_GC_MASK(c) & (U_GC_SC_MASK | U_GC_SO_MASK)) != 0;
}
bool is_hidden(UChar32 c) {
  return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
         (c >= 0x1F3FB && c <= 0x1F3FF);  // skin tones
}

std::string fold_letter(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFKDInstance(status);
  CHECK(U_SUCCESS(status));
  icu::UnicodeString parts;
  if (!form->getDecomposition(c, parts)) parts.setTo(c);
  parts.foldCase();
  icu::UnicodeString plain;
  for (int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1)) {
    if (!is_accent(parts.char32At(i))) plain.append(parts.char32At(i));
  }
  std::string folded;
  plain.toUTF8String(folded);
  return folded;
}

}  // namespace

// One text being cut.
class TokenRun {
 public:
  TokenRun(const Tokenizer& tokenizer, std::string_view text, TokenText& out)
      : tokenizer_(tokenizer), text_(text), out_(out) {}

  void cut(size_t from, size_t to) {
    at_ = from;
    end_ = to;
    while (at_ < end_) step();
  }
  void jump() {
    finish();
    other_ = true;
  }
  void finish() {
    if (!open_) return;
    open_ = false;
    out_.tokens.back().folded_end = static_cast<uint32_t>(out_.folded.size());
  }

 private:
  void step() {
    const char c = text_[at_];
    if ((c & 0x80) != 0) return step_wide();
    if (is_digit(c)) {
      finish();
      return take_number();
    }
    if (is_ascii_word(c)) {
      start(at_);
      out_.folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      end_word(++at_);
      return;
    }
    if (c == '\'' && open_ && at_ + 1 < end_ && is_letter_at(at_ + 1)) {
      at_++;
      return;
    }
    finish();
    if (c == '$') {
      take_symbol("$", at_, at_ + 1);
    } else {
      note_gap(c);
    }
    at_++;
  }

  void step_wide() {
    const size_t from = at_;
    auto i = static_cast<int32_t>(at_);
    UChar32 c;
    U8_NEXT(reinterpret_cast<const uint8_t*>(text_.data()), i, static_cast<int32_t>(end_), c);
    at_ = static_cast<size_t>(i);
    if (c < 0) return finish(), note_gap('?');
    const bool quote = c == kRightQuote || c == kModifierQuote;
    if (quote && open_ && at_ < end_ && is_letter_at(at_)) return;
    const size_t latin = static_cast<size_t>(c - kFirst);
    if (latin < tokenizer_.latin_.size() && tokenizer_.latin_word_[latin]) {
      add_letter(tokenizer_.latin_[latin], from);
    } else if (is_hidden(c) || is_accent(c)) {
      if (open_) end_word(at_);
    } else if (is_word_part(c)) {
      add_letter(fold_letter(c), from);
    } else if (is_symbol(c)) {
      finish();
      take_symbol(text_.substr(from, at_ - from), from, at_);
    } else {
      finish();
      note_gap(u_isUWhiteSpace(c) ? ' ' : (c >= 0x2010 && c <= 0x2014) ? '-' : ',');
    }
  }

  void add_letter(const std::string& folded, size_t from) {
    start(from);
    out_.folded += folded;
    end_word(at_);
  }

  void take_number() {
    size_t to = at_ + 1;
    while (to < end_ && (is_digit(text_[to]) || ((text_[to] == '.' || text_[to] == ',') &&
                                                 to + 1 < end_ && is_digit(text_[to + 1])))) {
      to++;
    }
    start(at_);
    const std::string_view digits = text_.substr(at_, to - at_);
    out_.folded += digits;
    out_.tokens.back().number = parse_number(digits);
    end_word(to);
    at_ = to;
    finish();
  }

  void take_symbol(std::string_view symbol, size_t from, size_t to) {
    start(from);
    out_.folded += symbol;
    end_word(to);
    finish();
  }

  bool is_letter_at(size_t at) const {
    const char c = text_[at];
    return (c & 0x80) != 0 || (is_ascii_word(c) && !is_digit(c));
  }
  void end_word(size_t to) { out_.tokens.back().end = static_cast<uint32_t>(to); }

  void start(size_t at) {
    if (open_) return;
    open_ = true;
    Token token;
    token.begin = static_cast<uint32_t>(at);
    token.folded = static_cast<uint32_t>(out_.folded.size());
    token.joined = !other_ && !out_.tokens.empty();
    token.clause = clause_;
    token.gap = gap_;
    out_.tokens.push_back(token);
    gap_ = 0;
    lines_ = 0;
    other_ = clause_ = false;
  }

  void note_gap(char c) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (gap_ == 0) gap_ = ' ';
      if (c == '\n' && ++lines_ > 1) clause_ = true;  // a blank line
      return;
    }
    if (c == '+') return;  // "500+ people"
    gap_ = c;
    if (c == '-' || c == '/') return;
    other_ = true;
    constexpr std::string_view kClauseEnds = ",.;:!?()";
    if (kClauseEnds.find(c) != std::string_view::npos) clause_ = true;
  }

  const Tokenizer& tokenizer_;
  std::string_view text_;
  TokenText& out_;
  size_t at_ = 0, end_ = 0;
  int lines_ = 0;
  bool open_ = false, other_ = true, clause_ = true;
  char gap_ = 0;
};

Tokenizer::Tokenizer() {
  for (size_t i = 0; i < latin_.size(); i++) {
    const auto c = static_cast<UChar32>(i) + kFirst;
    latin_word_[i] = is_word_part(c) && !is_hidden(c);
    if (latin_word_[i]) latin_[i] = fold_letter(c);
  }
}

TokenText Tokenizer::cut(std::string_view text, const std::vector<Span>& skip) const {
  TokenText out{.text = text, .folded = {}, .tokens = {}};
  out.folded.reserve(text.size() + 8);
  out.tokens.reserve(text.size() / 4 + 8);
  TokenRun run(*this, text, out);
  size_t at = 0;
  for (const Span& place : skip) {
    run.cut(at, place.begin);
    run.jump();
    at = place.end;
  }
  run.cut(at, text.size());
  run.finish();
  return out;
}

int64_t parse_number(std::string_view digits) {
  constexpr size_t kNone = std::string_view::npos;
  const size_t last = digits.find_last_of(".,");
  size_t decimal = kNone;
  if (last != kNone) {
    const char sign = digits[last];
    const bool once = digits.find(sign) == last;
    const bool both = digits.find(sign == '.' ? ',' : '.') != kNone;
    const size_t after = digits.size() - last - 1;
    if (once && (both || after != 3 || digits.substr(0, last) == "0")) decimal = last;
  }
  const std::string_view whole = digits.substr(0, decimal);
  int64_t value = 0;
  size_t group = 0, groups = 0;
  for (const char c : whole) {
    if (!is_digit(c)) {
      if (group > 3 || (groups > 0 && group != 3)) return kNoNumber;
      groups++;
      group = 0;
      continue;
    }
    group++;
    value = value * 10 + (c - '0');
    if (value > 900'000'000'000'000) return kNoNumber;
  }
  if (groups > 0 && group != 3) return kNoNumber;
  value *= kNumberScale;
  int64_t place = kNumberScale / 10;
  for (size_t i = decimal; i != kNone && ++i < digits.size() && place > 0; place /= 10) {
    value += (digits[i] - '0') * place;
  }
  return value;
}

}  // namespace rapport::learn
