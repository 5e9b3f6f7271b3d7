// /crm/v3/objects/{type}/batch/{operation}: up to 100 records.
//
// Without `objectWriteTraceId` on every input one bad input refuses the whole batch; with it the
// good ones are applied and the answer is 207 with the errors. Records that do not exist are always
// errors of a 207. Results do not come in the order of the inputs.
#pragma once

#include <string_view>

#include "base/http.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"

namespace rapport::sandbox::hubspot {

Either<HttpResponse> batch_create(Portal& portal, const ObjectType& type, const Call& call);
Either<HttpResponse> batch_read(Portal& portal, const ObjectType& type, const Call& call);
Either<HttpResponse> batch_update(Portal& portal, const ObjectType& type, const Call& call);
Either<HttpResponse> batch_upsert(Portal& portal, const ObjectType& type, const Call& call);
Either<HttpResponse> batch_archive(Portal& portal, const ObjectType& type, const Call& call);

// The inputs of any batch, at least one and at most kMaxBatch.
Either<const Json::Array*> read_inputs(const Call& call);
// 2xx with status, results and times; 207 when there are errors.
HttpResponse batch_response(const Portal& portal, int status, Json results, Json errors);

}  // namespace rapport::sandbox::hubspot
