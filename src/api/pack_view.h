// A pack as answers show it.
#pragma once

#include "base/json.h"
#include "decide/pack/read_pack.h"

namespace rapport::api {

// {says, uses, sections: {rules: [{id, says, spec, file, line}]}}: what the pack declares, in the
// order of files and lines. Files that are no YAML are passed over.
Json show_pack(const decide::PackFiles& files);

}  // namespace rapport::api
