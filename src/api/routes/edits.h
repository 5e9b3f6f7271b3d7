// Values that a person gave for a record that a connected system refused.
#pragma once

#include <string_view>

#include "api/router.h"

namespace rapport::api {

// [{connection, object, property, value, at, by}] of one record; of one connection where that is
// not empty.
Result<Json> show_edits(Call& call, const model::RecordKey& record,
                        std::string_view connection = {});

}  // namespace rapport::api
