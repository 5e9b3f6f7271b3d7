// Events that routes add to a workspace's log.
#pragma once

#include <string_view>

#include "api/router.h"
#include "model/record.h"

namespace rapport::api {

// Appends an event of the server's own, with the id of the caller's key under "by", and waits until
// the state shows it.
Result<Sequence> append_event(Call& call, std::string_view type, Json properties);
// With values of this person: sealed under the subject's key, so that they go when it is erased.
Result<Sequence> append_event(Call& call, std::string_view type, Json properties,
                              SubjectId subject);
// The same with the name of the caller's key under "by" (unless somebody else stands there) and its
// id under "key": for what people read again later.
Result<Sequence> append_named(Call& call, std::string_view type, Json properties,
                              SubjectId subject = {});
// Whom the record tells of: under his key its values are sealed. 0: nobody.
SubjectId subject_of(const model::Record& record);

}  // namespace rapport::api
