// Pure normalisation of identifiers and of the company behind an address.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rapport::intake {

// Trimmed, lower case (ASCII; the domain by IDNA is left as given), one "@", a domain with a dot,
// at most 254 bytes. Dots and +tags of the local part are kept: they can be another mailbox.
std::optional<std::string> normalise_email(std::string_view text);

// E.164, e.g. "+4915112345678". `region` (ISO 3166, "DE") is used for numbers without "+" or "00";
// empty: such numbers give none. Only numbers that are possible for their region.
std::optional<std::string> normalise_phone(std::string_view text, std::string_view region);

// At most 256 bytes of UTF-8 without control characters, trimmed, not empty.
std::optional<std::string> normalise_id(std::string_view text);

}  // namespace rapport::intake
