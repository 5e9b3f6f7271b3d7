// The conditions of this bench as a programmer writes them for speed: the limit.
#pragma once

#include <cstdint>

#include "expr/arena.h"
#include "expr/record.h"

namespace rapport::bench {

// A bit per condition that is true.
uint32_t decide_by_hand(const expr::RecordView& record, expr::Arena& arena);

}  // namespace rapport::bench
