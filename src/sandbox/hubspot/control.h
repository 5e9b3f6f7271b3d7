// /__sandbox: what tests ask the sandbox itself.
#pragma once

#include "base/json.h"
#include "sandbox/hubspot/portal.h"

namespace rapport::sandbox::hubspot {

// All records, archived ones too, and all associations, each pair once. With `since` only records
// written or archived at or after that, and what of their associations is shown with them. "at":
// now.
Json show_state(Portal& portal, Micros since = {});

}  // namespace rapport::sandbox::hubspot
