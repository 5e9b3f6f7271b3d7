#include "decide/basics.h"

#include "model/event.h"

namespace rapport::decide {

Basics first_basics() {
  Basics basics;
  basics.counts = {
      {"messages", std::string(model::kMessageSent), "customer", hours(1), 24},
      {"conversations", std::string(model::kConversationStarted), "", days(1), 30},
      {"escalations", std::string(model::kConversationEscalated), "", days(1), 30},
  };
  return basics;
}

}  // namespace rapport::decide
