#include "connect/mail/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/result.h"
#include "base/text.h"

namespace rapport::connect {
namespace {

constexpr size_t kLine = 76;
constexpr size_t kEncodedWord = 75;   // RFC 2047, 2
constexpr size_t kLongestToken = 65;  // of what is left as it is
constexpr size_t kShortQuoted = 62;
constexpr size_t kParameterPiece = 45;  // of a value in pieces
constexpr std::string_view kBegin64 = "=?utf-8?B?", kBeginQ = "=?utf-8?Q?", kEnd = "?=";
constexpr std::string_view kHex = "0123456789ABCDEF";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void append_escaped(std::string& out, char sign, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += {sign, kHex[byte >> 4], kHex[byte & 15]};
}

// Bytes of the character that begins here; a byte of malformed text counts as one.
size_t character_at(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t length = 1;
  if (byte(0) < 0xc0) return length;
  while (length < 4 && length < text.size() && (byte(length) & 0xc0) == 0x80) ++length;
  return length;
}

// What may stand as it is in a Q-encoded word of a phrase (RFC 2047, 5).
bool is_plain_in_q(char c) {
  return is_letter_or_digit(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

std::string q_of(std::string_view character) {
  std::string out;
  for (char c : character) {
    if (c == ' ') {
      out.push_back('_');
    } else if (is_plain_in_q(c)) {
      out.push_back(c);
    } else {
      append_escaped(out, '=', c);
    }
  }
  return out;
}

bool is_shorter_in_q(std::string_view text) {
  size_t length = 0;
  for (char c : text) length += c == ' ' || is_plain_in_q(c) ? 1 : 3;
  return length <= (text.size() + 2) / 3 * 4;
}

bool stays_as_it_is(std::string_view text) {
  if (!is_printable_ascii(text) || text.find("=?") != std::string_view::npos) return false;
  if (text.starts_with(' ') || text.ends_with(' ')) return false;
  if (text.find("   ") != std::string_view::npos) return false;
  const auto words = split(text, ' ');
  return std::all_of(words.begin(), words.end(),
                     [](std::string_view word) { return word.size() <= kLongestToken; });
}

bool is_atoms(std::string_view text) {
  return text.find("  ") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == ' ' || c == '-'; });
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + '"';
}

// A line break at the start of `text`, 0: none.
size_t line_break_at(std::string_view text) {
  if (text.starts_with("\r\n")) return 2;
  return text.starts_with('\n') || text.starts_with('\r') ? 1 : 0;
}

// One character of a line in quoted-printable.
std::string printable_of(std::string_view character, bool first, bool last, bool from) {
  const char c = character[0];
  const bool blank = c == ' ' || c == '\t';
  const bool plain = (c > 0x20 && c < 0x7f && c != '=') || (blank && !last);
  if (plain && !(first && c == '.') && !from) return std::string(character);
  std::string out;
  for (char byte : character) append_escaped(out, '=', byte);
  return out;
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

}  // namespace

HeaderLine::HeaderLine(std::string_view name) : text_(name), column_(name.size() + 1) {
  text_ += ':';
}

void HeaderLine::add(std::string_view token) {
  if (!empty_ && column_ + 1 + token.size() > kLine) {
    text_ += "\r\n";
    column_ = 0;
  }
  text_ += ' ';
  text_ += token;
  column_ += 1 + token.size();
  empty_ = false;
}

void HeaderLine::append(std::string_view text) {
  text_ += text;
  column_ += text.size();
}

void HeaderLine::add_encoded(std::string_view text) {
  const size_t used = column_ + 1;
  for (const std::string& word : encoded_words(text, used < kLine ? kLine - used : 0)) add(word);
}

void HeaderLine::add_text(std::string_view text) {
  if (!stays_as_it_is(text)) return add_encoded(text);
  std::string spaces;  // beyond the one that separates
  for (std::string_view word : split(text, ' ')) {
    if (word.empty()) {
      spaces += ' ';
      continue;
    }
    add(spaces + std::string(word));
    spaces.clear();
  }
}

void HeaderLine::add_phrase(std::string_view text) {
  if (!stays_as_it_is(text) || quoted(text).size() > kShortQuoted) return add_encoded(text);
  if (!is_atoms(text)) return add(quoted(text));
  for (std::string_view word : split(text, ' ')) add(word);
}

void HeaderLine::add_parameter(std::string_view name, std::string_view value) {
  append(";");
  if (is_printable_ascii(value) && quoted(value).size() <= kShortQuoted)
    return add(fmt::format("{}={}", name, quoted(value)));
  std::vector<std::string> pieces(1);
  for (; !value.empty(); value.remove_prefix(character_at(value))) {
    std::string next;
    for (char c : value.substr(0, character_at(value))) {
      if (is_letter_or_digit(c) || c == '.' || c == '-' || c == '_') {
        next.push_back(c);
      } else {
        append_escaped(next, '%', c);
      }
    }
    if (pieces.back().size() + next.size() > kParameterPiece) pieces.emplace_back();
    pieces.back() += next;
  }
  if (pieces.size() == 1) return add(fmt::format("{}*=utf-8''{}", name, pieces[0]));
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) append(";");
    add(fmt::format("{}*{}*={}{}", name, i, i == 0 ? "utf-8''" : "", pieces[i]));
  }
}

std::string HeaderLine::take() && {
  text_ += "\r\n";
  return std::move(text_);
}

std::vector<std::string> encoded_words(std::string_view text, size_t first_room) {
  const bool q = is_shorter_in_q(text);
  const size_t frame = kBegin64.size() + kEnd.size();
  std::vector<std::string> words;
  std::string bytes, encoded;  // of the word under way
  size_t room = std::min(first_room, kEncodedWord);
  if (room < frame + 16) room = kEncodedWord;  // goes to the next line as a whole
  const auto end_word = [&] {
    if (bytes.empty()) return;
    words.push_back(
        fmt::format("{}{}{}", q ? kBeginQ : kBegin64, q ? encoded : to_base64(bytes), kEnd));
    bytes.clear();
    encoded.clear();
    room = kEncodedWord;
  };
  while (!text.empty()) {
    const std::string_view character = text.substr(0, character_at(text));
    const std::string next = q ? q_of(character) : std::string();
    const size_t length =
        q ? encoded.size() + next.size() : (bytes.size() + character.size() + 2) / 3 * 4;
    if (frame + length > room) end_word();
    bytes += character;
    encoded += next;
    text.remove_prefix(character.size());
  }
  end_word();
  return words;
}

std::string to_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  size_t column = 0;
  while (!text.empty()) {
    if (const size_t broken = line_break_at(text)) {
      out += "\r\n";
      column = 0;
      text.remove_prefix(broken);
      continue;
    }
    const std::string_view character = text.substr(0, character_at(text));
    const std::string_view rest = text.substr(character.size());
    const bool last = rest.empty() || line_break_at(rest) > 0;
    std::string next =
        printable_of(character, column == 0, last, column == 0 && text.starts_with("From "));
    if (column + next.size() > kLine - 1) {
      out += "=\r\n";
      column = 0;
      next = printable_of(character, true, last, text.starts_with("From "));
    }
    out += next;
    column += next.size();
    text = rest;
  }
  return out;
}

std::string from_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (text[0] == '=') {
      if (const size_t broken = line_break_at(text.substr(1))) {
        text.remove_prefix(1 + broken);
        continue;
      }
      const auto high = text.size() > 2 ? hex_digit(text[1]) : std::nullopt;
      const auto low = text.size() > 2 ? hex_digit(text[2]) : std::nullopt;
      if (high && low) {
        out.push_back(static_cast<char>(*high << 4 | *low));
        text.remove_prefix(3);
        continue;
      }
    }
    out.push_back(text[0]);
    text.remove_prefix(1);
  }
  return out;
}

std::string to_base64_lines(std::string_view bytes) {
  const std::string all = to_base64(bytes);
  std::string out;
  out.reserve(all.size() + all.size() / kLine * 2 + 2);
  for (size_t at = 0; at < all.size(); at += kLine) {
    out += std::string_view(all).substr(at, kLine);
    out += "\r\n";
  }
  return out;
}

std::string from_base64_lines(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (char c : text)
    if (is_letter_or_digit(c) || c == '+' || c == '/') clean.push_back(c);
  if (clean.size() % 4 == 1) clean.pop_back();
  return from_base64(clean).value_or(std::string());
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace rapport::connect
