// What is derived for contacts that become one, and for those that one becomes.
#pragma once

#include "decide/contact.h"
#include "decide/rounds.h"

namespace rapport::decide {

// For each contact that this step has merged into another: its derived record goes into the kept
// one's, its timers are disarmed, and what is about it is about the kept one from now on.
//   series    events of both                scores    sums of totals and lines, the kept history
//   segments  those of both, the earlier    signals   the kept one's open one, else the other's
//   once      everything done for either    acted     the later
//   rollups   records of both               stages, sla   the kept one's, else the other's
// `definitions` may be null: then nothing is added up, and the kept record's parts win.
void join_derived(Step& step, const Definitions* definitions);

// After a split: figures of the contacts are made again from the events they were folded from. No
// rule acts on what that gives; what rules did for the whole counts as done for each of them.
void remake_derived(Rounds& rounds, const Split& split);

}  // namespace rapport::decide
