// The text of a secret that a caller presents, and what of it is stored.
#pragma once

#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/random.h"

namespace rapport::access {

inline constexpr std::string_view kApiKeyPrefix = "rpt_live_";
inline constexpr std::string_view kSetupPrefix = "rpt_setup_";

// prefix + 43 characters (256 random bits, base64url) + 6 characters of checksum over both.
std::string make_secret(std::string_view prefix, Random& random);

// False for a text that no make_secret(prefix, …) gave: found without looking anything up.
bool is_well_formed(std::string_view prefix, std::string_view secret);

// What may be stored: SHA-256, which is enough for 256 random bits.
Hash stored_form(std::string_view secret);

// "key_" + 26 characters; not secret.
std::string make_key_id(Random& random);

}  // namespace rapport::access
