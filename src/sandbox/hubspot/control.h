// /__sandbox: what tests ask the sandbox itself.
#pragma once

#include "base/json.h"
#include "sandbox/hubspot/portal.h"

namespace rapport::sandbox::hubspot {

// All records, archived ones too, and all associations, each pair once.
Json show_state(Portal& portal);

}  // namespace rapport::sandbox::hubspot
