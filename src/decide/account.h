// Accounts: what group calls say of them, and what their contacts add up to.
#pragma once

#include "decide/step.h"

namespace rapport::decide {

// A group call's traits.
void fold_group(Step& step, const model::Event& event);

// Brings accounts in line with the contacts this step has written: number of contacts, windowed
// counters, coming and going. Called once, after contacts are final. An account without contacts,
// group id or remote copy goes.
void settle_accounts(Step& step);

}  // namespace rapport::decide
