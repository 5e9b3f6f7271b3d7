// Which endpoint answers a call, and which scopes it asks for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/http.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"

namespace rapport::sandbox::hubspot {

struct Route {
  std::vector<std::string> methods;              // those the path knows; empty: no such path
  std::vector<std::string> scopes;               // all needed
  std::function<Either<HttpResponse>()> answer;  // null when the method is not among them
};

// An unknown object type is a Refusal; an unknown path or method is not.
// The route holds references: use it before `portal` and `call` change.
Either<Route> find_route(Portal& portal, const Call& call);

}  // namespace rapport::sandbox::hubspot
