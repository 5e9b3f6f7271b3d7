// Why the server answers a request itself instead of handing it to the service.
#pragma once

#include <string>
#include <string_view>

#include "base/http.h"

namespace rapport::net {

struct Refusal {
  int status = 400;
  std::string_view reason;  // label of rapport_http_refused_total; a literal
  std::string detail;       // for a person: what is wrong and what to do next
};

// The answer as application/problem+json (RFC 9457).
HttpResponse problem(const Refusal& refusal);

}  // namespace rapport::net
