// What is derived from what: the order in which a record's figures are made again.
#pragma once

#include <vector>

#include "decide/compiled.h"

namespace rapport::decide {

// Fills `plans`. Refuses what is derived from itself, and what reads other records or the present
// moment: that could change without this record being looked at.
void order_derivations(Definitions& definitions, std::vector<Error>& errors);

}  // namespace rapport::decide
