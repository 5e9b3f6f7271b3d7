// What a property accepts and in which form it keeps it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/json.h"
#include "sandbox/hubspot/refusal.h"
#include "sandbox/hubspot/schema.h"

namespace rapport::sandbox::hubspot {

inline constexpr size_t kMaxText = 65'536;  // UTF-16 code units of one value

// "2026-03-02T09:00:00.123Z", without a fraction that is zero: as the vendor writes instants.
std::string time_text(Micros instant);
// From ISO 8601 or epoch milliseconds.
std::optional<Micros> read_time(std::string_view text);
std::optional<double> read_number(std::string_view text);
// A record id or a cursor: digits only.
std::optional<uint64_t> read_id(std::string_view text);

size_t utf16_length(std::string_view text);
// For comparing e-mails and unique texts the way the portal keeps them.
std::string normal_form(const ObjectType& type, const Property& property, std::string_view value);

// The stored form of a written value; empty takes the value away.
std::variant<std::string, Fault> accept(const Schema& schema, const ObjectType& type,
                                        const Property& property, const Json& written);

}  // namespace rapport::sandbox::hubspot
