// POST /crm/v3/objects/{type}/search, on an index that trails the records.
#pragma once

#include "base/http.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"

namespace rapport::sandbox::hubspot {

Either<HttpResponse> search_records(Portal& portal, const ObjectType& type, const Call& call);

}  // namespace rapport::sandbox::hubspot
