// Which event it was whose bytes no longer check.
#pragma once

#include <unordered_map>

#include "store/log_segment.h"

namespace rapport::store {

struct Suspect {
  WorkspaceId workspace;
  Sequence sequence;
  bool proven = false;  // its chain hash says so, only its header or CRC is damaged
};

// The most likely event of the damaged record at `offset`, given the heads before it.
Suspect name_damage(SegmentReader& reader, uint64_t offset,
                    const std::unordered_map<WorkspaceId, Head>& heads);

}  // namespace rapport::store
