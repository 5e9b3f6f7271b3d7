// Records as the vendor writes them in answers.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "sandbox/hubspot/portal.h"

namespace rapport::sandbox::hubspot {

// With every value that is set: the answer to a write.
Json show_whole(const Record& record);
// The same, with the `objectWriteTraceId` of the input that wrote it.
Json show_written(const Record& record, const Json& input);
// With the asked properties that exist (null where unset), or the type's usual ones.
Json show(const ObjectType& type, const Record& record, const Values& values,
          const std::vector<std::string>& asked);
// The `associations` member: {"companies": {"results": [{"id", "type"}]}}; null when there are
// none.
Json show_associations(const Portal& portal, const ObjectType& type, const Record& record,
                       const std::vector<const ObjectType*>& wanted);
// {"next": {"after", "link"}}
Json next_page(const std::string& after, const std::string& link = {});
// "contact_to_company", with "_unlabeled" where a primary way has the short name.
std::string way_name(const Schema& schema, const AssociationType& way);

}  // namespace rapport::sandbox::hubspot
