// Content codings of request bodies: gzip and deflate (RFC 9110 8.4.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rapport::net {

enum class Coding { kNone, kGzip, kDeflate };

// Coding named by a Content-Encoding value; none when it is one we do not decode or a list.
std::optional<Coding> coding_named(std::string_view value);

// The decoded bytes; kTooLarge when there are more than `max_bytes` (nothing beyond them is ever
// produced, whatever the ratio), kInvalid when the bytes are damaged, cut or followed by others.
Result<std::string> decode_body(Coding coding, std::string_view bytes, size_t max_bytes);

}  // namespace rapport::net
