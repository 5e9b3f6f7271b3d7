// HTTP/1.1 answers as bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/http.h"

namespace rapport::net {

std::string_view reason_phrase(int status);

// False for answers that never carry a body (1xx, 204, 304).
bool may_have_body(int status);

enum class Persistence { kDefault, kKeepAlive, kClose };
enum class Length { kKnown, kOpen };  // kOpen: the body ends with the connection

// Appends status line and header fields up to and including the empty line. Content-Length and
// Connection are ours: the response's own are left out. Control characters in field values become
// spaces, so that no value can start a field of its own.
void append_head(std::string& out, const HttpResponse& response, Persistence persistence,
                 Length length = Length::kKnown);

}  // namespace rapport::net
