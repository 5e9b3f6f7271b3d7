// Onboarding programs: runs of steps and milestones (CS-2, CS-63…65).
#pragma once

#include "decide/rounds.h"

namespace rapport::decide {

// Begins a run for the record; nothing where one is there already.
void begin_program(Rounds& rounds, const ProgramSpec& program, const model::RecordKey& about,
                   const Scene& scene);
// The step whose completion the criterion is, in every run of the records in sight.
void complete_steps(Rounds& rounds, std::string_view criterion, const Scene& scene);
// Timer "stall".
void note_stall(Rounds& rounds, const model::RecordKey& run);

}  // namespace rapport::decide
