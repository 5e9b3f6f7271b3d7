// What came of a run of cases, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "main/cases/run_all.h"

namespace rapport::cases {

struct Totals {
  size_t passed = 0, failed = 0;  // cases; one passes that does in every world
};
Totals totals(const std::vector<PackOutcome>& all);

// Failures, a line for each pack, and as the last line "N passed, N failed".
std::string as_text(const std::vector<PackOutcome>& all);
Json as_json(const std::vector<PackOutcome>& all);
// A test suite for each pack, a test case for each case and world.
std::string as_junit(const std::vector<PackOutcome>& all);

}  // namespace rapport::cases
