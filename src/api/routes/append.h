// Events that routes add to a workspace's log.
#pragma once

#include <string_view>

#include "api/router.h"

namespace rapport::api {

// Appends an event of the server's own, with the id of the caller's key under "by", and waits until
// the state shows it.
Result<Sequence> append_event(Call& call, std::string_view type, Json properties);

}  // namespace rapport::api
