// Errors as RFC 9457 problem documents.
#pragma once

#include "base/http.h"
#include "base/json.h"
#include "base/result.h"

namespace rapport::api {

// HTTP status of an error: 400 invalid, 401, 403, 404, 409, 413, 429, 501, 503, 504, 507 …
int status_of(Code code);

// application/problem+json with type, title, status, detail, code, and `where` when the error
// names a field; Retry-After where trying again can help.
HttpResponse problem(const Error& error);
HttpResponse problem(int status, std::string_view title, std::string_view detail,
                     std::string_view code);
HttpResponse json_answer(const Json& body, int status = 200);

}  // namespace rapport::api
