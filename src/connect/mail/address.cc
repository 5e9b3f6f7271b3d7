#include "connect/mail/address.h"

#include <unicode/uidna.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace rapport::connect {
namespace {

constexpr size_t kMaxLocal = 64;     // RFC 5321 4.5.3.1.1
constexpr size_t kMaxAddress = 254;  // with @
constexpr size_t kMaxDomain = 253;
constexpr size_t kMaxLabel = 63;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 5322 atext, and what RFC 6531 adds.
bool is_atom_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~";
  return is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         kOthers.find(c) != std::string_view::npos;
}

Result<void> check_local(std::string_view local) {
  if (local.empty() || local.size() > kMaxLocal)
    return invalid("has no name of up to 64 bytes before the @");
  for (std::string_view atom : split(local, '.')) {
    if (atom.empty()) return invalid("has a dot too many before the @");
    if (!std::all_of(atom.begin(), atom.end(), is_atom_character))
      return invalid("has a character before the @ that addresses may not hold");
  }
  return {};
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-';
         });
}

Result<std::string> to_ascii(std::string_view domain) {
  struct Close {
    void operator()(UIDNA* idna) const { uidna_close(idna); }
  };
  UErrorCode failure = U_ZERO_ERROR;
  const std::unique_ptr<UIDNA, Close> idna(uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                                               UIDNA_NONTRANSITIONAL_TO_ASCII |
                                                               UIDNA_USE_STD3_RULES,
                                                           &failure));
  CHECK(U_SUCCESS(failure));
  char ascii[kMaxDomain + 3];
  UIDNAInfo found = UIDNA_INFO_INITIALIZER;
  const int32_t length =
      uidna_nameToASCII_UTF8(idna.get(), domain.data(), static_cast<int32_t>(domain.size()), ascii,
                             static_cast<int32_t>(sizeof ascii), &found, &failure);
  if (U_FAILURE(failure) || found.errors != 0)
    return invalid("has a domain that is no international domain name");
  return std::string(ascii, static_cast<size_t>(length));
}

}  // namespace

bool CheckedAddress::needs_utf8() const {
  return !is_ascii(local);
}

std::string mailto(const CheckedAddress& address) {
  std::string text = "mailto:";
  for (size_t i = 0; i < address.local.size(); ++i) {
    const std::string_view c = std::string_view(address.local).substr(i, 1);
    const bool plain =
        is_letter_or_digit(c[0]) || std::string_view("-._~!$'*+").find(c) != std::string_view::npos;
    text += plain ? std::string(c) : percent_encode(c);
  }
  return text + "@" + address.domain;
}

Result<std::string> ascii_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > kMaxDomain)
    return invalid("has no domain of up to 253 bytes");
  std::string ascii = ascii_lower(domain);
  if (!is_ascii(ascii)) {
    TRY_ASSIGN(ascii, to_ascii(ascii));
  }
  const auto labels = split(ascii, '.');
  if (ascii.size() > kMaxDomain || !std::all_of(labels.begin(), labels.end(), is_label))
    return invalid("has a domain that is malformed");
  if (labels.size() < 2) return invalid("has a domain without a dot");
  return ascii;
}

Result<CheckedAddress> check_address(std::string_view address) {
  if (!is_utf8(address)) return invalid("is not UTF-8");
  if (address.size() > kMaxAddress) return invalid("is longer than 254 bytes");
  const size_t at = address.rfind('@');
  if (at == std::string_view::npos) return invalid("has no @");
  TRY(check_local(address.substr(0, at)));
  TRY_ASSIGN(std::string domain, ascii_domain(address.substr(at + 1)));
  CheckedAddress checked{std::string(address.substr(0, at)), std::move(domain)};
  if (checked.text().size() > kMaxAddress) return invalid("is longer than 254 bytes");
  return checked;
}

}  // namespace rapport::connect
