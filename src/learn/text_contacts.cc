// Addresses and phone numbers, as written.
#include <algorithm>

#include "learn/word_reading.h"

namespace rapport::learn {
namespace {

constexpr size_t kLongestLocal = 64, kLongestDomain = 255, kLongestScheme = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_local(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("._%+-").find(c) != std::string_view::npos;
}
bool is_domain(char c) {
  return is_letter(c) || is_digit(c) || c == '.' || c == '-';
}
bool ends_url(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"' || c == '`';
}

std::optional<Span> mail_around(std::string_view text, size_t at, size_t floor) {
  Span span{at, at + 1};
  while (span.begin > floor && at - span.begin < kLongestLocal && is_local(text[span.begin - 1]))
    span.begin--;
  while (span.begin < at && !is_letter(text[span.begin]) && !is_digit(text[span.begin]))
    span.begin++;
  while (span.end < text.size() && span.end - at < kLongestDomain && is_domain(text[span.end]))
    span.end++;
  while (span.end > at && (text[span.end - 1] == '.' || text[span.end - 1] == '-')) span.end--;
  if (span.begin == at || span.end <= at + 1) return std::nullopt;
  const std::string_view domain = text.substr(at + 1, span.end - at - 1);
  const size_t dot = domain.rfind('.');
  if (dot == domain.npos || dot == 0 || domain.size() - dot < 3 || !is_letter(domain[dot + 1]))
    return std::nullopt;
  return span;
}

Span url_around(std::string_view text, size_t at, size_t floor) {
  Span span{at, at};
  while (span.begin > floor && at - span.begin < kLongestScheme && is_letter(text[span.begin - 1]))
    span.begin--;
  while (span.end < text.size() && !ends_url(text[span.end])) span.end++;
  return span;
}

}  // namespace

std::vector<Address> find_addresses(std::string_view text) {
  std::vector<Address> found;
  size_t floor = 0;
  size_t mail = text.find('@'), url = text.find("://"), www = text.find("www.");
  while (true) {
    const size_t at = std::min({mail, url, www});
    if (at == text.npos) return found;
    Address address{.span = {at, at + 1}};
    if (at == mail) {
      const auto span = mail_around(text, at, floor);
      address.mail = span.has_value();
      if (span) address.span = *span;
    } else {
      address.span = url_around(text, at, floor);
    }
    if (at != mail || address.mail) found.push_back(address);
    floor = address.span.end;
    if (mail < floor) mail = text.find('@', floor);
    if (url < floor) url = text.find("://", floor);
    if (www < floor) www = text.find("www.", floor);
  }
}

std::optional<Span> phone_at(std::string_view text, size_t at) {
  size_t begin = at;
  if (begin > 0 && text[begin - 1] == '(') begin--;
  const bool plus = begin > 0 && text[begin - 1] == '+';
  if (plus) begin--;
  size_t digits = 0, groups = 0, end = at, gap = 0;
  for (size_t i = at; i < text.size() && digits <= 15 && gap <= 2; i++) {
    if (is_digit(text[i])) {
      if (i == at || !is_digit(text[i - 1])) groups++;
      digits++;
      gap = 0;
      end = i + 1;
    } else if (std::string_view(" ().-").find(text[i]) != std::string_view::npos) {
      gap++;
    } else {
      break;
    }
  }
  const bool marked = plus || text[at] == '0';
  if (digits > 15 || digits < (marked ? 8 : 9) || (!marked && groups < 2)) return std::nullopt;
  if (end < text.size() && is_letter(text[end])) return std::nullopt;
  return Span{begin, end};
}

}  // namespace rapport::learn
