// CH-10: the events of a conversation, which come as track calls with names of their own.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace rapport::intake {

bool is_conversation_event(std::string_view type);

// Checks the properties of such an event. Errors name the field, "properties.author".
Result<void> check_conversation_event(std::string_view type, const Json& properties);

// True when e-mail and phone among the properties are the customer's: not in what an agent or the
// assistant wrote.
bool speaks_for_customer(std::string_view type, const Json& properties);

}  // namespace rapport::intake
