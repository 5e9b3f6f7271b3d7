// Track calls whose names mean something: the events of conversations (CH-10), deals, tasks and
// tickets.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace rapport::intake {

bool is_known_event(std::string_view type);

// Checks the properties of such an event. Errors name the field, "properties.author".
Result<void> check_known_event(std::string_view type, const Json& properties);

// True when e-mail and phone among the properties are the customer's: in the events of a
// conversation, but not in what an agent or the assistant wrote.
bool speaks_for_customer(std::string_view type, const Json& properties);

}  // namespace rapport::intake
