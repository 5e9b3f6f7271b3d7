// What a person or an operator sets on a record by hand.
#pragma once

#include "decide/step.h"

namespace rapport::decide {

// record.set {type, id, object, fields, by}: null removes a field. Without effect where there is no
// such record, unless its type is `object` and `object` names which: then it is made.
void set_record(Step& step, const model::Event& event);

}  // namespace rapport::decide
