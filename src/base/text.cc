#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace rapport {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";

uint8_t byte(char c) {
  return static_cast<uint8_t>(c);
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

std::string encode64(std::string_view bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = uint32_t{byte(bytes[i])} << 16;
    if (n > 1) group |= uint32_t{byte(bytes[i + 1])} << 8;
    if (n > 2) group |= byte(bytes[i + 2]);
    for (size_t k = 0; k <= n; ++k) out += alphabet[group >> (18 - 6 * k) & 63];
  }
  return out;
}

using Table = std::array<int8_t, 256>;
constexpr Table inverse(std::string_view alphabet) {
  Table table{};
  table.fill(-1);
  for (size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<uint8_t>(alphabet[i])] = static_cast<int8_t>(i);
  return table;
}

// Refuses left-over bits that are not zero: one value has one encoding.
std::optional<std::string> decode64(std::string_view text, const Table& table) {
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int have = 0;
  for (char c : text) {
    const int v = table[byte(c)];
    if (v < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(v);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have);
    bits &= (1U << have) - 1;
  }
  if (bits != 0) return std::nullopt;
  return out;
}

// Length of the well-formed sequence at the start of `text` (Unicode table 3-7), 0 if there is
// none.
size_t sequence_length(std::string_view text) {
  const uint8_t a = byte(text[0]);
  if (a < 0x80) return 1;
  const size_t n = a < 0xC2 ? 0 : a < 0xE0 ? 2 : a < 0xF0 ? 3 : a < 0xF5 ? 4 : 0;
  if (n == 0 || text.size() < n) return 0;
  const uint8_t low = a == 0xE0 ? 0xA0 : a == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = a == 0xED ? 0x9F : a == 0xF4 ? 0x8F : 0xBF;
  if (byte(text[1]) < low || byte(text[1]) > high) return 0;
  for (size_t i = 2; i < n; ++i) {
    if ((byte(text[i]) & 0xC0) != 0x80) return 0;
  }
  return n;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before2(b.size() + 1), before(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before2.swap(before);
    before.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, before[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before2[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    out += kHex[byte(c) >> 4];
    out += kHex[byte(c) & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out = encode64(bytes, kBase64);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  static constexpr Table kTable = inverse(kBase64);
  return decode64(text, kTable);
}

std::string to_base64url(std::string_view bytes) {
  return encode64(bytes, kBase64Url);
}

std::optional<std::string> from_base64url(std::string_view text) {
  static constexpr Table kTable = inverse(kBase64Url);
  return decode64(text, kTable);
}

std::string to_base32(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  uint32_t bits = 0;
  int have = 0;
  for (char c : bytes) {
    bits = (bits << 8 | byte(c)) & 0xFFFF;
    have += 8;
    for (; have >= 5; have -= 5) out += kBase32[bits >> (have - 5) & 31];
  }
  if (have > 0) out += kBase32[bits << (5 - have) & 31];
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (text.size() >= 8) {
      uint64_t word;
      std::memcpy(&word, text.data(), 8);
      if ((word & 0x8080808080808080ULL) == 0) {
        text.remove_prefix(8);
        continue;
      }
    }
    const size_t n = sequence_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

std::string_view cut_utf8(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t n = max_bytes;
  // A sequence has at most three continuation bytes; more means it is no UTF-8 anyway.
  for (int back = 0; back < 3 && n > 0 && (byte(text[n]) & 0xC0) == 0x80; ++back) --n;
  return text.substr(0, (byte(text[n]) & 0xC0) == 0x80 ? max_bytes : n);
}

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
  std::optional<std::string_view> best;
  size_t best_distance = 3;
  for (std::string_view candidate : candidates) {
    const size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= best_distance) continue;
    const size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance || distance >= longer) continue;  // nothing in common: no hint
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    const bool letter = lower(c) >= 'a' && lower(c) <= 'z';
    const bool digit = c >= '0' && c <= '9';
    if (letter || digit || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    out += '%';
    out += "0123456789ABCDEF"[byte(c) >> 4];
    out += "0123456789ABCDEF"[byte(c) & 15];
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

}  // namespace rapport
