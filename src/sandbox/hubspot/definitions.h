// What a portal is made of: account, owners, pipelines, properties and their groups.
#pragma once

#include "base/http.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"

namespace rapport::sandbox::hubspot {

HttpResponse account_details();

Either<HttpResponse> list_owners(Portal& portal, const Call& call);
Either<HttpResponse> get_owner(Portal& portal, const std::string& id);

Either<HttpResponse> list_pipelines(Portal& portal, const ObjectType& type);
Either<HttpResponse> get_pipeline(Portal& portal, const ObjectType& type, const std::string& id);
Either<HttpResponse> list_stages(Portal& portal, const ObjectType& type, const std::string& id);

Either<HttpResponse> list_properties(Portal& portal, const ObjectType& type);
Either<HttpResponse> get_property(Portal& portal, const ObjectType& type, const std::string& name);
Either<HttpResponse> create_property(Portal& portal, const ObjectType& type, const Call& call);
// POST /crm/v3/properties/{type}/batch/{create|read|archive}; what is wrong with one input becomes
// an error of a 207.
Either<HttpResponse> batch_create_properties(Portal& portal, const ObjectType& type,
                                             const Call& call);
Either<HttpResponse> batch_read_properties(Portal& portal, const ObjectType& type,
                                           const Call& call);
Either<HttpResponse> batch_archive_properties(Portal& portal, const ObjectType& type,
                                              const Call& call);
Either<HttpResponse> list_groups(Portal& portal, const ObjectType& type);
Either<HttpResponse> create_group(Portal& portal, const ObjectType& type, const Call& call);

}  // namespace rapport::sandbox::hubspot
