// What is kept beside a record, for people: figures with what they are made of.
#pragma once

#include "decide/compiled.h"
#include "decide/step.h"

namespace rapport::decide {

// {metrics, scores, segments, stages, signals, sla, rollups, clocks} of the record as they are at
// `now`, each member only where there is something:
//   metrics   name → {value, sample, estimate, why}; why says why there is no value
//   clocks    name → value
//   scores    id → {value, band, parts, missing, lines: {id → {says, add, count, sum, events,
//             standing, holds}}, history: [{at, value}]}
//   segments  id → since
//   stages    lifecycle → {stage, since, history}
//   signals   id → record of the open signal
//   sla       {policy, closed, held, targets: {name → {phase, due_at, words, …}}}
//   rollups   name → {records, value}
// Throws Needs. Linear in what is kept.
Json show_derived(const Step& step, const Definitions& definitions, const model::RecordKey& key,
                  Micros now);

}  // namespace rapport::decide
