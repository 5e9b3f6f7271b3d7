#include "intake/normalise.h"

#include <algorithm>

#include "base/text.h"

namespace rapport::intake {
namespace {

constexpr size_t kMaxEmail = 254;  // RFC 5321, path without brackets
constexpr size_t kMaxLocalPart = 64;
constexpr size_t kMaxId = 256;

bool is_control(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

// What may stand before the "@" without quotes. Quoted local parts are legal but nobody's address;
// dots in odd places are illegal but some providers gave such addresses out.
bool is_local_byte(unsigned char c) {
  return c > ' ' && c != 0x7f &&
         std::string_view("\"(),:;<>@[\\]").find(static_cast<char>(c)) == std::string_view::npos;
}

bool is_domain_byte(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c >= 0x80;
}

bool is_mail_domain(std::string_view domain) {
  bool dotted = false, label_started = false, last_is_number = true;
  for (size_t i = 0; i < domain.size(); ++i) {
    if (domain[i] == '.') {
      if (!label_started || domain[i - 1] == '-') return false;
      dotted = last_is_number = true;
      label_started = false;
      continue;
    }
    if (!is_domain_byte(domain[i]) || (!label_started && domain[i] == '-')) return false;
    label_started = true;
    if (domain[i] < '0' || domain[i] > '9') last_is_number = false;
  }
  return dotted && label_started && domain.back() != '-' && !last_is_number;
}

// C1 control characters and the line separators, which pass for white space on screens.
bool has_hidden_break(std::string_view text) {
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    const auto a = static_cast<unsigned char>(text[i]), b = static_cast<unsigned char>(text[i + 1]);
    if (a == 0xC2 && b < 0xA0) return true;
    if (a == 0xE2 && b == 0x80 && i + 2 < text.size()) {
      const auto c = static_cast<unsigned char>(text[i + 2]);
      if (c == 0xA8 || c == 0xA9) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> normalise_email(std::string_view text) {
  std::string email = ascii_lower(trim(text));
  if (email.size() > kMaxEmail || !is_utf8(email) || has_hidden_break(email)) return std::nullopt;
  const size_t at = email.find('@');
  if (at == std::string::npos || at == 0 || at > kMaxLocalPart) return std::nullopt;
  const std::string_view whole = email, local = whole.substr(0, at);
  if (!std::all_of(local.begin(), local.end(), is_local_byte)) return std::nullopt;
  if (!is_mail_domain(whole.substr(at + 1))) return std::nullopt;
  return email;
}

std::optional<std::string> normalise_id(std::string_view text) {
  const std::string_view id = trim(text);
  if (id.empty() || id.size() > kMaxId || !is_utf8(id)) return std::nullopt;
  if (std::any_of(id.begin(), id.end(), is_control) || has_hidden_break(id)) return std::nullopt;
  return std::string(id);
}

}  // namespace rapport::intake
