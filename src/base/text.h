// Small text work: encodings, trimming, and Unicode-safe cutting.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rapport {

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view hex);
std::string to_base64(std::string_view bytes);                  // RFC 4648 §4, padded
std::optional<std::string> from_base64(std::string_view text);  // padding optional
std::string to_base64url(std::string_view bytes);               // §5, no padding
std::optional<std::string> from_base64url(std::string_view text);
std::string to_base32(std::string_view bytes);  // Crockford, lower case

std::string_view trim(std::string_view text);  // ASCII white space
std::string ascii_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII
std::vector<std::string_view> split(std::string_view text, char separator);

bool is_utf8(std::string_view text);
// Longest prefix of at most max_bytes that does not cut a UTF-8 sequence.
std::string_view cut_utf8(std::string_view text, size_t max_bytes);
// "did you mean": the candidate with the smallest edit distance, if that is at most 2.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

std::string percent_encode(std::string_view text);                 // unreserved kept
std::optional<std::string> percent_decode(std::string_view text);  // '+' stays '+'

}  // namespace rapport
