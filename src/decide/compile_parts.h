// The parts of packs that depend on the workspace: calendars, service levels, teams, routing,
// words.
#pragma once

#include <vector>

#include "decide/compile.h"

namespace rapport::decide {

// Fills `sla`, `routing` and `reader`. Calendars, teams and words of all packs may be used by every
// policy.
void read_parts(Definitions& definitions, std::vector<Error>& errors);

// The actions written under an escalation or a step of routing, as the reader of rules reads them.
std::vector<ActionSpec> read_inner_actions(const std::vector<YamlNode>& actions,
                                           const std::string& pack, const std::string& file,
                                           std::vector<Error>& errors);
// The file a policy or routing stands in, for messages.
std::string file_of(const Definitions& definitions, std::string_view section,
                    std::string_view entry, std::string* pack);

}  // namespace rapport::decide
