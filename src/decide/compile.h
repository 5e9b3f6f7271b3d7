// From packs as written to definitions that run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decide/compiled.h"

namespace rapport::decide {

// What a workspace has active, beside the packs' own content.
struct WorkspaceTerms {
  std::string zone = "UTC", currency = "USD";
  Json settings = Json::object();  // name → value instead of the pack's
};

struct Compiled {
  std::shared_ptr<Definitions> definitions;  // null when there are errors
  std::vector<Error> errors;                 // "file:line:column: message", in the order of places
};

// Refuses unknown names, wrong types, doubled fields, what is derived from itself, and what is
// derived from records that may change without this one. `zones` must outlive the definitions.
// Some milliseconds per hundred expressions.
Compiled compile(std::vector<std::shared_ptr<const PackSpec>> packs, const WorkspaceTerms& terms,
                 const expr::Zones* zones);

}  // namespace rapport::decide
