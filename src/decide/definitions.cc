#include "decide/definitions.h"

namespace rapport::decide {

Definitions first_definitions() {
  Definitions d;
  // KU-12, KU-1: an escalation opens a ticket of high priority.
  d.rules.push_back({"escalation-opens-ticket", std::string(model::kConversationEscalated), nullptr,
                     OpenTicket{"high"}});
  d.counts = {
      {"messages", std::string(model::kMessageSent), "customer", hours(1), 24},
      {"conversations", std::string(model::kConversationStarted), "", days(1), 30},
      {"escalations", std::string(model::kConversationEscalated), "", days(1), 30},
  };
  return d;
}

}  // namespace rapport::decide
