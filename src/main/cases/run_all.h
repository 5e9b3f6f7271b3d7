// Plays many cases, several at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "main/cases/run_case.h"

namespace rapport::cases {

struct RunOptions {
  std::string only;               // in the case's name, its file or an id of its spec; empty: all
  std::vector<WorldKind> worlds;  // empty: all
  size_t jobs = 1;
  std::function<void(uint64_t done, uint64_t all)> progress;  // from any thread, one at a time
};

struct PackOutcome {
  const PackSet* packs = nullptr;
  std::vector<Outcome> outcomes;  // by case, then world
};

// In temporary folders that are gone when it returns. kIo when those cannot be made.
Result<std::vector<PackOutcome>> run_all(const std::vector<PackSet>& sets,
                                         const decide::Engine& engine, const RunOptions& options);

}  // namespace rapport::cases
