// The only file that sees libphonenumber, whose headers are heavy.
#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <algorithm>

#include "base/text.h"
#include "intake/normalise.h"

namespace rapport::intake {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t kMaxText = 64;
constexpr const char* kNoRegion = "ZZ";  // the library's word for it

// "00" is dialled for abroad in most of the world: "(00) 49 …" becomes "+49 …".
std::string with_plus(std::string_view text) {
  size_t zeros = 0, i = 0;
  for (; i < text.size() && zeros < 2; ++i) {
    if (text[i] == '0') {
      ++zeros;
    } else if (std::string_view(" \t()-./").find(text[i]) == std::string_view::npos) {
      return std::string(text);
    }
  }
  const size_t digit = text.find_first_of("0123456789", i);
  if (zeros < 2 || digit == std::string_view::npos || text[digit] == '0') return std::string(text);
  return '+' + std::string(text.substr(digit));
}

std::string library_region(std::string_view region) {
  if (region.empty()) return kNoRegion;
  std::string upper(region);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return upper;
}

}  // namespace

std::optional<std::string> normalise_phone(std::string_view given, std::string_view region) {
  const std::string_view text = trim(given);
  if (text.empty() || text.size() > kMaxText) return std::nullopt;
  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  const auto outcome = library.Parse(with_plus(text), library_region(region), &number);
  if (outcome != PhoneNumberUtil::NO_PARSING_ERROR) return std::nullopt;
  // All extensions of a switchboard share its number: it names no person. A number that is only
  // possible when dialled locally lacks its area code.
  if (number.has_extension()) return std::nullopt;
  if (library.IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE) {
    return std::nullopt;
  }
  std::string formatted;
  library.Format(number, PhoneNumberUtil::E164, &formatted);
  return formatted;
}

}  // namespace rapport::intake
