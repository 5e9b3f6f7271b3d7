// The steps of a workflow.
#pragma once

#include <vector>

#include "decide/pack/flow_spec.h"
#include "decide/pack/pack_file.h"

namespace rapport::decide {

inline constexpr size_t kMostSteps = 200;  // of a workflow

// What is wrong is refused in `file`. An id stands once in all of `steps`, however deep.
std::vector<StepSpec> read_steps(const YamlNode& steps, PackFile& file);

// What comes: `on`, `when`; nothing of both is refused.
TriggerSpec read_trigger(YamlFields& fields, const YamlNode& node, std::string_view what,
                         PackFile& file);

}  // namespace rapport::decide
