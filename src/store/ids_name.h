// How message ids and identifiers are named in memory.
#pragma once

#include <cstring>

#include "base/crypto.h"
#include "base/ids.h"

namespace rapport::store {

// A message id or an identifier, within its workspace.
struct IdName {
  WorkspaceId workspace;
  Digest16 hash{};
  bool operator==(const IdName&) const = default;
};
// Digests are keyed hashes: part of them is as good a hash as any.
struct IdNameHash {
  size_t operator()(const IdName& name) const {
    uint64_t hash;
    std::memcpy(&hash, name.hash.data() + 8, sizeof hash);
    return hash ^ name.workspace.value * 0x9E3779B97F4A7C15ULL;
  }
};

}  // namespace rapport::store
