// Approvals: what somebody may grant, who has to be asked, what is refused (CO-31).
#pragma once

#include "decide/rounds.h"

namespace rapport::decide {

// Finds the level of the record and grants, refuses or lets it wait.
void ask_approval(Rounds& rounds, const CompiledApproval& approval, const model::RecordKey& record,
                  const Scene& scene);
// approval.decided {approval, record, decision: approved | rejected, by, reason}.
void decide_approval(Rounds& rounds, const model::Event& event);

}  // namespace rapport::decide
