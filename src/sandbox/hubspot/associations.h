// /crm/v4: which records are joined, and the labels that can join them.
#pragma once

#include "base/http.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"

namespace rapport::sandbox::hubspot {

// Both ends of a pair of records in a path.
struct Pair {
  const ObjectType& from;
  std::string from_id;
  const ObjectType& to;
  std::string to_id;
};

Either<HttpResponse> list_associations(Portal& portal, const ObjectType& from,
                                       const std::string& from_id, const ObjectType& to,
                                       const Call& call);
Either<HttpResponse> associate_default(Portal& portal, const Pair& pair);
Either<HttpResponse> associate_labelled(Portal& portal, const Pair& pair, const Call& call);
Either<HttpResponse> dissociate(Portal& portal, const Pair& pair);

// POST /crm/v4/associations/{from}/{to}/batch/...
Either<HttpResponse> batch_associate(Portal& portal, const ObjectType& from, const ObjectType& to,
                                     const Call& call);
Either<HttpResponse> batch_associate_default(Portal& portal, const ObjectType& from,
                                             const ObjectType& to, const Call& call);
Either<HttpResponse> batch_read_associations(Portal& portal, const ObjectType& from,
                                             const ObjectType& to, const Call& call);
Either<HttpResponse> batch_dissociate(Portal& portal, const ObjectType& from, const ObjectType& to,
                                      const Call& call);
Either<HttpResponse> batch_remove_labels(Portal& portal, const ObjectType& from,
                                         const ObjectType& to, const Call& call);

Either<HttpResponse> list_labels(Portal& portal, const ObjectType& from, const ObjectType& to);
Either<HttpResponse> create_label(Portal& portal, const ObjectType& from, const ObjectType& to,
                                  const Call& call);

}  // namespace rapport::sandbox::hubspot
