// Rows found by a number that is computed from their key, so that finding one by key reads a single
// B-tree, whose keys are small. Two keys with the same number lie in neighbouring slots; a removed
// row with an occupied neighbour leaves a grave, so that a search goes on behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace rapport::store {

// Part of the file's format: 62 bits of FNV-1a over both parts, then mixed.
int64_t home_slot(std::string_view first, std::string_view second = {});

enum class Occupant { kNone, kGrave, kSame, kOther };

struct Place {
  int64_t slot = 0;
  Occupant occupant = Occupant::kNone;  // kSame: found; kNone or kGrave: where it may be put
};

// `look(slot)` tells who is there, as Result<Occupant>.
template <class Look>
Result<Place> find_place(int64_t home, Look look) {
  std::optional<int64_t> grave;
  for (int64_t slot = home;; ++slot) {
    TRY_ASSIGN(const Occupant occupant, look(slot));
    if (occupant == Occupant::kSame) return Place{slot, occupant};
    if (occupant == Occupant::kGrave && !grave) grave = slot;
    if (occupant == Occupant::kNone) {
      return grave ? Place{*grave, Occupant::kGrave} : Place{slot, occupant};
    }
  }
}

}  // namespace rapport::store
