// Tickets: of escalated conversations (KU-12) and as other systems tell of them (CO-5, KU-3).
#pragma once

#include "decide/step.h"

namespace rapport::decide {

std::string ticket_id(const model::Event& event);  // empty: not a ticket's event

// ticket.created, ticket.updated, ticket.closed, ticket.reopened: one record by `ticket_id`, whose
// fields the latest event that gives them sets and a null removes. A conversation's escalation
// opens one ticket of high priority; a second one adds to it and opens it again.
void fold_ticket(Step& step, const model::Event& event);

}  // namespace rapport::decide
