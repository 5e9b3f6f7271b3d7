// Applies the declared rules to an event after its own fold.
#pragma once

#include "decide/step.h"

namespace rapport::decide {

void apply_rules(Step& step, const model::Event& event);

}  // namespace rapport::decide
