// /crm/v3/objects/{type}: one record at a time.
#pragma once

#include "base/http.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"

namespace rapport::sandbox::hubspot {

Either<HttpResponse> list_records(Portal& portal, const ObjectType& type, const Call& call);
Either<HttpResponse> get_record(Portal& portal, const ObjectType& type, const std::string& id,
                                const Call& call);
Either<HttpResponse> create_record(Portal& portal, const ObjectType& type, const Call& call);
Either<HttpResponse> update_record(Portal& portal, const ObjectType& type, const std::string& id,
                                   const Call& call);
Either<HttpResponse> archive_record(Portal& portal, const ObjectType& type, const std::string& id);

// 400 with the vendor's words for a name that is no object type.
Either<const ObjectType*> find_type(const Portal& portal, std::string_view name);
// `limit` between 1 and `most`.
Either<size_t> read_limit(const Call& call, size_t usual, size_t most);

}  // namespace rapport::sandbox::hubspot
