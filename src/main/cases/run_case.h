// Plays a case in a world and holds it against what it expects.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "main/cases/expectation.h"
#include "main/cases/pack_shelf.h"

namespace rapport::cases {

// plain; restart: all is closed and opened again after each step; twice: each delivery comes twice.
enum class WorldKind : uint8_t { kPlain, kRestart, kTwice };
inline constexpr std::string_view kWorldNames[] = {"plain", "restart", "twice"};
inline std::string_view name(WorldKind kind) {
  return kWorldNames[static_cast<size_t>(kind)];
}

struct Finding {
  Failure failure;                  // line 0: of the case as a whole
  std::vector<std::string> traced;  // what rules did since the expectation before
  bool operator==(const Finding&) const = default;
};

struct Outcome {
  const Case* of = nullptr;
  WorldKind world = WorldKind::kPlain;
  std::vector<Finding> findings;  // empty: passed
  double seconds = 0;
};

// `folder` is empty; it is left behind with what the world wrote. Any thread.
Outcome run_case(const Case& one, const PackSet& packs, const decide::Engine& engine,
                 WorldKind world, const std::string& folder);

}  // namespace rapport::cases
