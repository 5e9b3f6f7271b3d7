// Values that a person gave in place of mapped ones (connect/edits.h), as they are kept.
#pragma once

#include "decide/step.h"

namespace rapport::decide {

// push.edited: keeps or takes back values of one record and sends it again.
void edit_refused(Step& step, const model::Event& event);
// push.edits_ended: the push has seen that their source changed.
void end_edits(Step& step, const model::Event& event);
// The record is gone.
void forget_edits(Step& step, const model::RecordKey& key);

}  // namespace rapport::decide
