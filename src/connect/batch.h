// What became of each item of one call. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "connect/remote.h"
#include "connect/request.h"

namespace rapport::connect {

struct ItemOutcome {
  std::string id;   // remote id told in the answer; empty: none told
  Json properties;  // what the remote now holds: object or null
  std::optional<Failure> failure;
};

// Whether an answer about an item has to name it, as where it tells a new id.
enum class Told { kMust, kMay };

// One outcome per item, in order. `reply` has no failure of its own.
std::vector<ItemOutcome> read_outcomes(const Manifest& manifest, const CallSpec& call,
                                       const Reply& reply, std::span<const CallItem> items,
                                       Told told);

}  // namespace rapport::connect
