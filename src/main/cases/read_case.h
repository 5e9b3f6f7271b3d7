// From the text of a file of cases to cases. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "decide/compiled.h"
#include "main/cases/case.h"

namespace rapport::cases {

struct CasesRead {
  std::vector<Case> cases;
  std::vector<Error> errors;  // "file:line:column: message"; when there is one, no case is to run
};

// `definitions` are those the cases run under: what a case names must be there. `file` is how it is
// called in messages.
CasesRead read_cases(std::string_view text, const std::string& file,
                     const decide::Definitions& definitions);

// "-3d", "+24h": how far from now. Nothing when it is no such text.
std::optional<Micros> relative_span(std::string_view text);

}  // namespace rapport::cases
