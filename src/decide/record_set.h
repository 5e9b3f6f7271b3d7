// What a person or an operator sets on a record by hand.
#pragma once

#include "decide/step.h"

namespace rapport::decide {

// record.set {type, id, fields, by}: null removes a field. Without effect where there is no such
// record.
void set_record(Step& step, const model::Event& event);

}  // namespace rapport::decide
